-- The shape of what is answered, once: a column is a member of the JSON object,
-- in this order, and `creator.email' one of the object `creator'. NULL flags
-- and limits of the old service's rows read as it reads them.
--
-- Functions give rows of these shapes back, so they go with a view that is made
-- anew; migrate applies all files of this folder together, this one first.
drop view if exists answer_visit cascade;
drop view if exists answer_room_listed cascade;
drop view if exists answer_creator cascade;
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
	r.updated_at,
	r.opens_at,
	r.closes_at,
	r.max_minutes
from rooms r;

create view answer_creator as
select
	u.username as "creator.username",
	u.email as "creator.email",
	u.full_name as "creator.full_name",
	u.id as "creator.id",
	u.is_active as "creator.is_active",
	u.created_at as "creator.created_at",
	u.updated_at as "creator.updated_at"
from answer_user u;

create view answer_room_listed as
select
	r.*,
	(
		select count(*)
		from room_participants p
		where p.room_id = r.id and p.is_connected
	) as participants_count,
	u.*
from answer_room r
join answer_creator u on u."creator.id" = r.creator_id;

-- A connection of somebody to a call. Who comes again has left before, and who
-- was in a call that has ended is not in it any more, whether or not LiveKit's
-- word of it was heard: times in two visits are not counted twice.
create view answer_visit as
select
	v.participant_sid,
	v.user_id,
	u.username as identity,
	v.session,
	v.joined_at,
	case when stay.ended is not null then greatest(stay.ended, v.joined_at) end as left_at,
	case
		when isfinite(v.joined_at) and isfinite(coalesce(stay.ended, now()))
		then floor(extract(epoch from greatest(coalesce(stay.ended, now()) - v.joined_at, interval '0')))::bigint
		else 0
	end as seconds,
	v.leave_reason,
	r.room_id,
	r.name as room_name
from visits v
join users u on u.id = v.user_id
join rooms r on r.id = v.room_id
cross join lateral (
	select least(
		v.left_at,
		(select c.finished_at from calls c where c.session = v.session),
		(
			select min(next.joined_at)
			from visits next
			where next.room_id = v.room_id and next.user_id = v.user_id and next.joined_at > v.joined_at
		)
	) as ended
	offset 0
) stay;

comment on view answer_visit is 'what is answered of a visit';
comment on view answer_user is 'what is answered of a user';
comment on view answer_room is 'what is answered of a room that was made or changed';
comment on view answer_creator is 'what is answered of a room''s creator';
comment on view answer_room_listed is 'what is answered of a room that was asked for';
