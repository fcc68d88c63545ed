-- POST /auth/password: what the current password is compared with.
-- $1 the caller's username
select c.outcome, u.hashed_password
from caller($1) c
left join users u on u.id = c.id
