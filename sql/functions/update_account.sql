-- Changes what of the caller's own account was given.
create or replace function update_account(
	subject				text,
	email_given			boolean,
	new_email			text,
	full_name_given			boolean,
	new_full_name			text,
	out outcome			text,
	out account			answer_user
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

	begin
		update users u
		set
			email = case when email_given then new_email else u.email end,
			full_name = case when full_name_given then new_full_name else u.full_name end,
			updated_at = now()
		where u.id = caller_id;
	exception when unique_violation then
		outcome := 'email_taken';
		return;
	end;

	select a.* into account from answer_user a where a.id = caller_id;
end
$$;
