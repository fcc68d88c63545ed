-- POST /auth/login: stores the same password under today's hash.
-- $1 username, $2 hashed password
update users
set hashed_password = $2
where username = $1
returning 'ok' as outcome
