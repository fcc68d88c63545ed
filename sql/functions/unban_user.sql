-- Lifts a ban; whoever was banned may join again.
create or replace function unban_user(
	subject			text,
	ref			text,
	name			text,
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

	delete from bans b
	using users u
	where b.room_id = room.id and b.user_id = u.id and u.username = name
	returning u.id into person;
	if not found then
		outcome := 'ban_not_found';
		return;
	end if;

	perform audit_note(subject, 'unban', commanded.caller_id, person, room.id);
end
$$;
