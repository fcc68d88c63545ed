-- POST /auth/register
-- $1 username, $2 email, $3 hashed password, $4 full name
select made.outcome, (made.account).*
from register_user($1, $2, $3, $4) made
