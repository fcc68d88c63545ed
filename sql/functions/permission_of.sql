-- What somebody who comes may do other than everybody: NULL for nothing. It is
-- forgotten once the room was empty; whose room has none need not ask.
create or replace function permission_of(of_room rooms, person integer)
returns jsonb
language plpgsql
as $$
begin
	if exists (select from room_participants p where p.room_id = of_room.id and p.is_connected) then
		return of_room.permissions -> person::text;
	end if;

	update rooms r set permissions = null where r.id = of_room.id;
	return null;
end
$$;
