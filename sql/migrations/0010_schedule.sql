-- When a room may be joined, and when its calls end.
alter table rooms
	add column opens_at timestamptz,
	add column closes_at timestamptz,
	add column max_minutes integer,
	add constraint rooms_opens_at_check check (closes_at > opens_at),
	add constraint rooms_max_minutes_check check (max_minutes > 0);

-- One row a room whose call is to end: whoever finds it due, of all workers of
-- all nodes, does what is next and says when the one after that is due.
create table schedule (
	room_id		integer not null,
	ends_at		timestamptz not null,
	due_at		timestamptz,
	constraint schedule_pkey primary key (room_id),
	constraint schedule_room_id_fkey foreign key (room_id) references rooms (id)
);

create index schedule_due on schedule (due_at);

alter table outbox
	add column message text,
	drop constraint outbox_action_check,
	add constraint outbox_action_check check (action in ('delete_room', 'remove_participant', 'send_data')),
	add constraint outbox_message_check check ((action = 'send_data') = (message is not null));

comment on column rooms.opens_at is 'nobody may join before; NULL for no such time';
comment on column rooms.closes_at is 'nobody may join from then on, and the call is ended; NULL for no such time';
comment on column rooms.max_minutes is 'how long a call may last; NULL for as long as they like';

comment on table schedule is 'when the calls of rooms end, and what of that comes next';
comment on column schedule.room_id is 'the room';
comment on column schedule.ends_at is 'when the call ends';
comment on column schedule.due_at is 'when a warning or the end is due; NULL once it has ended';
comment on index schedule_due is 'what is to be done now';
comment on column outbox.message is 'what everybody in the room is to be told, for send_data';
