-- POST /rooms/{room_id}/message: whether the caller may, and somebody is there
-- to hear it: LiveKit takes three seconds to refuse what nobody hears.
-- $1 the caller, $2 the room's number or name, $3 what is asked of LiveKit
with asked as materialized (
	select
		case
			when c.outcome <> 'ok' then c.outcome
			when r.id is null then 'room_not_found'
			when not may_command(c.id, c.is_admin, r.creator_id) then 'not_moderator'
			when not exists (select from room_participants p where p.room_id = r.id and p.is_connected)
			then 'participant_not_found'
			else 'ok'
		end as outcome,
		r.room_id as room, c.id as caller_id, r.id as room_number
	from caller($1) c
	left join room_by_ref($2) r on true
)
select
	a.outcome, a.room,
	case when a.outcome = 'ok' then audit_note($1, $3, a.caller_id, null, a.room_number) end
from asked a
