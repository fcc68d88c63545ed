-- Stores a new password, unless another change was quicker, and signs the caller
-- out everywhere else. Access tokens without a session cannot be told apart, so
-- all of them end: one of them may be the reason for the change.
create or replace function change_password(
	subject			text,
	compared_hash		text,
	new_hash		text,
	out outcome		text
)
language plpgsql
as $$
declare
	caller_id integer;
	caller_session text;
begin
	select c.outcome, c.id, c.session into outcome, caller_id, caller_session from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	update users u
	set hashed_password = new_hash, tokens_since = now(), updated_at = now()
	where u.id = caller_id and u.hashed_password = compared_hash;
	if not found then
		outcome := 'wrong_password';
		return;
	end if;

	delete from sessions s where s.user_id = caller_id and s.id is distinct from caller_session;
	perform audit_note(subject, 'password', caller_id, null, null);
end
$$;
