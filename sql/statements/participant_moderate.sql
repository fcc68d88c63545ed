-- PATCH /rooms/{room_id}/participants/{identity} and .../mute: whether the caller
-- may, and who it is about. Whether they are in the call LiveKit is asked.
-- $1 the caller's username, $2 the room's number or name, $3 identity
select
	case
		when c.outcome <> 'ok' then c.outcome
		when r.id is null then 'room_not_found'
		when not may_command(c.id, c.is_admin, r.creator_id) then 'not_moderator'
		when u.id is null then 'participant_not_found'
		else 'ok'
	end as outcome,
	r.room_id as room, u.id as user_id
from caller($1) c
left join room_by_ref($2) r on true
left join users u on u.username = $3
