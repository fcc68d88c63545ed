-- Whether all seats of a room are held by others.
create or replace function room_is_full(room rooms, person integer)
returns boolean
language sql stable
as $$
	select s.seats > 0 and s.seats <= (
		select count(*)
		from room_participants p
		where p.room_id = room.id and p.is_connected and p.user_id <> person
	)
	from (select greatest(coalesce(room.max_participants, 50), 0) as seats) s
$$;
