-- POST /rooms/{room_id}/leave
-- $1 the caller's username, $2 the room's number or name
select outcome
from leave_room($1, $2)
