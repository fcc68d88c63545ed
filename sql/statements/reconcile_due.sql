-- Whether it is time to ask LiveKit; whoever gets the row does it.
-- $1 seconds between two rounds
update livekit_state
set reconciled_at = now()
where reconciled_at < now() - make_interval(secs => $1::double precision)
returning 'ok' as outcome, now() as asked_at
