-- The rooms to ask about: those we believe somebody is in, and those LiveKit
-- says are alive. A deleted or closed one among these is to be ended.
-- $1 LiveKit's list of rooms, as it answered
with alive as materialized (
	select
		r.id, r.room_id as room,
		case when r.is_active is not true or r.closes_at <= now() then livekit_errand('delete_room', r.id, null) end
	from json_to_recordset(($1::json) -> 'rooms') as l (name text)
	join rooms r on r.room_id = l.name
)
select 'ok' as outcome, room
from alive
union
select 'ok', r.room_id
from rooms r
where r.id in (
	select p.room_id from room_participants p where p.is_connected
	union
	select v.room_id from visits v where v.left_at is null
)
