-- A room for who may change it: locked against others who would, with who that
-- is; or why not, refusal being the outcome for those who may not.
create or replace function command_room(
	subject			text,
	ref			text,
	refusal			text,
	out outcome		text,
	out caller_id		integer,
	out room		rooms
)
language plpgsql
as $$
declare
	is_admin boolean;
begin
	select c.outcome, c.id, c.is_admin into outcome, caller_id, is_admin from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	select r.* into room
	from rooms r
	where r.id = (select n.id from room_by_ref(ref) n)
	for no key update;
	if not found then
		outcome := 'room_not_found';
	elsif not may_command(caller_id, is_admin, room.creator_id) then
		outcome := refusal;
	end if;
end
$$;
