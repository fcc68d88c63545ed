-- POST /rooms/{room_id}/join
-- $1 the caller's username, $2 the room's number or name
select outcome, room_name, max_participants
from join_room($1, $2)
