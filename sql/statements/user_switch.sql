-- parley user deactivate NAME, parley user reactivate NAME
-- $1 the command, in a caller's place, $2 username, $3 whether they may sign in
select s.outcome
from switch_account($1, null, (select u.id from users u where u.username = $2), $3::boolean) s
