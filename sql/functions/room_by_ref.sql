-- A room by what stands in a path: its number or its room_... name; no row for
-- one that is not there. Inlined by the planner; the look-up by name only runs
-- when there is no number.
create or replace function room_by_ref(ref text)
returns setof rooms
language sql stable
as $$
	select r.*
	from rooms r
	where r.id = case
		when ref like 'room\_%' then (select n.id from rooms n where n.room_id = ref)
		else ref::integer
	end
$$;
