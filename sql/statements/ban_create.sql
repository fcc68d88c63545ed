-- POST /rooms/{room_id}/bans
-- $1 the caller's username, $2 the room's number or name, $3 username, $4 reason
select outcome, username, reason, created_at
from ban_user($1, $2, $3, $4)
