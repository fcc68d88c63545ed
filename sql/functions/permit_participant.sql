-- What somebody may do in the call, changed by whoever may command the room, for
-- as long as the call goes on: the next join's token says so, too. LiveKit is told
-- after this; whoever hangs up meanwhile has decided it all the same. A change of
-- nothing only asks.
create or replace function permit_participant(
	subject			text,
	ref			text,
	identity		text,
	can_publish		boolean,
	can_subscribe		boolean,
	can_publish_sources	jsonb,
	out outcome		text,
	out room		text,
	out user_id		integer
)
language plpgsql
as $$
declare
	everything constant jsonb := '{"can_publish": true, "can_subscribe": true, "can_publish_sources": []}';
	commanded record;
	at rooms;
	changes jsonb;
	kept jsonb;
begin
	select m.* into commanded from command_room(subject, ref, 'not_moderator') m;
	outcome := commanded.outcome;
	at := commanded.room;
	if outcome <> 'ok' then
		return;
	end if;
	room := at.room_id;

	select u.id into user_id from users u where u.username = identity;
	if not found then
		outcome := 'participant_not_found';
		return;
	end if;

	changes := jsonb_strip_nulls(jsonb_build_object(
		'can_publish', can_publish, 'can_subscribe', can_subscribe, 'can_publish_sources', can_publish_sources
	));
	if changes = '{}' then
		return;
	end if;
	perform audit_note(subject, 'permit', commanded.caller_id, user_id, at.id);

	select jsonb_object_agg(c.key, c.value) into kept
	from jsonb_each(coalesce(at.permissions -> user_id::text, '{}') || changes) c
	where c.value <> everything -> c.key;
	update rooms r
	set permissions = nullif(case
		when kept is null then r.permissions - user_id::text
		else coalesce(r.permissions, '{}') || jsonb_build_object(user_id::text, kept)
	end, '{}')
	where r.id = at.id
		and r.permissions -> user_id::text is distinct from kept
		and exists (
			select from room_participants p
			where p.room_id = at.id and p.user_id = permit_participant.user_id and p.is_connected
		);

	-- One that is on its way may carry what was decided before, and come later.
	update outbox o
	set created_at = clock_timestamp(), due_at = clock_timestamp() + interval '1 second', attempts = 0
	where o.action = 'update_participant' and o.room_id = at.id and o.user_id = permit_participant.user_id;
end
$$;
