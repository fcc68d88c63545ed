-- Signs out: the session of a refresh token, or of the access token that came
-- instead. One that is over already is no error.
create or replace function end_session(
	subject			text,
	of_family		bytea,
	out outcome		text
)
language plpgsql
as $$
declare
	person integer;
begin
	outcome := 'ok';

	if of_family is not null then
		delete from sessions s where s.family = of_family returning s.user_id into person;
	else
		delete from sessions s where s.id = split_part(subject, E'\n', 2) returning s.user_id into person;
	end if;
	if found then
		perform audit_note(subject, 'logout', person, null, null);
	end if;
end
$$;
