-- PATCH /rooms/{room_id}/participants/{identity} and .../mute: whether the caller
-- may, and who it is about. Whether they are in the call LiveKit is asked; it is
-- written down before, so that whoever hangs up meanwhile has done it all the same.
-- $1 the caller, $2 the room's number or name, $3 identity, $4 what is asked of
-- LiveKit, NULL for nothing
with asked as materialized (
	select
		case
			when c.outcome <> 'ok' then c.outcome
			when r.id is null then 'room_not_found'
			when not may_command(c.id, c.is_admin, r.creator_id) then 'not_moderator'
			when u.id is null then 'participant_not_found'
			else 'ok'
		end as outcome,
		r.room_id as room, u.id as user_id, c.id as caller_id, r.id as room_number
	from caller($1) c
	left join room_by_ref($2) r on true
	left join users u on u.username = $3
)
select
	a.outcome, a.room, a.user_id,
	case
		when a.outcome = 'ok' and $4::text is not null
		then audit_note($1, $4, a.caller_id, a.user_id, a.room_number)
	end
from asked a
