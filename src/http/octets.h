#ifndef PARLEY_HTTP_OCTETS_H
#define PARLEY_HTTP_OCTETS_H

#include <stddef.h>

#include "data/span.h"

struct connection;

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

/* A connection's write, over TLS, in place of Kore's. */
int	octets_write_tls(struct connection *, size_t len, size_t *written);

/* Queues octets that stay where they are until they are sent: no copy. */
void	octets_send_lasting(struct connection *, struct span);

#endif
