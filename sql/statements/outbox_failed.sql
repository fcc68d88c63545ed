-- It did not work: again after 1, 2, 4 and then every 5 seconds, for the call is
-- to end soon after LiveKit is back.
-- $1 id, $2 when it was decided, $3 what was met
update outbox
set
	due_at = now() + least(power(2, least(attempts, 6)) * interval '0.5 seconds', interval '5 seconds'),
	last_error = $3
where id = $1::bigint and created_at = $2::timestamptz
returning 'ok' as outcome
