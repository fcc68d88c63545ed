-- Lifts a ban; whoever was banned may join again.
create or replace function unban_user(
	subject			text,
	ref			text,
	name			text,
	out outcome		text
)
language plpgsql
as $$
declare
	moderated record;
	room rooms;
begin
	select m.* into moderated from moderate_room(subject, ref) m;
	outcome := moderated.outcome;
	room := moderated.room;
	if outcome <> 'ok' then
		return;
	end if;

	delete from bans b
	using users u
	where b.room_id = room.id and b.user_id = u.id and u.username = name;
	if not found then
		outcome := 'ban_not_found';
	end if;
end
$$;
