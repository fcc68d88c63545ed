-- GET /users/
-- $1 the caller, $2 skip (nothing is found beyond a million: the walk would be
-- too long), $3 limit, $4 only those behind this number, or NULL
select
	case when c.outcome = 'ok' and u.id is null then 'empty' else c.outcome end as outcome,
	u.*
from (select outcome from caller($1) offset 0) c
left join lateral (
	select *
	from answer_user
	where is_active and $2::bigint <= 1000000 and id > coalesce($4::bigint, 0)
	order by id
	offset $2::bigint
	limit $3::bigint
) u on c.outcome = 'ok'
order by u.id
