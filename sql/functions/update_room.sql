-- Changes what of a room was given; its creator alone may.
create or replace function update_room(
	subject				text,
	ref				text,
	name_given			boolean,
	new_name			text,
	description_given		boolean,
	new_description			text,
	max_participants_given		boolean,
	new_max_participants		integer,
	opens_at_given			boolean,
	new_opens_at			timestamptz,
	closes_at_given			boolean,
	new_closes_at			timestamptz,
	max_minutes_given		boolean,
	new_max_minutes			integer,
	out outcome			text,
	out room			answer_room
)
language plpgsql
as $$
declare
	commanded record;
	found_room rooms;
begin
	select m.* into commanded from command_room(subject, ref, 'not_creator_update') m;
	outcome := commanded.outcome;
	found_room := commanded.room;
	if outcome <> 'ok' then
		return;
	end if;

	begin
		update rooms r
		set
			name = case when name_given then new_name else r.name end,
			description = case when description_given then new_description else r.description end,
			max_participants =
				case when max_participants_given then new_max_participants else r.max_participants end,
			opens_at = case when opens_at_given then new_opens_at else r.opens_at end,
			closes_at = case when closes_at_given then new_closes_at else r.closes_at end,
			max_minutes = case when max_minutes_given then new_max_minutes else r.max_minutes end,
			updated_at = now()
		where r.id = found_room.id;
	exception when check_violation then
		outcome := 'closes_too_early';
		return;
	end;

	if opens_at_given or closes_at_given or max_minutes_given then
		perform arm_room(found_room.id);
	end if;
	select a.* into room from answer_room a where a.id = found_room.id;
end
$$;
