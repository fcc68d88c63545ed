-- Leaves word for whoever carries out what LiveKit is to do, at once.
create or replace function livekit_errand(
	what		text,
	of_room		integer,
	of_user		integer
)
returns void
language sql
as $$
	insert into outbox (action, room_id, user_id)
	values (what, of_room, of_user)
	on conflict (action, room_id, coalesce(user_id, 0)) do update
	set due_at = now(), attempts = 0, last_error = null, created_at = now();
$$;
