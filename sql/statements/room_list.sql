-- GET /rooms/
-- $1 the caller's username, $2 skip, $3 limit
select
	case when c.outcome = 'ok' and r.id is null then 'empty' else c.outcome end as outcome,
	r.*
from caller($1) c
left join lateral (
	select *
	from answer_room_listed
	where is_active
	order by id
	offset $2::bigint
	limit $3::bigint
) r on c.outcome = 'ok'
order by r.id
