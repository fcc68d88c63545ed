-- Ends one of the caller's sessions, this one or another.
create or replace function delete_session(
	subject			text,
	which			text,
	out outcome		text
)
language plpgsql
as $$
declare
	caller_id integer;
begin
	select c.outcome, c.id into outcome, caller_id from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	delete from sessions s where s.id = which and s.user_id = caller_id;
	if not found then
		outcome := 'session_not_found';
		return;
	end if;

	perform audit_note(subject, 'end_session', caller_id, null, null);
end
$$;
