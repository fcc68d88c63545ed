-- Who may do to a room what its creator may: nobody else, but for administrators.
-- Inlined by the planner.
create or replace function may_command(
	caller_id	integer,
	is_admin	boolean,
	creator_id	integer
)
returns boolean
language sql immutable
as $$
	select caller_id = creator_id or is_admin
$$;
