-- Takes errands that are due; who takes them has ten seconds. Tokens are
-- backdated by ten seconds (grant.c): those made before are told by that.
with due as (
	select id
	from outbox
	where due_at <= now()
	order by due_at
	limit 8
	for update skip locked
)
update outbox o
set due_at = now() + interval '10 seconds', attempts = o.attempts + 1
from due, rooms r
where o.id = due.id and r.id = o.room_id
returning
	'ok' as outcome,
	o.id, o.created_at, o.action, r.room_id as room,
	(select u.username from users u where u.id = o.user_id) as identity,
	floor(extract(epoch from o.created_at))::bigint - 10 as decided_at,
	o.message,
	r.permissions -> o.user_id::text ->> 'can_publish' as can_publish,
	r.permissions -> o.user_id::text ->> 'can_subscribe' as can_subscribe,
	r.permissions -> o.user_id::text ->> 'can_publish_sources' as can_publish_sources
