-- Makes somebody an administrator, or takes that away.
create or replace function set_admin(
	subject			text,
	name			text,
	granted			boolean,
	out outcome		text
)
language plpgsql
as $$
declare
	person integer;
begin
	outcome := 'ok';

	update users u set is_admin = granted, updated_at = now() where u.username = name returning u.id into person;
	if not found then
		outcome := 'user_not_found';
		return;
	end if;

	perform audit_note(subject, case when granted then 'admin' else 'no_admin' end, null, person, null);
end
$$;
