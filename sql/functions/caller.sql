-- Who is calling: always one row, whose outcome says whether they may go on. The
-- planner inlines it, so a statement pays only for the columns it uses.
--
-- What C passes (src/identity/caller.c) has lines: the subject of the access
-- token, its session, the client's address, the request's id and, for a token
-- without a session, when it was issued (Unix seconds).
create or replace function caller(subject text)
returns table (
	outcome		text,
	id		integer,
	username	varchar,
	email		varchar,
	full_name	varchar,
	is_active	boolean,
	created_at	timestamptz,
	updated_at	timestamptz,
	is_admin	boolean,
	session		text
)
language sql stable
as $$
	select
		case
			when u.id is null then 'unauthenticated'
			when u.is_active is not true then 'inactive'
			when split_part(subject, E'\n', 2) <> '' and s.id is null then 'unauthenticated'
			when split_part(subject, E'\n', 2) = ''
				and u.tokens_since > to_timestamp(nullif(split_part(subject, E'\n', 5), '')::double precision)
				then 'unauthenticated'
			else 'ok'
		end,
		u.id, u.username, u.email, u.full_name,
		coalesce(u.is_active, false), u.created_at, u.updated_at,
		coalesce(u.is_admin, false), s.id
	from (select) as one
	left join users u on u.username = split_part(subject, E'\n', 1)
	left join sessions s on s.id = split_part(subject, E'\n', 2) and s.user_id = u.id and s.expires_at > now()
$$;
