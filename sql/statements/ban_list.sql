-- GET /rooms/{room_id}/bans
-- $1 the caller's username, $2 the room's number or name
select
	case when s.outcome = 'ok' and b.user_id is null then 'empty' else s.outcome end as outcome,
	u.username, b.reason, b.created_at
from seen_room($1, $2, 'not_moderator') s
left join bans b on b.room_id = s.id and s.outcome = 'ok'
left join users u on u.id = b.user_id
order by b.created_at, u.id
