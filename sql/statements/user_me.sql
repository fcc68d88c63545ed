-- GET /auth/me
-- $1 the caller's username
select
	c.outcome,
	c.username, c.email, c.full_name, c.id, c.is_active, c.created_at, c.updated_at,
	c.is_admin
from caller($1) c
