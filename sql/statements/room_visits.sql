-- GET /rooms/{room_id}/visits
-- $1 the caller, $2 the room's number or name, $3 skip, $4 limit
--
-- As in room_list.sql: what is skipped is not looked up.
select
	case
		when c.outcome <> 'ok' then c.outcome
		when r.id is null then 'room_not_found'
		when not may_command(c.id, c.is_admin, r.creator_id) then 'not_creator_visits'
		when v.user_id is null then 'empty'
		else 'ok'
	end as outcome,
	v.user_id, v.identity, v.session, v.joined_at, v.left_at, v.seconds, v.leave_reason
from caller($1) c
left join room_by_ref($2) r on true
left join lateral (
	select visit.*, page.joined_at as at
	from (
		select p.participant_sid, p.joined_at
		from visits p
		where p.room_id = r.id
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
) v on c.outcome = 'ok' and may_command(c.id, c.is_admin, r.creator_id)
order by v.at, v.participant_sid
