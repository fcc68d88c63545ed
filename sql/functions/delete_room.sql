-- Ends a room for all: the row stays, nobody has a seat any more, and LiveKit
-- is told by the outbox. Saying it twice changes nothing.
create or replace function delete_room(
	subject			text,
	ref			text,
	out outcome		text
)
language plpgsql
as $$
declare
	caller_id integer;
	room rooms;
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
		return;
	elsif room.creator_id <> caller_id then
		outcome := 'not_creator_delete';
		return;
	elsif room.is_active is not true then
		return;
	end if;

	update rooms r set is_active = false, updated_at = now() where r.id = room.id;
	update room_participants p
	set is_connected = false, left_at = now(), closed_by = 'deleted', promised_at = null
	where p.room_id = room.id and p.is_connected;
	perform livekit_errand('delete_room', room.id, null);
end
$$;
