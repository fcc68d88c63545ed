#ifndef PARLEY_LIVEKIT_ROOM_SERVICE_H
#define PARLEY_LIVEKIT_ROOM_SERVICE_H

#include "data/buffer.h"
#include "livekit/grant.h"

/*
 * Calls to LiveKit's RoomService: Twirp, JSON over HTTP, on Kore's asynchronous
 * curl. Nothing here waits.
 */

enum service_result {
	SERVICE_OK,
	SERVICE_GONE,		/* LiveKit says: no such room or participant */
	SERVICE_REFUSED,	/* any other answer that is no success */
	SERVICE_UNREACHABLE,
	SERVICE_TIMEOUT
};

struct service_call;

/*
 * Told once, from the event loop. The body is LiveKit's answer and lives until
 * the function returns; on failure it is empty: LiveKit repeats tokens in some
 * of its errors.
 */
typedef void	service_done(void *arg, enum service_result, int status,
		    struct span body);

/*
 * Starts `livekit.RoomService/METHOD' with a JSON body, which is copied. room
 * is the one the grant is for, or NULL. Returns a handle for
 * room_service_forget(), or NULL when no call could be made: done is not called
 * then.
 */
struct service_call	*room_service_call(const char *method,
			    enum service_grant, const char *room,
			    const struct buffer *body, service_done *,
			    void *arg) MUST_CHECK;

/* Nobody waits for the call any more: done will not be called. */
void			room_service_forget(struct service_call *);

#endif
