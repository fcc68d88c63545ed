-- POST /rooms/{room_id}/join
-- $1 the caller's username, $2 the room's number or name
--
-- Sources are written in lower case in a token.
select outcome, room_name, max_participants, lower(permission::text) as permission
from join_room($1, $2)
