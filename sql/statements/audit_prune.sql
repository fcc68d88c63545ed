-- Forgets what is older, some at a time.
-- $1 days that are kept
with old as (
	select id
	from audit
	where at < now() - make_interval(days => $1::integer)
	order by at
	limit 500
	for update skip locked
)
-- As an array: whole tables are joined by reading all of them, sometimes.
delete from audit
where id = any (array(select id from old))
returning 'ok' as outcome
