-- POST /rooms/{room_id}/message: whether the caller may, and somebody is there
-- to hear it: LiveKit takes three seconds to refuse what nobody hears.
-- $1 the caller, $2 the room's number or name, $3 what is asked of LiveKit
with asked as materialized (
	select
		case
			when s.outcome <> 'ok' then s.outcome
			when not exists (select from room_participants p where p.room_id = s.id and p.is_connected)
			then 'participant_not_found'
			else 'ok'
		end as outcome,
		s.room, s.caller_id, s.id as room_number
	from seen_room($1, $2, 'not_moderator') s
)
select
	a.outcome, a.room,
	case when a.outcome = 'ok' then audit_note($1, $3, a.caller_id, null, a.room_number) end
from asked a
