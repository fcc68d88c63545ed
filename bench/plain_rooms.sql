-- What the first page of rooms costs without knowing who asks: the least that
-- anybody could run for GET /rooms/.
select
	r.name, r.description, r.max_participants, r.id, r.room_id, r.creator_id, r.is_active, r.created_at,
	r.updated_at,
	(select count(*) from room_participants p where p.room_id = r.id and p.is_connected) as participants_count,
	u.username, u.email, u.full_name, u.id, u.is_active, u.created_at, u.updated_at
from rooms r
join users u on u.id = r.creator_id
where coalesce(r.is_active, false)
order by r.id
limit 100
