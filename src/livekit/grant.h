#ifndef PARLEY_LIVEKIT_GRANT_H
#define PARLEY_LIVEKIT_GRANT_H

#include <stddef.h>
#include <time.h>

#include "data/span.h"
#include "data/value.h"

#define GRANT_MAX	2048	/* octets of a token, NUL included */

/* What the room is to be like, should this token make it. */
#define GRANT_EMPTY_TIMEOUT	300	/* seconds until nobody came */
#define GRANT_DEPARTURE_TIMEOUT	20	/* seconds after the last has left */

/*
 * What LiveKit takes as proof: a JSON Web Token, HS256, signed with the API
 * secret (livekit/protocol auth/accesstoken.go, auth/grants.go).
 */
struct join_grant {
	const char	*room;		/* the room's name in LiveKit */
	const char	*identity;	/* also the name that is shown */
	long		max_participants; /* 0: no ceiling of LiveKit's own */
	/* Members of rooms.permissions, with the sources in lower case; NULL:
	 * everything that anybody may do. */
	const struct value	*permission;
};

/*
 * The token that lets somebody into one room, valid from a few seconds ago for
 * LIVEKIT_TOKEN_TTL_SECONDS. It carries the room's limits, which LiveKit
 * applies when this join makes the room. Returns 0 when it does not fit.
 */
int	grant_join(const struct join_grant *, time_t now, char *out,
	    size_t size) MUST_CHECK;

/* What a call of ours to LiveKit needs: never more than one of these. */
enum service_grant {
	GRANT_ROOM_CREATE,	/* also to delete */
	GRANT_ROOM_LIST,
	GRANT_ROOM_ADMIN	/* of the one room */
};

/*
 * The token of one call of ours, good for a minute. It never leaves the
 * servers. Returns 0 when it does not fit.
 */
int	grant_service(enum service_grant, const char *room, time_t now,
	    char *out, size_t size) MUST_CHECK;

#endif
