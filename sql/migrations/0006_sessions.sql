-- Who is signed in where, and who may do all.
alter table users add column is_admin boolean not null default false;
alter table users add column tokens_since timestamptz;

create table sessions (
	id		text not null default replace(gen_random_uuid()::text, '-', ''),
	user_id		integer not null,
	family		bytea not null,
	current		bytea[] not null,
	previous	bytea[] not null default '{}',
	created_at	timestamptz not null default now(),
	last_used_at	timestamptz not null default now(),
	expires_at	timestamptz not null,
	address		text not null,
	user_agent	text,
	constraint sessions_pkey primary key (id),
	constraint sessions_user_id_fkey foreign key (user_id) references users (id) on delete cascade
);

create unique index sessions_family on sessions (family);
create index sessions_user on sessions (user_id, last_used_at);
create index sessions_expired on sessions (expires_at);

comment on column users.is_admin is 'may do in every room what its creator may, and see to accounts';
comment on column users.tokens_since is 'access tokens without a session that were issued before are refused; NULL: none are';

comment on table sessions is 'who is signed in where; rows go when a session ends';
comment on column sessions.id is 'in access tokens and in paths';
comment on column sessions.user_id is 'the person';
comment on column sessions.family is 'SHA-256 of what all refresh tokens of the session have in common';
comment on column sessions.current is 'SHA-256 of the refresh tokens that may be used: one, or as many as tabs raced for';
comment on column sessions.previous is 'SHA-256 of those that were replaced last; good for ten seconds after last_used_at';
comment on column sessions.created_at is 'when somebody signed in';
comment on column sessions.last_used_at is 'when its refresh token was last replaced';
comment on column sessions.expires_at is 'when it ends by itself';
comment on column sessions.address is 'where from, when it was last used';
comment on column sessions.user_agent is 'with what, when it was last used, in the client''s words';
comment on index sessions_family is 'the session of a refresh token';
comment on index sessions_user is 'the sessions of a person, in the order of their use';
comment on index sessions_expired is 'those to forget';
