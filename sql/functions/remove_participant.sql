-- Removes somebody from a room; a new join is allowed.
create or replace function remove_participant(
	subject			text,
	ref			text,
	identity		text,
	out outcome		text
)
language plpgsql
as $$
declare
	commanded record;
	room rooms;
	person integer;
begin
	select m.* into commanded from command_room(subject, ref, 'not_moderator') m;
	outcome := commanded.outcome;
	room := commanded.room;
	if outcome <> 'ok' then
		return;
	end if;

	select u.id into person from users u where u.username = identity;
	if not found or not expel(room.id, person, 'removed') then
		outcome := 'participant_not_found';
		return;
	end if;

	perform audit_note(subject, 'remove', commanded.caller_id, person, room.id);
end
$$;
