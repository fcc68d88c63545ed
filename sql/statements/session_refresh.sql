-- POST /auth/refresh
-- $1 the client (no caller), $2 family and $3 hash of the refresh token, $4 hash of
-- the next one, $5 user agent, $6 seconds of an access token, $7 of an idle
-- session, $8 of any session
select outcome, username, session, expires_in, lasts
from refresh_session(
	$1, $2::bytea, $3::bytea, $4::bytea, $5,
	make_interval(secs => $6::double precision), make_interval(secs => $7::double precision),
	make_interval(secs => $8::double precision)
)
