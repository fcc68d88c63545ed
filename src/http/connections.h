#ifndef PARLEY_HTTP_CONNECTIONS_H
#define PARLEY_HTTP_CONNECTIONS_H

#include "http/address.h"
#include "metrics/metrics.h"

/*
 * Every connection of a client from its accept(2) to its end, its TLS
 * handshake included. Needs --wrap=kore_connection_accept at link time.
 */
struct connection;

/* The name of the server that METRICS_LISTEN has for itself. */
#define SERVER_METRICS	"metrics"

/*
 * Once a worker, with how many it is to have at most. Returns what Kore is to
 * be told.
 */
int	connections_worker_init(int most);

/* Its other end. */
void	address_of_peer(struct address *, const struct connection *);

/* Where it came in. */
enum metric_listener	connection_listener(const struct connection *);

/*
 * It ends: to be called once, by whatever function is its disconnect callback
 * at that time (or to be that callback).
 */
void	connection_left(struct connection *);

#endif
