-- PATCH /rooms/{room_id}/participants/{identity}: whether the caller may, and who it
-- is about. Whether they are in the call LiveKit is asked.
-- $1 the caller, $2 the room's number or name, $3 identity, $4 can_publish,
-- $5 can_subscribe, $6 can_publish_sources; NULL for what stays as it is
select outcome, room, user_id
from permit_participant($1, $2, $3, $4::boolean, $5::boolean, $6::jsonb)
