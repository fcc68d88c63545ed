-- GET /rooms/
-- $1 the caller's username, $2 skip, $3 limit
--
-- The index finds the page, then only its rooms are looked up, not those that
-- are skipped. `offset 0' keeps that a look-up: the planner takes a page for a
-- tenth of all rooms and would come to join whole tables.
select
	case when c.outcome = 'ok' and r.id is null then 'empty' else c.outcome end as outcome,
	r.*
from caller($1) c
left join lateral (
	select listed.*
	from (
		select a.id
		from answer_room a
		where a.is_active
		order by a.id
		offset $2::bigint
		limit $3::bigint
	) page
	cross join lateral (
		select l.*
		from answer_room_listed l
		where l.id = page.id
		offset 0
	) listed
) r on c.outcome = 'ok'
order by r.id
