-- Writes down what is being done, in the transaction that does it. Where it comes
-- from stands in what C passes as the caller.
create or replace function audit_note(
	subject		text,
	what		text,
	actor		integer,
	target		integer,
	of_room		integer
)
returns void
language sql
as $$
	insert into audit (action, actor_id, target_id, room_id, address, request_id)
	values (what, actor, target, of_room, split_part(subject, E'\n', 3), split_part(subject, E'\n', 4))
$$;
