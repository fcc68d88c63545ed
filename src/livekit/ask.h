#ifndef PARLEY_LIVEKIT_ASK_H
#define PARLEY_LIVEKIT_ASK_H

#include "http/exchange.h"

/*
 * What a page does when it needs LiveKit's answer: a step like a query. The
 * exchange sleeps, the worker goes on; a client that leaves takes the question
 * with it.
 */

/*
 * Calls `livekit.RoomService/METHOD' as the room's administrator. next runs
 * with what LiveKit answered, in x->answer; an answer that is no success ends
 * the request: 404, 502, 503 or 504. The body is copied.
 */
void	livekit_ask(struct exchange *, page_step *next, const char *method,
	    const char *room, const struct buffer *body);

/* The exchange is going away: nobody waits for the answer any more. */
void	livekit_ask_forget(struct exchange *);

#endif
