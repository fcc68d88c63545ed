-- GET /rooms/{room_id}/participants: who has a seat, in the order they came.
-- $1 the caller's username, $2 the room's number or name
select
	case
		when c.outcome <> 'ok' then c.outcome
		when r.id is null then 'room_not_found'
		when p.id is null then 'empty'
		else 'ok'
	end as outcome,
	u.username as identity,
	u.username as name,
	'' as sid,
	floor(extract(epoch from p.joined_at))::bigint as joined_at,
	'JOINING' as state,
	u.id as user_id,
	json '[]' as tracks
from caller($1) c
left join room_by_ref($2) r on true
left join room_participants p on p.room_id = r.id and p.is_connected
left join users u on u.id = p.user_id
order by p.id
