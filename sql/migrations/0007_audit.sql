-- Who did what that an operator may be asked about.
create table audit (
	id		bigint not null generated always as identity,
	at		timestamptz not null default now(),
	action		text not null,
	actor_id	integer,
	target_id	integer,
	room_id		integer,
	address		text not null,
	request_id	text not null,
	constraint audit_pkey primary key (id)
);

create index audit_action on audit (action, id);
create index audit_actor on audit (actor_id, id);
create index audit_target on audit (target_id, id);
create index audit_at on audit (at);

-- Administrators may look at the others.
create index users_inactive on users (id) where not coalesce(is_active, false);

comment on table audit is 'who did what to whom; rows go after AUDIT_DAYS. It refers to people and rooms by number only, so that it outlives them';
comment on column audit.id is 'in the order of what was done';
comment on column audit.at is 'when';
comment on column audit.action is 'what was done, in one word';
comment on column audit.actor_id is 'who did it; NULL for whoever was refused, and for the command line';
comment on column audit.target_id is 'to whom; NULL for nobody else';
comment on column audit.room_id is 'in which room';
comment on column audit.address is 'the client''s address; command for the command line';
comment on column audit.request_id is 'the request''s id, also in the log';
comment on index audit_action is 'pages of one action';
comment on index audit_actor is 'pages of one person, as who did it';
comment on index audit_target is 'pages of one person, as to whom it was done';
comment on index audit_at is 'those to forget';
comment on index users_inactive is 'pages of the list of users who are switched off';
