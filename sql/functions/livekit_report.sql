-- Takes in one webhook: idempotent by its id, right in whatever order they come.
-- An event of a room or a person we do not know changes nothing.
create or replace function livekit_report(
	event_id		text,
	event			text,
	at			timestamptz,
	room_name		text,
	session_sid		text,
	identity		text,
	visit_sid		text,
	visit_joined_at		timestamptz,
	reason			text,
	of_track		text,
	track_source		text,
	track_muted		boolean,
	out outcome		text
)
language plpgsql
as $$
declare
	room rooms;
	person integer;
begin
	outcome := 'ok';

	insert into livekit_events (id) values (event_id) on conflict do nothing;
	if not found then
		return;
	end if;

	-- One at a time for a room: what follows counts on nobody else at work.
	select r.* into room from rooms r where r.room_id = room_name for no key update;
	if not found then
		return;
	end if;

	if session_sid is not null then
		insert into calls (session, room_id, started_at, finished_at)
		values (
			session_sid, room.id,
			case when event = 'room_started' then at end,
			case when event = 'room_finished' then at end
		)
		on conflict (session) do update
		set
			started_at = least(calls.started_at, excluded.started_at),
			finished_at = least(calls.finished_at, excluded.finished_at)
		where excluded.started_at is not null or excluded.finished_at is not null;
	end if;

	if room.max_minutes is not null and event in ('room_started', 'room_finished') then
		perform arm_room(room.id);
	end if;

	if event = 'room_finished' then
		perform settle_seat(room.id, v.user_id)
		from (select distinct user_id from visits where session = session_sid) v;
		return;
	elsif event = 'room_started' and (room.is_active is not true or room.closes_at <= now()) then
		perform livekit_errand('delete_room', room.id, null);
		return;
	end if;

	select u.id into person from users u where u.username = identity;
	if not found or visit_sid is null then
		return;
	end if;

	if event in ('participant_joined', 'participant_left', 'participant_connection_aborted') then
		perform livekit_visit(
			room, person, visit_sid, session_sid, coalesce(visit_joined_at, at),
			case when event <> 'participant_joined' then at end, reason
		);
	elsif event in ('track_published', 'track_unpublished') and of_track is not null then
		insert into tracks (track_sid, participant_sid, source, muted, is_gone)
		values (
			of_track, visit_sid, coalesce(track_source, 'UNKNOWN'), coalesce(track_muted, false),
			event = 'track_unpublished'
		)
		on conflict (track_sid) do update
		set is_gone = tracks.is_gone or excluded.is_gone;
	end if;
end
$$;
