-- POST /rooms/{room_id}/participants/{identity}/mute: whether the caller may, and who
-- it is about. Whether they are in the call LiveKit is asked; it is written down
-- before, so that whoever hangs up meanwhile has done it all the same.
-- $1 the caller, $2 the room's number or name, $3 identity, $4 what is asked of
-- LiveKit
with asked as materialized (
	select
		case when s.outcome = 'ok' and u.id is null then 'participant_not_found' else s.outcome end as outcome,
		s.room, u.id as user_id, s.caller_id, s.id as room_number
	from seen_room($1, $2, 'not_moderator') s
	left join users u on u.username = $3
)
select
	a.outcome, a.room, a.user_id,
	case when a.outcome = 'ok' then audit_note($1, $4, a.caller_id, a.user_id, a.room_number) end
from asked a
