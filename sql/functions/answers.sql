-- The shape of what is answered, once: a column is a member of the JSON object,
-- in this order, and `creator.email' one of the object `creator'. NULL flags
-- and limits of the old service's rows read as it reads them.
--
-- Functions give rows of these shapes back, so they go with a view that is made
-- anew; migrate applies all files of this folder together, this one first.
drop view if exists answer_room_listed cascade;
drop view if exists answer_room cascade;
drop view if exists answer_user cascade;

create view answer_user as
select
	u.username,
	u.email,
	u.full_name,
	u.id,
	coalesce(u.is_active, false) as is_active,
	u.created_at,
	u.updated_at
from users u;

create view answer_room as
select
	r.name,
	r.description,
	coalesce(r.max_participants, 50) as max_participants,
	r.id,
	r.room_id,
	r.creator_id,
	coalesce(r.is_active, false) as is_active,
	r.created_at,
	r.updated_at
from rooms r;

create view answer_room_listed as
select
	r.*,
	(
		select count(*)
		from room_participants p
		where p.room_id = r.id and p.is_connected
	) as participants_count,
	u.username as "creator.username",
	u.email as "creator.email",
	u.full_name as "creator.full_name",
	u.id as "creator.id",
	u.is_active as "creator.is_active",
	u.created_at as "creator.created_at",
	u.updated_at as "creator.updated_at"
from answer_room r
join answer_user u on u.id = r.creator_id;

comment on view answer_user is 'what is answered of a user';
comment on view answer_room is 'what is answered of a room that was made or changed';
comment on view answer_room_listed is 'what is answered of a room that was asked for';
