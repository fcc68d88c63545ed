-- GET /rooms/{room_id}/visits
-- $1 the caller, $2 the room's number or name, $3 skip, $4 limit
--
-- As in room_list.sql: what is skipped is not looked up.
select
	case when s.outcome = 'ok' and v.user_id is null then 'empty' else s.outcome end as outcome,
	v.user_id, v.identity, v.session, v.joined_at, v.left_at, v.seconds, v.leave_reason
from seen_room($1, $2, 'not_creator_visits') s
left join lateral (
	select visit.*, page.joined_at as at
	from (
		select p.participant_sid, p.joined_at
		from visits p
		where p.room_id = s.id
		order by p.joined_at, p.participant_sid
		offset $3::bigint
		limit $4::bigint
	) page
	cross join lateral (
		select a.*
		from answer_visit a
		where a.participant_sid = page.participant_sid
		offset 0
	) visit
) v on s.outcome = 'ok'
order by v.at, v.participant_sid
