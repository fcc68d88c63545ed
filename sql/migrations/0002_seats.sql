-- A person has one seat in a room. The old service could give several, and kept
-- those of rooms it had deleted.
lock table rooms, room_participants in share row exclusive mode;

update room_participants p
set is_connected = false, left_at = coalesce(p.left_at, now())
from (
	select
		s.id,
		row_number() over (
			partition by s.room_id, s.user_id
			order by s.joined_at desc nulls last, s.id desc
		) as place
	from room_participants s
	where s.is_connected
) seat
where seat.id = p.id and seat.place > 1;

update room_participants p
set is_connected = false, left_at = coalesce(p.left_at, now())
from rooms r
where r.id = p.room_id and r.is_active is not true and p.is_connected;

alter table room_participants add column promised_at timestamptz;

create unique index room_participants_seat on room_participants (room_id, user_id) where is_connected;
create index room_participants_user on room_participants (user_id);

-- Rows that somebody inserts by hand; the old service names every column.
alter table users alter column is_active set default true;
alter table rooms alter column is_active set default true;
alter table rooms alter column max_participants set default 50;
alter table room_participants alter column is_connected set default true;

-- Lists show the active ones in the order of their ids, and read NULL as false.
create index users_active on users (id) where coalesce(is_active, false);
create index rooms_active on rooms (id) where coalesce(is_active, false);

comment on column room_participants.promised_at is 'when a token for this seat was last given; NULL: by the old service';
comment on index room_participants_seat is 'one seat a person and room; also counts the seats of a room';
comment on index room_participants_user is 'the seats of a person';
comment on index users_active is 'pages of the list of users';
comment on index rooms_active is 'pages of the list of rooms';
