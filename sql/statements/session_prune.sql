-- Forgets sessions that are over, some at a time.
with expired as (
	select id
	from sessions
	where expires_at < now()
	order by expires_at
	limit 500
	for update skip locked
)
delete from sessions s
using expired
where s.id = expired.id
returning 'ok' as outcome
