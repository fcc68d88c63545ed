-- POST /auth/logout
-- $1 the client, or the caller when there is no refresh token, $2 the family of the
-- refresh token, NULL for none
select outcome
from end_session($1, $2::bytea)
