-- LiveKit has done it, or there is nothing left to do. An errand that was given
-- again meanwhile is another one.
-- $1 id, $2 created_at
with done as (
	delete from outbox where id = $1::bigint and created_at = $2::timestamptz returning id
)
select 'ok' as outcome, count(*) from done
