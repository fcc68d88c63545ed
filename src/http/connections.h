#ifndef PARLEY_HTTP_CONNECTIONS_H
#define PARLEY_HTTP_CONNECTIONS_H

#include <stddef.h>

#include "http/address.h"
#include "metrics/metrics.h"

/*
 * Every connection of a client from its accept(2) (spread.c) to its end, its
 * TLS handshake included.
 */
struct connection;
struct listener;

/* The name of the server that METRICS_LISTEN has for itself. */
#define SERVER_METRICS	"metrics"

/* Once a worker, with how many it is to have at most. */
void	connections_worker_init(int most);

/*
 * A client's socket, which does not block, is ours from here; from is its
 * address of len octets. Who is too many is turned away.
 */
void	connection_begin(struct listener *, int fd, const void *from,
	    size_t len);

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
