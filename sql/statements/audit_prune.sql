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
delete from audit a
using old
where a.id = old.id
returning 'ok' as outcome
