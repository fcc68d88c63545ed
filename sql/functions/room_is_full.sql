-- Whether all seats of a room are held by others. In plpgsql, whose plans last
-- as long as the session: one in SQL would be planned anew for each join.
create or replace function room_is_full(room rooms, person integer)
returns boolean
language plpgsql stable
as $$
declare
	seats integer := greatest(coalesce(room.max_participants, 50), 0);
begin
	return seats > 0 and seats <= (
		select count(*)
		from room_participants p
		where p.room_id = room.id and p.is_connected and p.user_id <> person
	);
end
$$;
