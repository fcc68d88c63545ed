-- Does what is due: tells those in a call that it ends soon, or ends it. Each
-- room is locked, so of all who look at once one finds it due.
create or replace function run_schedule(out done integer)
language plpgsql
as $$
declare
	found_room integer;
	due schedule;
begin
	done := 0;
	for found_room in
		select r.id
		from schedule s
		join rooms r on r.id = s.room_id
		where s.due_at <= now()
		order by s.due_at
		limit 8
		for no key update of r skip locked
	loop
		-- As it is now that nobody else can change it.
		select s.* into due from schedule s where s.room_id = found_room and s.due_at <= now();
		continue when not found;

		if due.ends_at > now() then
			update schedule s set due_at = next_alarm(due.ends_at) where s.room_id = found_room;
			perform livekit_warn(found_room, due.ends_at);
		else
			update schedule s set due_at = null where s.room_id = found_room;
			update room_participants p
			set is_connected = false, left_at = now(), closed_by = 'ended', promised_at = null
			where p.room_id = found_room and p.is_connected;
			delete from outbox o where o.room_id = found_room and o.action = 'send_data';
			perform livekit_errand('delete_room', found_room, null);
		end if;
		done := done + 1;
	end loop;
end
$$;
