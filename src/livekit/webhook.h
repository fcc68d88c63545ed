#ifndef PARLEY_LIVEKIT_WEBHOOK_H
#define PARLEY_LIVEKIT_WEBHOOK_H

#include <time.h>

#include "data/arena.h"
#include "data/value.h"

/* What is used of an event; texts are NULL when it does not have them. */
enum webhook_field {
	WEBHOOK_ID,
	WEBHOOK_EVENT,
	WEBHOOK_CREATED_AT,	/* Unix seconds */
	WEBHOOK_ROOM,
	WEBHOOK_SESSION,	/* the room's sid */
	WEBHOOK_IDENTITY,
	WEBHOOK_PARTICIPANT,	/* its sid */
	WEBHOOK_JOINED_AT,	/* Unix milliseconds */
	WEBHOOK_REASON,
	WEBHOOK_TRACK,
	WEBHOOK_TRACK_SOURCE,
	WEBHOOK_TRACK_MUTED,
	WEBHOOK__MAX
};

/*
 * Whether a webhook is LiveKit's own: its Authorization header is a token
 * signed with our secret, of our key, in its time, that carries the hash of
 * just this body (livekit/protocol webhook/verifier.go). A participant's join
 * token is signed with the same secret and has no hash: it is refused.
 */
int	webhook_verify(struct arena *, struct span authorization,
	    struct span body, time_t now) MUST_CHECK;

/*
 * Picks the fields out of an event (protobuf's JSON, either spelling, numbers
 * as numbers or strings). An event without an id is given one by its content.
 */
void	webhook_read(struct arena *, const struct value *event,
	    struct span body, time_t now, const char *fields[WEBHOOK__MAX]);

#endif
