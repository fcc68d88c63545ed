-- POST /auth/login, POST /auth/password: a password was wrong. As long for a user
-- who does not exist.
-- $1 the client or the caller, $2 the action, $3 username
select 'ok' as outcome
from audit_note($1, $2, null, (select u.id from users u where u.username = $3), null)
