-- POST /rooms/{room_id}/message: whether the caller may, and somebody is there
-- to hear it: LiveKit takes three seconds to refuse what nobody hears.
-- $1 the caller's username, $2 the room's number or name
select
	case
		when c.outcome <> 'ok' then c.outcome
		when r.id is null then 'room_not_found'
		when not may_command(c.id, c.is_admin, r.creator_id) then 'not_moderator'
		when not exists (select from room_participants p where p.room_id = r.id and p.is_connected)
		then 'participant_not_found'
		else 'ok'
	end as outcome,
	r.room_id as room
from caller($1) c
left join room_by_ref($2) r on true
