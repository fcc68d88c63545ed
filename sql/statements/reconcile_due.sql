-- Whether it is time to ask LiveKit; whoever gets the row does it. Webhooks that
-- cannot come again are forgotten then: their signature is good for minutes.
-- $1 seconds between two rounds
with forgotten as (
	delete from livekit_events where received_at < now() - interval '1 hour'
)
update livekit_state
set reconciled_at = now()
where reconciled_at < now() - make_interval(secs => $1::double precision)
returning 'ok' as outcome, now() as asked_at
