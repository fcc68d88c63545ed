-- Takes somebody's seat away, if they have one, and has LiveKit disconnect them
-- if they are connected or may be any moment. Whether there was anything to do.
create or replace function expel(
	of_room		integer,
	of_user		integer,
	why		text
)
returns boolean
language plpgsql
as $$
declare
	had_seat boolean;
begin
	update room_participants p
	set is_connected = false, left_at = now(), closed_by = why, promised_at = null
	where p.id = (
		select s.id
		from room_participants s
		where s.room_id = of_room and s.user_id = of_user
		order by s.id desc
		limit 1
	) and (p.is_connected or why = 'banned')
	returning p.is_connected is not null into had_seat;

	had_seat := coalesce(had_seat, false) or exists (
		select from visits v where v.room_id = of_room and v.user_id = of_user and v.left_at is null
	);
	if had_seat then
		perform livekit_errand('remove_participant', of_room, of_user);
	end if;

	return had_seat;
end
$$;
