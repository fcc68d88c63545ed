-- Switches an account off or on again, for administrators.
create or replace function set_active(
	subject			text,
	of_user			integer,
	active			boolean,
	out outcome		text,
	out account		answer_user
)
language plpgsql
as $$
declare
	caller_id integer;
	is_admin boolean;
	switched record;
begin
	select c.outcome, c.id, c.is_admin into outcome, caller_id, is_admin from caller(subject) c;
	if outcome <> 'ok' then
		return;
	elsif not is_admin then
		outcome := 'not_admin';
		return;
	end if;

	select s.* into switched from switch_account(subject, caller_id, of_user, active) s;
	outcome := switched.outcome;
	account := switched.account;
end
$$;
