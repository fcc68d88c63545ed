-- Who may moderate a room: its creator. Gives the room, locked against others
-- who would change it, and why not otherwise.
create or replace function moderate_room(
	subject			text,
	ref			text,
	out outcome		text,
	out room		rooms
)
language plpgsql
as $$
declare
	caller_id integer;
begin
	select c.outcome, c.id into outcome, caller_id from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	select r.* into room
	from rooms r
	where r.id = (select n.id from room_by_ref(ref) n)
	for no key update;
	if not found then
		outcome := 'room_not_found';
	elsif room.creator_id <> caller_id then
		outcome := 'not_moderator';
	end if;
end
$$;
