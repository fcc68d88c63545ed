-- Mends what we believe of a room. The round goes on: nobody else begins one.
-- $1 the room, $2 LiveKit's list of participants as it answered, $3 when it was
-- asked, $4 seconds after which a promised seat is given back
with holding as (
	update livekit_state set looked_at = now() where looked_at < now() - interval '1 second'
)
select 'ok' as outcome, repair, identity, participant_sid
from livekit_repair($1, $2::json, $3::timestamptz, make_interval(secs => $4::double precision))
