-- GET /rooms/
-- $1 the caller, $2 skip (nothing is found beyond a million: the walk would be
-- too long), $3 limit, $4 whether the newest come first, $5 only those behind
-- this number, or NULL
--
-- The index finds the page, then only its creators and seats are looked up, not
-- those of rooms that are skipped. What `answer_room_listed' shows is written
-- out so that a room is read once. `offset 0' has two uses: the caller is judged
-- once, not for each room, and a creator is looked up: the planner takes a page
-- for a tenth of all rooms and would come to join whole tables.
select
	case when c.outcome = 'ok' and r.id is null then 'empty' else c.outcome end as outcome,
	r.*
from (select outcome from caller($1) offset 0) c
left join lateral (
	select
		page.*,
		(
			select count(*)
			from room_participants p
			where p.room_id = page.id and p.is_connected
		) as participants_count,
		u.*
	from (
		(
			select a.*
			from answer_room a
			where a.is_active and not $4::boolean and $2::bigint <= 1000000
				and a.id > coalesce($5::bigint, 0)
			order by a.id
			offset $2::bigint
			limit $3::bigint
		)
		union all
		(
			select a.*
			from answer_room a
			where a.is_active and $4::boolean and $2::bigint <= 1000000
				and a.id < coalesce($5::bigint, 9223372036854775807)
			order by a.id desc
			offset $2::bigint
			limit $3::bigint
		)
	) page
	cross join lateral (
		select l.*
		from answer_creator l
		where l."creator.id" = page.creator_id
		offset 0
	) u
) r on c.outcome = 'ok'
order by case when $4::boolean then -r.id else r.id end
