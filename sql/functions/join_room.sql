-- Gives the caller a seat: at most one a person, never more than the room has.
-- The room's row is locked, so that of many who come for the last seat one gets
-- it. Who has a seat keeps it.
create or replace function join_room(
	subject				text,
	ref				text,
	out outcome			text,
	out room_name			text,
	out max_participants		integer
)
language plpgsql
as $$
declare
	caller_id integer;
	room rooms;
begin
	select c.outcome, c.id into outcome, caller_id from caller(subject) c;
	if outcome <> 'ok' then
		return;
	end if;

	select r.* into room
	from rooms r
	where r.id = (select n.id from room_by_ref(ref) n)
	for no key update;
	if not found then
		outcome := 'room_not_found';
		return;
	elsif room.is_active is not true then
		outcome := 'room_inactive';
		return;
	end if;
	if exists (select from bans b where b.room_id = room.id and b.user_id = caller_id) then
		outcome := 'banned_from_room';
		return;
	end if;
	if room.opens_at > now() then
		outcome := 'room_not_open';
		return;
	elsif room.closes_at <= now() then
		outcome := 'room_closed';
		return;
	end if;
	room_name := room.room_id;
	max_participants := greatest(coalesce(room.max_participants, 50), 0);

	-- Who is being sent out for having come without a seat has none.
	update room_participants p
	set promised_at = now()
	where p.room_id = room.id and p.user_id = caller_id and p.is_connected
		and not exists (
			select from outbox o
			where o.action = 'remove_participant' and o.room_id = room.id and coalesce(o.user_id, 0) = caller_id
		);
	if found then
		return;
	elsif room_is_full(room, caller_id) then
		outcome := 'room_full';
		return;
	end if;

	-- What was to send them out is not to meet them when they are back.
	delete from outbox o
	where o.action = 'remove_participant' and o.room_id = room.id and coalesce(o.user_id, 0) = caller_id;
	insert into room_participants (room_id, user_id, joined_at, is_connected, promised_at)
	values (room.id, caller_id, now(), true, now())
	on conflict (room_id, user_id) where is_connected do update set promised_at = now();
end
$$;
