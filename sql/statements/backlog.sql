-- For GET /metrics: what LiveKit has still to be told, to a thousand, and the age of the oldest of it.
select
	'ok' as outcome,
	count(*) as errands,
	coalesce(ceil(extract(epoch from greatest(now() - min(o.created_at), interval '0'))), 0)::bigint as oldest
from (select created_at from outbox order by id limit 1000) o
