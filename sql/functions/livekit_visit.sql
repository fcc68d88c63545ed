-- Notes that somebody came to a call or left it, and settles their seat. Who has
-- no right to be there is to be removed again: the banned, those who were switched
-- off, those who left or were removed and have taken no new token since, and
-- those whose seat was given back and is another's by now.
create or replace function livekit_visit(
	room		rooms,
	person		integer,
	sid		text,
	session_sid	text,
	came		timestamptz,
	went		timestamptz,
	reason		text
)
returns void
language plpgsql
as $$
declare
	seat room_participants;
	is_new boolean;
	is_open boolean;
	is_over boolean;
	permission jsonb;
begin
	-- They come to the millisecond and leave to the second.
	went := case when went is not null then greatest(went, came) end;

	insert into visits (participant_sid, room_id, user_id, session, joined_at, left_at, leave_reason)
	values (sid, room.id, person, session_sid, came, went, reason)
	on conflict (participant_sid) do update
	set
		session = coalesce(visits.session, excluded.session),
		joined_at = least(visits.joined_at, excluded.joined_at),
		left_at = greatest(visits.left_at, excluded.left_at),
		leave_reason = case
			when excluded.left_at is not null and (visits.left_at is null or excluded.left_at > visits.left_at)
			then excluded.leave_reason
			else visits.leave_reason
		end
	returning xmax = 0, left_at is null into is_new, is_open;

	select p.* into seat
	from room_participants p
	where p.room_id = room.id and p.user_id = person
	order by p.id desc
	limit 1;

	is_over := room.is_active is not true or coalesce(room.closes_at <= now(), false);
	if is_open and (
		is_over
		or not exists (select from users u where u.id = person and u.is_active)
		or exists (select from bans b where b.room_id = room.id and b.user_id = person)
		or (seat.closed_by in ('left', 'removed', 'banned', 'ended') and seat.is_connected is not true)
	) then
		perform livekit_errand(
			case when is_over then 'delete_room' else 'remove_participant' end,
			room.id, case when not is_over then person end
		);
		return;
	end if;

	-- A seat that was given back may be another's by now: the token that came
	-- with it does not make one more. They are there until LiveKit has done it.
	if is_new and is_open and seat.is_connected is not true and room_is_full(room, person)
		and seat.id is not null
		and not exists (select from calls c where c.session = session_sid and c.finished_at is not null)
	then
		perform livekit_errand('remove_participant', room.id, person);
	end if;

	-- A token that is older than what was decided allows more.
	if is_new and is_open and room.permissions is not null then
		permission := permission_of(room, person);
		if permission is not null then
			perform livekit_errand('update_participant', room.id, person);
		end if;
	end if;

	-- The first sign of a connection uses up the token it was made with.
	if is_new and seat.promised_at <= came + interval '5 seconds' then
		update room_participants p set promised_at = null where p.id = seat.id;
	end if;

	perform settle_seat(room.id, person);
	if is_new and room.max_minutes is not null then
		perform arm_room(room.id);
	end if;
end
$$;
