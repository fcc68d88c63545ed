-- Makes a room. Eight hex digits meet now and then among many rooms, so a name
-- that is taken is drawn again.
create or replace function create_room(
	subject				text,
	new_name			text,
	new_description			text,
	new_max_participants		integer,
	new_opens_at			timestamptz,
	new_closes_at			timestamptz,
	new_max_minutes			integer,
	out outcome			text,
	out room			answer_room
)
language plpgsql
as $$
declare
	creator integer;
	made integer;
begin
	select c.outcome, c.id into outcome, creator from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	if new_closes_at <= new_opens_at then
		outcome := 'closes_too_early';
		return;
	end if;

	loop
		insert into rooms (
			name, room_id, description, creator_id, is_active, max_participants,
			opens_at, closes_at, max_minutes
		)
		values (
			new_name,
			'room_' || left(replace(gen_random_uuid()::text, '-', ''), 8),
			new_description, creator, true, new_max_participants,
			new_opens_at, new_closes_at, new_max_minutes
		)
		on conflict (room_id) do nothing
		returning id into made;
		exit when found;
	end loop;

	if new_closes_at is not null then
		perform arm_room(made);
	end if;
	select a.* into room from answer_room a where a.id = made;
end
$$;
