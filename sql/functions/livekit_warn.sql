-- Leaves word that those in a call be told when it ends; where nobody is, nobody
-- is told. A warning that is still under way is replaced: only the last counts.
create or replace function livekit_warn(
	of_room		integer,
	ends		timestamptz
)
returns void
language sql
as $$
	insert into outbox (action, room_id, message)
	select 'send_data', of_room, json_build_object(
		'minutes', ceil(extract(epoch from ends - now()) / 60)::integer,
		'ends_at', to_char(ends at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
	)::text
	where exists (select from room_participants p where p.room_id = of_room and p.is_connected)
	on conflict (action, room_id, coalesce(user_id, 0)) do update
	set due_at = now(), attempts = 0, last_error = null, created_at = now(), message = excluded.message;
$$;
