#include <sys/socket.h>

#include <string.h>

#include <kore/kore.h>

#include "http/connections.h"
#include "limits/peers.h"
#include "settings.h"
#include "tls/tls.h"

#define DRAIN_SIZE	16384	/* octets of a request that is not served */

/* In c->flags, of which Kore uses the lower ones. */
#define CONN_COUNTED	0x0100
#define CONN_LIMITED	0x0200	/* and so is its address */

/* Why somebody was turned away; the order is that of the words in metrics.c. */
enum refusal {
	REFUSAL_NONE,
	REFUSAL_ADDRESS,
	REFUSAL_FULL
};

static enum refusal	let_in(struct connection *);
static void		turn_away(struct connection *, enum refusal);

static int	at_most;

void
connections_worker_init(int most)
{
	at_most = most;
	metric_set(METRIC_connections_limit, (uint64_t)most);
}

/* As kore_connection_accept() makes it; that would ask the kernel five times. */
void
connection_begin(struct listener *listener, int fd, const void *from,
    size_t len)
{
	struct connection	*c;
	enum refusal		refusal;

	c = kore_connection_new(listener);
	c->fd = fd;
	c->family = listener->family;
	memcpy(&c->addr, from, len < sizeof(c->addr) ? len : sizeof(c->addr));
	c->handle = kore_connection_handle;
	TAILQ_INSERT_TAIL(&connections, c, list);
	worker_active_connections++;

	if (listener->server->tls) {
		c->state = CONN_STATE_TLS_SHAKE;
		c->write = net_write_tls;
		c->read = net_read_tls;
		c->disconnect = connection_left;
		tls_handshake_await(c);
	} else {
		c->state = CONN_STATE_ESTABLISHED;
		c->write = net_write;
		c->read = net_read;
		kore_runtime_connect(listener->connect, c);
	}
	kore_connection_start_idletimer(c);

	if ((refusal = let_in(c)) != REFUSAL_NONE) {
		turn_away(c, refusal);
		return;
	}
	c->flags |= CONN_COUNTED;
	metric_add(METRIC_connections, connection_listener(c), 0, 1);
	metric_add(METRIC_connections_accepted_total, connection_listener(c),
	    0, 1);
	kore_platform_event_all(c->fd, c);
}

/* All of the world's come from a proxy's address, and those are counted there. */
static enum refusal
let_in(struct connection *c)
{
	struct address	peer;

	if (worker_active_connections > (u_int32_t)at_most)
		return (REFUSAL_FULL);
	if (settings->connections_per_address == 0 ||
	    connection_listener(c) == LISTENER_METRICS)
		return (REFUSAL_NONE);

	address_of_peer(&peer, c);
	if (address_is_trusted(&peer))
		return (REFUSAL_NONE);
	if (!peers_enter(peer.octets, address_prefix(&peer),
	    settings->connections_per_address))
		return (REFUSAL_ADDRESS);
	c->flags |= CONN_LIMITED;

	return (REFUSAL_NONE);
}

/*
 * Says why, where that costs nothing; over TLS a handshake would come first.
 * What has come of a request already is read, or closing would be a reset that
 * overtakes the answer.
 */
static void
turn_away(struct connection *c, enum refusal refusal)
{
	static const char	answer[] = "HTTP/1.1 429 Too Many Requests\r\n"
	    "Content-Type: application/json\r\nContent-Length: 30\r\n"
	    "Retry-After: 10\r\nConnection: close\r\n\r\n"
	    "{\"detail\":\"Too many requests\"}";
	char			drain[DRAIN_SIZE];

	metric_add(METRIC_connections_refused_total,
	    refusal == REFUSAL_ADDRESS ? 0 : 1, 0, 1);
	if (!c->owner->server->tls) {
		(void)send(c->fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
		(void)shutdown(c->fd, SHUT_WR);
		(void)recv(c->fd, drain, sizeof(drain), MSG_DONTWAIT);
	}
	kore_connection_disconnect(c);
}

void
connection_left(struct connection *c)
{
	struct address	peer;

	if (c->flags & CONN_LIMITED) {
		c->flags &= (u_int16_t)~CONN_LIMITED;
		address_of_peer(&peer, c);
		peers_leave(peer.octets, address_prefix(&peer));
	}
	if (!(c->flags & CONN_COUNTED))
		return;

	c->flags &= (u_int16_t)~CONN_COUNTED;
	metric_add(METRIC_connections, connection_listener(c), 0, -1);
}

void
address_of_peer(struct address *address, const struct connection *c)
{
	const void	*from = &c->addr;

	address_of_socket(address, from);
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
