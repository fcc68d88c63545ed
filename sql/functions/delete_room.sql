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
	commanded record;
	room rooms;
begin
	select m.* into commanded from command_room(subject, ref, 'not_creator_delete') m;
	outcome := commanded.outcome;
	room := commanded.room;
	if outcome <> 'ok' or room.is_active is not true then
		return;
	end if;

	update rooms r set is_active = false, updated_at = now() where r.id = room.id;
	update room_participants p
	set is_connected = false, left_at = now(), closed_by = 'deleted', promised_at = null
	where p.room_id = room.id and p.is_connected;
	perform livekit_errand('delete_room', room.id, null);
	perform audit_note(subject, 'delete_room', commanded.caller_id, null, room.id);
end
$$;
