-- GET /rooms/{room_id}
-- $1 the caller's username, $2 the room's number or name
select
	case when c.outcome = 'ok' and r.id is null then 'room_not_found' else c.outcome end as outcome,
	r.*
from caller($1) c
left join (
	select listed.*
	from room_by_ref($2) named
	join answer_room_listed listed on listed.id = named.id
) r on true
