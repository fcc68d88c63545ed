#ifndef PARLEY_HTTP_OCTETS_H
#define PARLEY_HTTP_OCTETS_H

#include <stddef.h>

#include "data/span.h"

struct connection;
struct blob;

/*
 * Reads what a connection has, plain or TLS, into a buffer, in the terms of
 * Kore's net_recv_flush(): KORE_RESULT_OK with *bytes above 0, or with the
 * connection's READ flag taken away when there is no more for now; *ended is
 * set when there will never be more, which Kore's own readers take for the end
 * of the connection; *drained, when what comes next has an event of its own, so
 * that there is no need to ask. KORE_RESULT_ERROR when it is broken.
 */
int	octets_read(struct connection *, void *, size_t size, size_t *bytes,
	    int *ended, int *drained);

/*
 * A connection's write: as much of what is queued first as the socket takes,
 * where Kore's give it 8 KB at a time.
 */
int	octets_write(struct connection *, size_t, size_t *written);

/*
 * Writes octets at once, if nothing waits before them, and queues a copy of
 * what the socket does not take. A broken one is left to net_send_flush().
 */
void	octets_send_now(struct connection *, struct span);

/*
 * Queues octets that stay where they are until they are sent: those of a blob,
 * which is held until then, or (NULL) such as last as long as the process.
 */
void	octets_send(struct connection *, struct span, struct blob *);

#endif
