-- GET /rooms/{room_id}/bans
-- $1 the caller's username, $2 the room's number or name
select
	case
		when c.outcome <> 'ok' then c.outcome
		when r.id is null then 'room_not_found'
		when not may_command(c.id, c.is_admin, r.creator_id) then 'not_moderator'
		when b.user_id is null then 'empty'
		else 'ok'
	end as outcome,
	u.username, b.reason, b.created_at
from caller($1) c
left join room_by_ref($2) r on true
left join bans b on b.room_id = r.id and may_command(c.id, c.is_admin, r.creator_id)
left join users u on u.id = b.user_id
order by b.created_at, u.id
