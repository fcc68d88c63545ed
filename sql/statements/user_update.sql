-- PATCH /auth/me
-- $1 the caller's username; then whether it was given and the new value of
-- $2 $3 email, $4 $5 full_name
select changed.outcome, (changed.account).*
from update_account($1, $2::boolean, $3, $4::boolean, $5) changed
