-- POST /auth/password: stores the new one.
-- $1 the caller's username, $2 the hash that was compared, $3 the new hash
select outcome
from change_password($1, $2, $3)
