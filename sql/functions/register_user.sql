-- Makes an account. The unique constraints decide who was first; which of them
-- it was is looked up afterwards, in a new snapshot: hence plpgsql.
create or replace function register_user(
	new_username		text,
	new_email		text,
	new_hashed_password	text,
	new_full_name		text,
	out outcome		text,
	out account		answer_user
)
language plpgsql
as $$
declare
	made integer;
begin
	insert into users (username, email, hashed_password, full_name, is_active)
	values (new_username, new_email, new_hashed_password, new_full_name, true)
	on conflict do nothing
	returning id into made;

	if found then
		outcome := 'ok';
		select a.* into account from answer_user a where a.id = made;
	elsif exists (select from users u where u.email = new_email) then
		outcome := 'email_taken';
	else
		outcome := 'username_taken';
	end if;
end
$$;
