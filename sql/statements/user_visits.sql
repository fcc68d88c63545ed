-- GET /users/me/visits
-- $1 the caller, $2 skip, $3 limit
--
-- As in room_list.sql: what is skipped is not looked up.
select
	case when c.outcome = 'ok' and v.user_id is null then 'empty' else c.outcome end as outcome,
	v.room_id, v.room_name,
	v.user_id, v.identity, v.session, v.joined_at, v.left_at, v.seconds, v.leave_reason
from caller($1) c
left join lateral (
	select visit.*, page.joined_at as at
	from (
		select p.participant_sid, p.joined_at
		from visits p
		where p.user_id = c.id
		order by p.joined_at, p.participant_sid
		offset $2::bigint
		limit $3::bigint
	) page
	cross join lateral (
		select a.*
		from answer_visit a
		where a.participant_sid = page.participant_sid
		offset 0
	) visit
) v on c.outcome = 'ok'
order by v.at, v.participant_sid
