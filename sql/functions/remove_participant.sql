-- Removes somebody from a room; a new join is allowed.
create or replace function remove_participant(
	subject			text,
	ref			text,
	identity		text,
	out outcome		text
)
language plpgsql
as $$
declare
	moderated record;
	room rooms;
	person integer;
begin
	select m.* into moderated from moderate_room(subject, ref) m;
	outcome := moderated.outcome;
	room := moderated.room;
	if outcome <> 'ok' then
		return;
	end if;

	select u.id into person from users u where u.username = identity;
	if not found or not expel(room.id, person, 'removed') then
		outcome := 'participant_not_found';
	end if;
end
$$;
