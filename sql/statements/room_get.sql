-- GET /rooms/{room_id}
-- $1 the caller's username, $2 the room's number or name
--
-- `offset 0`: the caller is judged once, not wherever the outcome is named.
select
	case when c.outcome = 'ok' and r.id is null then 'room_not_found' else c.outcome end as outcome,
	r.*
from (select outcome from caller($1) offset 0) c
left join (
	select listed.*
	from room_by_ref($2) named
	join answer_room_listed listed on listed.id = named.id
) r on true
