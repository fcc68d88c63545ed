-- DELETE /rooms/{room_id}
-- $1 the caller's username, $2 the room's number or name
select outcome
from delete_room($1, $2)
