-- Bans somebody from a room and removes them at once. Saying it again changes
-- nothing but the reason.
create or replace function ban_user(
	subject			text,
	ref			text,
	name			text,
	why			text,
	out outcome		text,
	out username		text,
	out reason		text,
	out created_at		timestamptz
)
language plpgsql
as $$
declare
	commanded record;
	room rooms;
	person integer;
	is_new boolean;
begin
	select m.* into commanded from command_room(subject, ref, 'not_moderator') m;
	outcome := commanded.outcome;
	room := commanded.room;
	if outcome <> 'ok' then
		return;
	end if;

	select u.id, u.username into person, ban_user.username from users u where u.username = name;
	if not found then
		outcome := 'user_not_found';
		return;
	end if;

	insert into bans as b (room_id, user_id, reason)
	values (room.id, person, why)
	on conflict (room_id, user_id) do update set reason = coalesce(excluded.reason, b.reason)
	returning b.reason, b.created_at, xmax = 0 into ban_user.reason, ban_user.created_at, is_new;

	perform expel(room.id, person, 'banned');
	perform audit_note(subject, 'ban', commanded.caller_id, person, room.id);
	if is_new then
		outcome := 'created';
	end if;
end
$$;
