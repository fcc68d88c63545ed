-- DELETE /auth/sessions/{session_id}
-- $1 the caller's username, $2 the session's id
select outcome
from delete_session($1, $2)
