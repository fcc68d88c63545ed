-- GET /users/
-- $1 the caller's username, $2 skip, $3 limit
select
	case when c.outcome = 'ok' and u.id is null then 'empty' else c.outcome end as outcome,
	u.*
from caller($1) c
left join lateral (
	select *
	from answer_user
	where is_active
	order by id
	offset $2::bigint
	limit $3::bigint
) u on c.outcome = 'ok'
order by u.id
