-- Who is in which call, as LiveKit reports it in any order and more than once.
create table livekit_events (
	id		text not null,
	received_at	timestamptz not null default now(),
	constraint livekit_events_pkey primary key (id)
);

create index livekit_events_received on livekit_events (received_at);

create table calls (
	session		text not null,
	room_id		integer not null,
	started_at	timestamptz,
	finished_at	timestamptz,
	constraint calls_pkey primary key (session),
	constraint calls_room_id_fkey foreign key (room_id) references rooms (id)
);

create index calls_room on calls (room_id);

create table tracks (
	track_sid	text not null,
	participant_sid	text not null,
	source		text not null default 'UNKNOWN',
	muted		boolean not null default false,
	is_gone		boolean not null default false,
	constraint tracks_pkey primary key (track_sid)
);

create index tracks_participant on tracks (participant_sid) where not is_gone;

create table bans (
	room_id		integer not null,
	user_id		integer not null,
	reason		text,
	created_at	timestamptz not null default now(),
	constraint bans_pkey primary key (room_id, user_id),
	constraint bans_room_id_fkey foreign key (room_id) references rooms (id),
	constraint bans_user_id_fkey foreign key (user_id) references users (id)
);

create index bans_user on bans (user_id);

alter table room_participants add column closed_by text;

create index room_participants_newest on room_participants (room_id, user_id, id desc);

-- What would be told twice need not be written twice.
create unique index outbox_once on outbox (action, room_id, coalesce(user_id, 0));

comment on table livekit_events is 'webhooks that were taken in, so that a repeated one changes nothing; old ones are forgotten';
comment on column livekit_events.id is 'LiveKit''s id of the event';
comment on column livekit_events.received_at is 'when it first came';
comment on index livekit_events_received is 'those to forget';

comment on table calls is 'lives of a room in LiveKit: from the first to come to the last to leave';
comment on column calls.session is 'LiveKit''s id of the call';
comment on column calls.room_id is 'the room';
comment on column calls.started_at is 'the earliest start reported';
comment on column calls.finished_at is 'the earliest end reported; nobody is in it after that';
comment on index calls_room is 'the calls of a room';

comment on table tracks is 'what people publish';
comment on column tracks.track_sid is 'LiveKit''s id of the track';
comment on column tracks.participant_sid is 'whose it is';
comment on column tracks.source is 'CAMERA, MICROPHONE, SCREEN_SHARE, SCREEN_SHARE_AUDIO or UNKNOWN';
comment on column tracks.muted is 'as last reported';
comment on column tracks.is_gone is 'it was unpublished, perhaps before we heard that it was published';
comment on index tracks_participant is 'the tracks of a participant';

comment on table bans is 'who may not join a room';
comment on column bans.room_id is 'the room';
comment on column bans.user_id is 'the person';
comment on column bans.reason is 'as the one who banned gave it';
comment on column bans.created_at is 'since when';
comment on index bans_user is 'the bans of a person';

comment on column room_participants.closed_by is 'why the seat was given back: left, removed, banned, deleted, timeout or disconnected';
comment on index room_participants_newest is 'the seat a person has or last had in a room';
comment on index outbox_once is 'one errand of a kind';

-- When LiveKit was last asked who is in its rooms: one node at a time does.
create table livekit_state (
	is_single	boolean not null default true,
	reconciled_at	timestamptz not null default '-infinity',
	constraint livekit_state_pkey primary key (is_single),
	constraint livekit_state_single_check check (is_single)
);

insert into livekit_state default values;

comment on table livekit_state is 'one row about LiveKit as a whole';
comment on column livekit_state.is_single is 'there is only this row';
comment on column livekit_state.reconciled_at is 'when a node last began to ask who is in the rooms';
