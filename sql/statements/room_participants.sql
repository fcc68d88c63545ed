-- GET /rooms/{room_id}/participants, for everybody who may ask: who has a seat,
-- in the order they came. When that was an adopted database may not know; it is 0
-- then, as in LiveKit.
-- $1 the room's number or name
select
	case
		when r.id is null then 'room_not_found'
		when p.id is null then 'empty'
		else 'ok'
	end as outcome,
	u.username as identity,
	u.username as name,
	coalesce(v.participant_sid, '') as sid,
	case when isfinite(p.joined_at) then floor(extract(epoch from p.joined_at))::bigint else 0 end as joined_at,
	case when v.participant_sid is null then 'JOINING' else 'ACTIVE' end as state,
	u.id as user_id,
	(
		select coalesce(json_agg(json_build_object('sid', t.track_sid, 'source', t.source, 'muted', t.muted)
			order by t.track_sid), '[]')
		from tracks t
		where t.participant_sid = v.participant_sid and not t.is_gone
	) as tracks
from (select) one
left join room_by_ref($1) r on true
left join room_participants p on p.room_id = r.id and p.is_connected
left join users u on u.id = p.user_id
left join lateral (
	select o.participant_sid
	from visits o
	left join calls s on s.session = o.session
	where o.room_id = p.room_id and o.user_id = p.user_id and o.left_at is null and s.finished_at is null
	order by o.joined_at desc
	limit 1
) v on true
order by p.id
