-- The tables of the service that parley takes over, as it made them: where they
-- are there already nothing changes but comments and missing indexes.
create table if not exists users (
	id		serial,
	username	varchar(50) not null,
	email		varchar(100) not null,
	hashed_password	varchar(255) not null,
	full_name	varchar(100),
	is_active	boolean,
	created_at	timestamptz default now(),
	updated_at	timestamptz,
	constraint users_pkey primary key (id)
);

create table if not exists rooms (
	id			serial,
	name			varchar(100) not null,
	room_id			varchar(100) not null,
	description		text,
	creator_id		integer not null,
	is_active		boolean,
	max_participants	integer,
	created_at		timestamptz default now(),
	updated_at		timestamptz,
	constraint rooms_pkey primary key (id),
	constraint rooms_creator_id_fkey foreign key (creator_id) references users (id)
);

create table if not exists room_participants (
	id		serial,
	room_id		integer not null,
	user_id		integer not null,
	joined_at	timestamptz default now(),
	left_at		timestamptz,
	is_connected	boolean,
	constraint room_participants_pkey primary key (id),
	constraint room_participants_room_id_fkey foreign key (room_id) references rooms (id),
	constraint room_participants_user_id_fkey foreign key (user_id) references users (id)
);

create index if not exists ix_users_id on users (id);
create unique index if not exists ix_users_username on users (username);
create unique index if not exists ix_users_email on users (email);
create index if not exists ix_rooms_id on rooms (id);
create unique index if not exists ix_rooms_room_id on rooms (room_id);
create index if not exists ix_room_participants_id on room_participants (id);

comment on table users is 'people who may sign in';
comment on column users.id is 'how everything else refers to a person';
comment on column users.username is 'in access tokens and in LiveKit; never changes';
comment on column users.email is 'domain in lower case, local part as given';
comment on column users.hashed_password is 'scrypt as a PHC string, or bcrypt of the old service until the next login';
comment on column users.full_name is 'a label';
comment on column users.is_active is 'may sign in; NULL reads as false';
comment on column users.created_at is 'when the account was made';
comment on column users.updated_at is 'when it was last changed';

comment on table rooms is 'rooms people meet in; a deleted one stays, inactive';
comment on column rooms.id is 'its number in paths';
comment on column rooms.name is 'a label';
comment on column rooms.room_id is 'room_ and 8 hex digits: its name in LiveKit and in paths';
comment on column rooms.description is 'a label';
comment on column rooms.creator_id is 'who made it and may change, moderate and delete it';
comment on column rooms.is_active is 'may be joined; NULL reads as false';
comment on column rooms.max_participants is 'seats; NULL reads as 50, 0 or less as no limit';
comment on column rooms.created_at is 'when it was made';
comment on column rooms.updated_at is 'when it was last changed';

comment on table room_participants is 'seats: who has, or had, the right to be in a room';
comment on column room_participants.id is 'of this seat';
comment on column room_participants.room_id is 'the room';
comment on column room_participants.user_id is 'the person';
comment on column room_participants.joined_at is 'when the seat was taken';
comment on column room_participants.left_at is 'when it was given back; NULL while it is held';
comment on column room_participants.is_connected is 'the seat is held; NULL reads as false';
