-- POST /auth/login: what a password is compared with; one row whether or not
-- there is such a user.
-- $1 username
select
	'ok' as outcome,
	u.hashed_password,
	coalesce(u.is_active, false) as is_active,
	u.tokens_since
from (select) as one
left join users u on u.username = $1
