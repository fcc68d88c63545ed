-- For GET /metrics: what waits to be told to LiveKit, and how many seats are taken.
select
	'ok' as outcome,
	count(*) as errands,
	coalesce(ceil(extract(epoch from greatest(now() - min(o.created_at), interval '0'))), 0)::bigint as oldest,
	(select count(*) from room_participants p where p.is_connected) as seats
from outbox o
