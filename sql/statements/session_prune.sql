-- Forgets sessions that are over, some at a time.
with expired as (
	select id
	from sessions
	where expires_at < now()
	order by expires_at
	limit 500
	for update skip locked
)
-- As an array: whole tables are joined by reading all of them, sometimes.
delete from sessions
where id = any (array(select id from expired))
returning 'ok' as outcome
