-- What LiveKit saw, and what it has still to be told.
create table visits (
	participant_sid	text not null,
	room_id		integer not null,
	user_id		integer not null,
	session		text,
	joined_at	timestamptz not null,
	left_at		timestamptz,
	leave_reason	text,
	constraint visits_pkey primary key (participant_sid),
	constraint visits_room_id_fkey foreign key (room_id) references rooms (id),
	constraint visits_user_id_fkey foreign key (user_id) references users (id)
);

create index visits_room on visits (room_id, joined_at);
create index visits_user on visits (user_id, joined_at);
create index visits_open on visits (room_id, user_id) where left_at is null;

create table outbox (
	id		bigint not null generated always as identity,
	action		text not null,
	room_id		integer not null,
	user_id		integer,
	created_at	timestamptz not null default now(),
	due_at		timestamptz not null default now(),
	attempts	integer not null default 0,
	last_error	text,
	constraint outbox_pkey primary key (id),
	constraint outbox_room_id_fkey foreign key (room_id) references rooms (id),
	constraint outbox_user_id_fkey foreign key (user_id) references users (id),
	constraint outbox_action_check check (action in ('delete_room', 'remove_participant')),
	constraint outbox_user_id_check check ((action = 'remove_participant') = (user_id is not null))
);

create index outbox_due on outbox (due_at);

comment on table visits is 'connections to a call as LiveKit reported them, in whatever order';
comment on column visits.participant_sid is 'LiveKit''s id of this connection';
comment on column visits.room_id is 'the room';
comment on column visits.user_id is 'the person';
comment on column visits.session is 'LiveKit''s id of the call: a room has a new one each time it comes to life';
comment on column visits.joined_at is 'the earliest time reported';
comment on column visits.left_at is 'the latest time reported; NULL while connected';
comment on column visits.leave_reason is 'as LiveKit gave it';
comment on index visits_room is 'the visits of a room, in order';
comment on index visits_user is 'the visits of a person, in order';
comment on index visits_open is 'who is connected';

comment on table outbox is 'what was decided and LiveKit has not yet carried out; rows go when it has';
comment on column outbox.id is 'in the order of decisions';
comment on column outbox.action is 'what LiveKit is to do';
comment on column outbox.room_id is 'the room it is about';
comment on column outbox.user_id is 'the person it is about, for remove_participant';
comment on column outbox.created_at is 'when it was decided';
comment on column outbox.due_at is 'when it is to be tried next';
comment on column outbox.attempts is 'how often it was tried in vain';
comment on column outbox.last_error is 'what the last attempt met';
comment on index outbox_due is 'what is to be tried now';
