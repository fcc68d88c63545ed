-- parley user admin NAME [--revoke]
-- $1 the command, in a caller's place, $2 username, $3 whether they are to be one
select outcome
from set_admin($1, $2, $3::boolean)
