-- What the migrations are recorded in. Made before the first of them.
create table if not exists schema_migrations (
	number		integer not null,
	name		text not null,
	checksum	text not null,
	breaking	boolean not null,
	applied_at	timestamptz not null default now(),
	constraint schema_migrations_pkey primary key (number)
);

create table if not exists schema_functions (
	name		text not null,
	checksum	text not null,
	applied_at	timestamptz not null default now(),
	constraint schema_functions_pkey primary key (name)
);

comment on table schema_migrations is 'migrations that were applied: files of sql/migrations';
comment on column schema_migrations.number is 'at the start of the file''s name';
comment on column schema_migrations.name is 'of the file, without .sql';
comment on column schema_migrations.checksum is 'SHA-256 of the file, in hex';
comment on column schema_migrations.breaking is 'programs that do not know it must not run on it';
comment on column schema_migrations.applied_at is 'when';

comment on table schema_functions is 'functions as last applied: files of sql/functions';
comment on column schema_functions.name is 'of the file, without .sql, and of the function in it';
comment on column schema_functions.checksum is 'SHA-256 of the file, in hex';
comment on column schema_functions.applied_at is 'when';
