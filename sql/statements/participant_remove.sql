-- DELETE /rooms/{room_id}/participants/{identity}
-- $1 the caller's username, $2 the room's number or name, $3 identity
select outcome
from remove_participant($1, $2, $3)
