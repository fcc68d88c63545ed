-- Whether it is time to ask LiveKit; whoever gets the row does it. All rooms are
-- asked about in a whole round; every five seconds those are whose call LiveKit
-- does not know any more, for it may have been started anew. Webhooks that
-- cannot come again are forgotten then: their signature is good for minutes.
-- $1 seconds between two whole rounds
with forgotten as (
	delete from livekit_events where received_at < now() - interval '1 hour'
)
update livekit_state
set
	looked_at = now(),
	reconciled_at = case
		when reconciled_at < now() - make_interval(secs => $1::double precision) then now()
		else reconciled_at
	end
where looked_at < now() - least(make_interval(secs => $1::double precision), interval '5 seconds')
	or reconciled_at < now() - make_interval(secs => $1::double precision)
		and looked_at < now() - least(make_interval(secs => $1::double precision), interval '2 seconds')
returning 'ok' as outcome, now() as asked_at, reconciled_at = now() as is_whole
