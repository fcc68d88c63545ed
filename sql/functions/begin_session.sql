-- Somebody whose password was found right is signed in, unless it was changed
-- meanwhile. A better hash of it is stored. Of more than a thousand sessions
-- those that were used least recently end.
create or replace function begin_session(
	subject			text,
	name			text,
	tokens_since		timestamptz,
	better_hash		text,
	new_family		bytea,
	new_token		bytea,
	new_user_agent		text,
	access_time		interval,
	idle_time		interval,
	absolute_time		interval,
	out outcome		text,
	out username		text,
	out session		text,
	out expires_in		integer,
	out lasts		integer
)
language plpgsql
as $$
declare
	person users;
begin
	select u.* into person from users u where u.username = name for no key update;
	if not found or person.tokens_since is distinct from begin_session.tokens_since then
		outcome := 'wrong_login';
		return;
	elsif person.is_active is not true then
		outcome := 'inactive';
		return;
	end if;

	if better_hash is not null then
		update users u set hashed_password = better_hash where u.id = person.id;
	end if;
	delete from sessions s
	where s.id in (
		select o.id from sessions o where o.user_id = person.id order by o.last_used_at desc offset 999
	);

	outcome := 'ok';
	username := person.username;
	insert into sessions as s (user_id, family, current, expires_at, address, user_agent)
	values (
		person.id, new_family, array[new_token], now() + least(idle_time, absolute_time),
		split_part(subject, E'\n', 3), new_user_agent
	)
	returning
		s.id, ceil(extract(epoch from least(access_time, s.expires_at - now()))),
		ceil(extract(epoch from s.expires_at - now()))
	into session, expires_in, lasts;

	perform audit_note(subject, 'login', person.id, null, null);
end
$$;
