-- POST /rooms/
-- $1 the caller's username, $2 name, $3 description, $4 max_participants,
-- $5 opens_at, $6 closes_at, $7 max_minutes
select made.outcome, (made.room).*
from create_room($1, $2, $3, $4::integer, $5::timestamptz, $6::timestamptz, $7::integer) made
