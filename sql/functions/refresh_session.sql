-- Replaces a refresh token by a new one. One that was replaced before is a sign
-- that somebody else has it too, and ends the session for both (RFC 9700 section
-- 4.14.2); but for ten seconds it is taken for a tab that lost a race, and gets
-- a token as good as the winner's.
create or replace function refresh_session(
	subject			text,
	of_family		bytea,
	token			bytea,
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
	found_session sessions;
	kept bytea[];
begin
	outcome := 'invalid_refresh';

	select s.* into found_session from sessions s where s.family = of_family for update;
	if not found then
		return;
	elsif token = any (found_session.current) then
		kept := '{}';
	elsif token = any (found_session.previous) and found_session.last_used_at > now() - interval '10 seconds' then
		kept := found_session.current;
	else
		delete from sessions s where s.id = found_session.id;
		perform audit_note(subject, 'token_reused', null, found_session.user_id, null);
		return;
	end if;

	-- A browser that opens a hundred tabs at once is none.
	if least(found_session.expires_at, found_session.created_at + absolute_time) <= now() or cardinality(kept) >= 100 then
		return;
	end if;
	select u.username into username from users u where u.id = found_session.user_id and u.is_active;
	if not found then
		return;
	end if;

	outcome := 'ok';
	session := found_session.id;
	update sessions s
	set
		current = kept || new_token,
		previous = case when kept = '{}' then s.current else s.previous end,
		last_used_at = case when kept = '{}' then now() else s.last_used_at end,
		expires_at = least(s.created_at + absolute_time, now() + idle_time),
		address = split_part(subject, E'\n', 3),
		user_agent = new_user_agent
	where s.id = session
	returning
		ceil(extract(epoch from least(access_time, s.expires_at - now()))),
		ceil(extract(epoch from s.expires_at - now()))
	into expires_in, lasts;
end
$$;
