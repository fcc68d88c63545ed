-- Gives the caller's seat back. Whoever is still connected in LiveKit is
-- disconnected there: the outbox sees to it.
create or replace function leave_room(
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
	update room_participants p
	set is_connected = false, left_at = now(), closed_by = 'left', promised_at = null
	where p.room_id = room.id and p.user_id = caller_id and p.is_connected;
	if not found then
		outcome := 'not_in_room';
		return;
	end if;

	-- Also when no webhook told of a connection: it may have been lost.
	perform livekit_errand('remove_participant', room.id, caller_id);
end
$$;
