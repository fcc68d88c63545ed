#ifndef PARLEY_HTTP_INTAKE_H
#define PARLEY_HTTP_INTAKE_H

#include "data/buffer.h"
#include "data/span.h"
#include "export.h"

/*
 * Intake stands between a connection and Kore: it reads the bytes, takes
 * requests apart as RFC 9112 says, refuses what is malformed or too large, and
 * hands whole requests on, one at a time. Kore's own parser (which answers
 * curl's `POST' without a length with an empty 411, drops the 26th header and
 * can be smuggled through) only ever sees what exchange_dispatch() writes.
 */

struct blob;
struct connection;
struct exchange;

/* Kore's connect callback of every listener, by name. */
EXPORTED void	intake_connect(struct connection *);

/* Once a worker: the timer for slow clients. */
void	intake_worker_init(void);

/*
 * Sends an answer and readies the connection for its next request, or ends it
 * when x->close is set. The head is sent or copied at once; the body stays
 * where it is, as octets_send() takes it.
 */
void	intake_send(struct exchange *, struct span head, struct span body,
	    struct blob *);

/* The connection of an exchange; NULL when it is gone. */
struct connection	*intake_connection(const struct exchange *);

/* Requests being received or served in this worker. */
unsigned int	intake_active(void);

/* From now on every answer closes its connection, idle ones at once. */
void	intake_drain(void);

/* Answers 503 to every request that is still being served. */
void	intake_give_up(void);

#endif
