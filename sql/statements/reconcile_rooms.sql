-- The rooms to ask about: those we believe somebody is in, and those LiveKit
-- says are alive. A deleted or closed one among these is to be ended. When it is
-- no whole round, those alone with somebody in a call that LiveKit does not know.
-- $1 LiveKit's list of rooms, as it answered, $2 when it was asked, $3 whether
-- this is a whole round
with alive as materialized (
	select
		r.id, r.room_id as room, l.sid,
		case when r.is_active is not true or r.closes_at <= now() then livekit_errand('delete_room', r.id, null) end
	from json_to_recordset(($1::json) -> 'rooms') as l (name text, sid text)
	join rooms r on r.room_id = l.name
)
select 'ok' as outcome, room
from alive
where $3::boolean
union
select 'ok', r.room_id
from rooms r
where $3::boolean
	and r.id in (
		select p.room_id from room_participants p where p.is_connected
		union
		select v.room_id from visits v where v.left_at is null
	)
union
select 'ok', r.room_id
from visits v
join rooms r on r.id = v.room_id
left join calls c on c.session = v.session
where not $3::boolean and v.left_at is null and c.finished_at is null
	and v.joined_at < $2::timestamptz - interval '5 seconds'
	and v.session <> all (array(select sid from alive where sid is not null))
