-- Gives the caller a seat: at most one a person, never more than the room has.
-- The room's row is locked, so that of many who come for the last seat one gets
-- it. Who has a seat keeps it.
create or replace function join_room(
	subject				text,
	ref				text,
	out outcome			text,
	out room_name			text,
	out max_participants		integer,
	out permission			jsonb
)
language plpgsql
as $$
declare
	caller_id integer;
	room rooms;
	is_banned boolean;
	is_sent_out boolean;
	seat integer;
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

	-- Who is being sent out for having come without a seat has none.
	select
		exists (select from bans b where b.room_id = room.id and b.user_id = caller_id),
		exists (
			select from outbox o
			where o.action = 'remove_participant' and o.room_id = room.id and coalesce(o.user_id, 0) = caller_id
		),
		(
			select p.id
			from room_participants p
			where p.room_id = room.id and p.user_id = caller_id and p.is_connected
		)
	into is_banned, is_sent_out, seat;
	if is_banned then
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
	if room.permissions is not null then
		permission := permission_of(room, caller_id);
	end if;

	if seat is not null and not is_sent_out then
		update room_participants p set promised_at = now() where p.id = seat and p.is_connected;
		if found then
			return;
		end if;
	end if;
	if room_is_full(room, caller_id) then
		outcome := 'room_full';
		return;
	end if;

	if is_sent_out then
		-- It is not to meet them when they are back.
		delete from outbox o
		where o.action = 'remove_participant' and o.room_id = room.id and coalesce(o.user_id, 0) = caller_id;
	end if;
	insert into room_participants (room_id, user_id, joined_at, is_connected, promised_at)
	values (room.id, caller_id, now(), true, now())
	on conflict (room_id, user_id) where is_connected do update set promised_at = now();
end
$$;
