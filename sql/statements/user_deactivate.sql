-- POST /users/{user_id}/deactivate
-- $1 the caller, $2 the user's number, NULL for one that cannot be
select changed.outcome, (changed.account).*
from set_active($1, $2::integer, false) changed
