-- Who is calling, by the subject of an access token: always one row, whose
-- outcome says whether they may go on. The planner inlines it, so a statement
-- pays only for the columns it uses.
create or replace function caller(subject text)
returns table (
	outcome		text,
	id		integer,
	username	varchar,
	email		varchar,
	full_name	varchar,
	is_active	boolean,
	created_at	timestamptz,
	updated_at	timestamptz
)
language sql stable
as $$
	select
		case
			when u.id is null then 'unauthenticated'
			when u.is_active is not true then 'inactive'
			else 'ok'
		end,
		u.id, u.username, u.email, u.full_name,
		coalesce(u.is_active, false), u.created_at, u.updated_at
	from (select) as one
	left join users u on u.username = subject
$$;
