-- DELETE /rooms/{room_id}/bans/{username}
-- $1 the caller's username, $2 the room's number or name, $3 username
select outcome
from unban_user($1, $2, $3)
