-- POST /rooms/
-- $1 the caller's username, $2 name, $3 description, $4 max_participants
select made.outcome, (made.room).*
from create_room($1, $2, $3, $4::integer) made
