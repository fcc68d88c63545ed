-- The benchmark's database, on a schema that `parley migrate` made. psql sets
-- users, rooms and visits; everybody has the password of the user `seedling`.
--
-- A user's name is their number: pgbench can make one up, too.
\set ON_ERROR_STOP on

insert into users (username, email, hashed_password, full_name, is_active)
select i::text, 'user' || i || '@example.com', s.hashed_password, 'User Number ' || i, true
from generate_series(1, :users) i, users s
where s.username = 'seedling'
order by i;

update rooms set is_active = false;

insert into rooms (name, room_id, description, creator_id, is_active, max_participants)
select 'Room ' || i, 'room_' || lpad(to_hex(i), 8, '0'), 'What is talked about in room ' || i, u.id, true, 1000000
from generate_series(1, :rooms) i
join users u on u.username = (1 + i % :users)::text
order by i;

-- Three seats in every tenth room; the last rooms hold 1, 50 and 500.
insert into room_participants (room_id, user_id, joined_at, promised_at, is_connected)
select r.id, u.id, now(), now(), true
from generate_series(10, :rooms - 10, 10) i
join rooms r on r.room_id = 'room_' || lpad(to_hex(i), 8, '0')
cross join generate_series(0, 2) s
join users u on u.username = (1 + (i + s) % :users)::text;

insert into room_participants (room_id, user_id, joined_at, promised_at, is_connected)
select r.id, u.id, now(), now(), true
from (values (2, 1), (1, 50), (0, 500)) as v (back, seats)
join rooms r on r.room_id = 'room_' || lpad(to_hex(:rooms - v.back), 8, '0')
cross join lateral generate_series(1, v.seats) s
join users u on u.username = s::text;

insert into visits (participant_sid, room_id, user_id, session, joined_at, left_at, leave_reason)
select
	'PA_' || i, r.id, u.id, 'RM_' || i % :rooms,
	now() - interval '1 hour' - i * interval '1 second', now() - i * interval '1 second', 'CLIENT_INITIATED'
from generate_series(1, :visits) i
join rooms r on r.room_id = 'room_' || lpad(to_hex(1 + i % :rooms), 8, '0')
join users u on u.username = (1 + i % :users)::text;

vacuum analyze;
