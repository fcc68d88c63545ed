-- A room for who may command it, to look at: not locked, as command_room has it.
-- Always one row, refusal being the outcome for those who may not. Inlined by the
-- planner.
create or replace function seen_room(
	subject		text,
	ref		text,
	refusal		text
)
returns table (
	outcome		text,
	caller_id	integer,
	id		integer,
	room		varchar
)
language sql stable
as $$
	select
		case
			when c.outcome <> 'ok' then c.outcome
			when r.id is null then 'room_not_found'
			when not may_command(c.id, c.is_admin, r.creator_id) then refusal
			else 'ok'
		end,
		c.id, r.id, r.room_id
	from caller(subject) c
	left join room_by_ref(ref) r on true
$$;
