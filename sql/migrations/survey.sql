-- What `parley migrate --dry-run' has to say about a database of the old
-- service: one row a finding, those with a count of 0 are not shown.
select 'users with a password under bcrypt (hashed anew at their next login)' as finding, count(*) as count
from users
where hashed_password like '$2_$%'
union all
select 'users whose username has a control character (they cannot sign in: rename them)', count(*)
from users
where username ~ '[\x01-\x1f\x7f]'
union all
select 'users whose is_active is NULL (reads as false)', count(*)
from users
where is_active is null
union all
select 'rooms whose is_active is NULL (reads as false)', count(*)
from rooms
where is_active is null
union all
select 'rooms whose max_participants is NULL (reads as 50)', count(*)
from rooms
where max_participants is null
union all
select 'participants whose is_connected is NULL (reads as false)', count(*)
from room_participants
where is_connected is null
union all
select 'connected participants beside a newer row of the same user and room (closed)',
	count(*) - count(distinct (room_id, user_id))
from room_participants
where is_connected
union all
select 'connected participants of rooms that are not active (closed)', count(*)
from room_participants p
join rooms r on r.id = p.room_id
where p.is_connected and r.is_active is not true
union all
select 'usernames of more than one user (the migration FAILS until that is settled)', count(*)
from (select from users group by username having count(*) > 1) twice
union all
select 'e-mail addresses of more than one user (the migration FAILS until that is settled)', count(*)
from (select from users group by email having count(*) > 1) twice
union all
select 'names in LiveKit of more than one room (the migration FAILS until that is settled)', count(*)
from (select from rooms group by room_id having count(*) > 1) twice
union all
select 'index ' || name || ' is missing (made)', (to_regclass(name) is null)::integer
from unnest(array[
	'ix_users_id', 'ix_users_username', 'ix_users_email', 'ix_rooms_id', 'ix_rooms_room_id',
	'ix_room_participants_id'
]) as name
