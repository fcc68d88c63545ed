-- GET /users/{user_id}
-- $1 the caller's username, $2 the user's number, NULL for one that cannot be
select
	case when c.outcome = 'ok' and u.id is null then 'user_not_found' else c.outcome end as outcome,
	u.*
from caller($1) c
left join answer_user u on u.id = $2::integer
