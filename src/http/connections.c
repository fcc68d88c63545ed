#include <string.h>

#include <kore/kore.h>

#include "http/connections.h"
#include "tls/tls.h"

#define CONN_COUNTED	0x0100	/* in c->flags; Kore uses the lower ones */

int	__real_kore_connection_accept(struct listener *,
	    struct connection **);
int	__wrap_kore_connection_accept(struct listener *,
	    struct connection **);

/* (Kore has called our connect callback when it comes back.) */
int
__wrap_kore_connection_accept(struct listener *listener,
    struct connection **out)
{
	struct connection	*c;

	if (!__real_kore_connection_accept(listener, out))
		return (KORE_RESULT_ERROR);
	if ((c = *out) == NULL)
		return (KORE_RESULT_OK);

	if (listener->server->tls) {
		c->disconnect = connection_left;
		tls_handshake_await(c);
	}
	c->flags |= CONN_COUNTED;
	metric_add(METRIC_connections, connection_listener(c), 0, 1);
	metric_add(METRIC_connections_accepted_total, connection_listener(c),
	    0, 1);

	return (KORE_RESULT_OK);
}

void
connection_left(struct connection *c)
{
	if (!(c->flags & CONN_COUNTED))
		return;

	c->flags &= (u_int16_t)~CONN_COUNTED;
	metric_add(METRIC_connections, connection_listener(c), 0, -1);
}

enum metric_listener
connection_listener(const struct connection *c)
{
	const struct kore_server	*server = c->owner->server;

	if (server->tls)
		return (LISTENER_HTTPS);

	return (strcmp(server->name, SERVER_METRICS) == 0 ?
	    LISTENER_METRICS : LISTENER_HTTP);
}
