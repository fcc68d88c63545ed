-- POST /auth/login: the password was right.
-- $1 the client (no caller yet), $2 username, $3 tokens_since as it was when the
-- password was read, $4 a better hash of it, $5 family and $6 hash of the refresh
-- token, $7 user agent, $8 seconds of an access token, $9 of an idle session, $10
-- of any session
select outcome, username, session, expires_in, lasts
from begin_session(
	$1, $2, $3::timestamptz, $4, $5::bytea, $6::bytea, $7,
	make_interval(secs => $8::double precision), make_interval(secs => $9::double precision),
	make_interval(secs => $10::double precision)
)
