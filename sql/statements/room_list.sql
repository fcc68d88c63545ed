-- GET /rooms/, for everybody who may ask
-- $1 skip (nothing is found beyond a million: the walk would be too long),
-- $2 limit, $3 whether the newest come first, $4 only those behind this number,
-- or NULL
--
-- The index finds the page, then only its creators and seats are looked up, not
-- those of rooms that are skipped. What `answer_room_listed' shows is written
-- out so that a room is read once. `offset 0' has a creator looked up: the
-- planner takes a page for a tenth of all rooms and would come to join whole
-- tables.
select
	case when r.id is null then 'empty' else 'ok' end as outcome,
	r.*
from (select) one
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
			where a.is_active and not $3::boolean and $1::bigint <= 1000000
				and a.id > coalesce($4::bigint, 0)
			order by a.id
			offset $1::bigint
			limit $2::bigint
		)
		union all
		(
			select a.*
			from answer_room a
			where a.is_active and $3::boolean and $1::bigint <= 1000000
				and a.id < coalesce($4::bigint, 9223372036854775807)
			order by a.id desc
			offset $1::bigint
			limit $2::bigint
		)
	) page
	cross join lateral (
		select l.*
		from answer_creator l
		where l."creator.id" = page.creator_id
		offset 0
	) u
) r on true
order by case when $3::boolean then -r.id else r.id end
