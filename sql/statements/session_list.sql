-- GET /auth/sessions: where the caller is signed in, what was used last first.
-- $1 the caller's username
select
	case when c.outcome = 'ok' and s.id is null then 'empty' else c.outcome end as outcome,
	s.id, s.created_at, s.last_used_at, s.address, s.user_agent,
	coalesce(s.id = c.session, false) as current
from caller($1) c
left join sessions s on s.user_id = c.id and s.expires_at > now()
order by s.last_used_at desc, s.id
