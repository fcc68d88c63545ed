-- Compares what LiveKit says of a room with what we believe, and mends the
-- latter both ways: a webhook may have been lost. Gives a row for every repair.
create or replace function livekit_repair(
	of_room		text,
	answer		json,
	asked_at	timestamptz,
	seat_timeout	interval
)
returns table (repair text, identity text, participant_sid text)
language plpgsql
as $$
declare
	room rooms;
	seen record;
	lost record;
begin
	select r.* into room from rooms r where r.room_id = of_room for no key update;
	-- Something that is no answer is not taken for an empty room.
	if not found or json_typeof(answer) <> 'object' then
		return;
	end if;

	-- Protobuf's JSON has two spellings, and numbers of 64 bits are strings in it.
	for seen in
		select
			p.sid, p.identity, p.state, u.id as person, v.participant_sid as known, v.left_at,
			coalesce(
				to_timestamp(coalesce(
					nullif(coalesce(p.joined_at_ms, p."joinedAtMs"), '0')::double precision / 1000,
					nullif(coalesce(p.joined_at, p."joinedAt"), '0')::double precision
				)),
				asked_at
			) as joined_at
		from json_to_recordset(answer -> 'participants') as p (
			sid text, identity text, state text,
			joined_at text, joined_at_ms text, "joinedAt" text, "joinedAtMs" text
		)
		join users u on u.username = p.identity
		left join visits v on v.participant_sid = p.sid
		where p.state = 'ACTIVE'
	loop
		if seen.left_at < asked_at - interval '5 seconds' then
			update visits v set left_at = null, leave_reason = null where v.participant_sid = seen.sid;
			repair := 'still connected';
		elsif seen.known is null then
			repair := 'joined unseen';
		else
			repair := null;
		end if;

		if seen.left_at is null or repair is not null then
			perform livekit_visit(room, seen.person, seen.sid, null, seen.joined_at, null, null);
		end if;
		if repair is not null then
			identity := seen.identity;
			participant_sid := seen.sid;
			return next;
		end if;
	end loop;

	for lost in
		update visits v
		set
			left_at = greatest(
				coalesce((select c.finished_at from calls c where c.session = v.session), asked_at), v.joined_at
			),
			leave_reason = 'RECONCILED'
		from users u
		where v.room_id = room.id and v.left_at is null and v.joined_at < asked_at - interval '5 seconds'
			and u.id = v.user_id
			and not exists (
				select from calls c
				where c.session = v.session and c.finished_at >= asked_at - interval '1 minute'
			)
			and not exists (
				select from json_to_recordset(answer -> 'participants') as p (sid text, state text)
				where p.sid = v.participant_sid and p.state <> 'DISCONNECTED'
			)
		returning v.participant_sid as sid, u.username, u.id
	loop
		perform settle_seat(room.id, lost.id);
		repair := 'left unseen';
		identity := lost.username;
		participant_sid := lost.sid;
		return next;
	end loop;

	for lost in
		update room_participants p
		set promised_at = null
		from users u
		where p.room_id = room.id and p.is_connected and p.promised_at < now() - seat_timeout and u.id = p.user_id
		returning u.username, u.id
	loop
		perform settle_seat(room.id, lost.id, 'timeout');
		if not exists (
			select from room_participants p
			where p.room_id = room.id and p.user_id = lost.id and p.is_connected
		) then
			repair := 'seat not taken';
			identity := lost.username;
			participant_sid := null;
			return next;
		end if;
	end loop;

	perform livekit_tracks(answer);
end
$$;
