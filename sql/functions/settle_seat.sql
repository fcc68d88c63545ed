-- Brings a person's seat in a room in line with what is known: it is held while
-- a connection is open, or a token was promised and not yet used. All of it
-- follows from the visits and the promise, so the order of events is nothing.
create or replace function settle_seat(
	of_room		integer,
	of_user		integer,
	why_closed	text default 'disconnected'
)
returns void
language plpgsql
as $$
declare
	seat room_participants;
	open_since timestamptz;
	last_joined timestamptz;
	last_left timestamptz;
begin
	select p.* into seat
	from room_participants p
	where p.room_id = of_room and p.user_id = of_user
	order by p.id desc
	limit 1
	for update;

	select
		min(v.joined_at) filter (where v.left_at is null and c.finished_at is null),
		max(v.joined_at),
		max(coalesce(v.left_at, c.finished_at))
	into open_since, last_joined, last_left
	from visits v
	left join calls c on c.session = v.session
	where v.room_id = of_room and v.user_id = of_user;

	if seat.id is null then
		if last_joined is null then
			return;
		end if;
		insert into room_participants (room_id, user_id, joined_at, left_at, is_connected, closed_by)
		values (
			of_room, of_user, coalesce(open_since, last_joined),
			case when open_since is null then last_left end,
			open_since is not null,
			case when open_since is null then why_closed end
		);
	elsif seat.closed_by in ('left', 'removed', 'banned', 'deleted', 'ended') then
		-- Decided here; LiveKit is being told.
		return;
	elsif open_since is not null then
		update room_participants p
		set is_connected = true, joined_at = open_since, left_at = null, closed_by = null
		where p.id = seat.id
			and (p.is_connected is not true or p.joined_at is distinct from open_since);
	elsif seat.promised_at is null then
		update room_participants p
		set
			is_connected = false,
			joined_at = coalesce(last_joined, p.joined_at),
			left_at = coalesce(last_left, p.left_at, now()),
			closed_by = coalesce(p.closed_by, why_closed)
		where p.id = seat.id;
	end if;
end
$$;
