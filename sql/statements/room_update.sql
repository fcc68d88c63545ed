-- PATCH /rooms/{room_id}
-- $1 the caller's username, $2 the room's number or name; then whether it was
-- given and the new value of $3 $4 name, $5 $6 description, $7 $8 max_participants,
-- $9 $10 opens_at, $11 $12 closes_at, $13 $14 max_minutes
select changed.outcome, (changed.room).*
from update_room(
	$1, $2, $3::boolean, $4, $5::boolean, $6, $7::boolean, $8::integer,
	$9::boolean, $10::timestamptz, $11::boolean, $12::timestamptz, $13::boolean, $14::integer
) changed
