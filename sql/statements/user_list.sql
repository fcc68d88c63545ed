-- GET /users/
-- $1 the caller, $2 skip (nothing is found beyond a million: the walk would be
-- too long), $3 limit, $4 whether those are asked for that are switched off,
-- $5 only those behind this number, or NULL
select
	case
		when c.outcome <> 'ok' then c.outcome
		when $4::boolean and not c.is_admin then 'not_admin'
		when u.id is null then 'empty'
		else 'ok'
	end as outcome,
	u.*
from (select outcome, is_admin from caller($1) offset 0) c
left join lateral (
	(
		select *
		from answer_user
		where is_active and not $4::boolean and $2::bigint <= 1000000 and id > coalesce($5::bigint, 0)
		order by id
		offset $2::bigint
		limit $3::bigint
	)
	union all
	(
		select *
		from answer_user
		where not is_active and $4::boolean and c.is_admin and $2::bigint <= 1000000
			and id > coalesce($5::bigint, 0)
		order by id
		offset $2::bigint
		limit $3::bigint
	)
) u on c.outcome = 'ok'
order by u.id
