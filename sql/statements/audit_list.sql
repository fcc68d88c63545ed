-- GET /audit: what was done last comes first.
-- $1 the caller, $2 skip, $3 limit, $4 action or NULL, $5 username or NULL: who did
-- it or to whom it was done
--
-- Of the four ways only the one that fits is gone, along its index.
select
	case
		when c.outcome <> 'ok' then c.outcome
		when not c.is_admin then 'not_admin'
		when e.id is null then 'empty'
		else 'ok'
	end as outcome,
	e.id, e.at, e.action,
	(select u.username from users u where u.id = e.actor_id) as actor,
	(select u.username from users u where u.id = e.target_id) as target,
	(select r.room_id from rooms r where r.id = e.room_id) as room,
	e.address, e.request_id
from caller($1) c
left join lateral (
	select way.*
	from (
		(
			select a.*
			from audit a
			where $4::text is null and $5::text is null
			order by a.id desc
			limit least($2::bigint, 1000000000) + $3::bigint
		)
		union all
		(
			select a.*
			from audit a
			where a.action = $4::text and $5::text is null
			order by a.id desc
			limit least($2::bigint, 1000000000) + $3::bigint
		)
		union all
		(
			select a.*
			from audit a
			where a.actor_id = (select u.id from users u where u.username = $5::text)
				and ($4::text is null or a.action = $4::text)
			order by a.id desc
			limit least($2::bigint, 1000000000) + $3::bigint
		)
		union all
		(
			select a.*
			from audit a
			where a.target_id = (select u.id from users u where u.username = $5::text)
				and a.actor_id is distinct from a.target_id
				and ($4::text is null or a.action = $4::text)
			order by a.id desc
			limit least($2::bigint, 1000000000) + $3::bigint
		)
	) way
	order by way.id desc
	offset $2::bigint
	limit $3::bigint
) e on c.outcome = 'ok' and c.is_admin
order by e.id desc
