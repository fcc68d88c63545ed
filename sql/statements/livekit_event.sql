-- POST /livekit/webhook
-- $1 event id, $2 event, $3 when (Unix seconds), $4 room, $5 its session,
-- $6 identity, $7 participant sid, $8 joined at (Unix ms), $9 disconnect reason,
-- $10 track sid, $11 its source, $12 whether it is muted
select outcome
from livekit_report(
	$1, $2, to_timestamp($3::double precision), $4, $5, $6, $7,
	to_timestamp($8::double precision / 1000), $9, $10, $11, $12::boolean
)
