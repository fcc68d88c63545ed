-- LiveKit did not answer: it is asked again in five seconds, not a whole round
-- later, for it may have lost all rooms.
-- $1 seconds between two rounds
update livekit_state
set reconciled_at = least(reconciled_at, now() - make_interval(secs => greatest($1::double precision - 5, 0)))
returning 'ok' as outcome
