-- Works out when the call of a room ends, after anything that may have changed
-- that. An end that stays the same is left alone: its warnings are not given
-- again, nor is a call ended twice.
create or replace function arm_room(of_room integer)
returns void
language plpgsql
as $$
declare
	room rooms;
	started timestamptz;
	ends timestamptz;
begin
	select r.* into room from rooms r where r.id = of_room;

	-- Should LiveKit's word of the start be lost, it began with those who are there.
	select coalesce(
		(
			select max(c.started_at)
			from calls c
			where c.room_id = of_room and c.finished_at is null
		),
		(
			select min(v.joined_at)
			from visits v
			where v.room_id = of_room and v.left_at is null
		)
	) into started
	where room.max_minutes is not null;

	ends := least(room.closes_at, started + make_interval(mins => room.max_minutes));
	if ends is null or room.is_active is not true then
		delete from schedule s where s.room_id = of_room;
		return;
	end if;

	insert into schedule (room_id, ends_at, due_at)
	values (of_room, ends, next_alarm(ends))
	on conflict (room_id) do update
	set ends_at = excluded.ends_at, due_at = excluded.due_at
	where schedule.ends_at <> excluded.ends_at;
end
$$;
