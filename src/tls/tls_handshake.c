#include <sys/queue.h>
#include <sys/socket.h>

#include <openssl/async.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "http/connections.h"
#include "log.h"
#include "tls/tls.h"
#include "tls/tls_context.h"
#include "tls/tls_keys.h"
#include "tls/tls_server.h"
#include "tls/tls_sign.h"
#include "tls/tls_socket.h"

#define HANDSHAKE_MS	10000	/* for all of it, however slow the client */
#define ASKED_MAX	128	/* signatures asked for and not yet given */
#define ACTIVE_MS	2000
#define FOLLOWS_MS	200	/* a request comes so soon after */
#define LOG_EVERY_MS	1000

/*
 * A handshake runs inside an ASYNC job of OpenSSL, a stack of its own. When it
 * needs a signature the job asks the key manager and pauses; SSL_accept then
 * returns, and the answer has it called again.
 */
enum handshake_state {
	HANDSHAKE_RUNS,		/* or waits for the client */
	HANDSHAKE_QUEUED,	/* too many signatures are asked for already */
	HANDSHAKE_ASKED		/* paused until the key manager answers */
};

struct handshake {
	enum handshake_state	state;
	int			aborted;
	struct connection	*c;
	uint64_t		started;
	uint64_t		cookie;
	uint8_t			*out;		/* the paused job's own */
	size_t			size;
	size_t			len;
	TAILQ_ENTRY(handshake)	list;
};

TAILQ_HEAD(handshake_list, handshake);

static void	handshake_event(void *, int);
static int	handshake_begin(struct connection *);
static int	handshake_run(struct connection *);
static int	handshake_drive(struct handshake *);
static int	handshake_done(struct handshake *);
static int	handshake_default(struct connection *);
static void	handshake_abort(struct connection *);
static void	handshake_next(void);
static void	answers_read(void *, int);
static void	answer_take(const struct tls_sign_answer *);
static void	chain_taken(struct kore_msg *, const void *);
static void	loop_wake(void *, u_int64_t);
static void	complain(const char *);

/* What Kore's event loop calls; its layout is Kore's. */
static struct {
	struct kore_event	evt;
	int			fd;
} link_event;

static struct handshake_list	asked = TAILQ_HEAD_INITIALIZER(asked);
static struct handshake_list	queued = TAILQ_HEAD_INITIALIZER(queued);
static struct handshake		*driven;
static int			asked_count, worker_slot = -1;
static uint64_t			last_cookie, last_done;

void
tls_worker_init(void)
{
	char	error[TLS_ERROR_MAX];

	if (tls_server.domain == NULL)
		return;

	worker_slot = worker->id - 1;
	last_cookie = (uint64_t)worker->pid << 32;
	link_event.fd = tls_links_keep(worker_slot);
	link_event.evt.type = KORE_TYPE_CONNECTION;
	link_event.evt.handle = answers_read;
	kore_platform_event_level_read(link_event.fd, &link_event);

	tls_server.domain->ssl_ctx = tls_context_new(tls_server.chain.pem,
	    tls_server.chain.len, error, sizeof(error));
	if (tls_server.domain->ssl_ctx == NULL)
		fatalx("tls: %s", error);
	kore_msg_register(TLS_MSG_CHAIN, chain_taken);
	kore_timer_add(loop_wake, LOG_EVERY_MS, NULL, 0);

	tls_links.alive[worker_slot] = 1;
	(void)atexit(tls_worker_drained);
}

void
tls_worker_drained(void)
{
	if (worker_slot != -1)
		tls_links.alive[worker_slot] = 0;
}

int
tls_worker_active(void)
{
	struct connection	*c;
	uint64_t		now;

	now = kore_time_ms();
	if (now < last_done + FOLLOWS_MS)
		return (1);
	TAILQ_FOREACH(c, &connections, list) {
		if (c->state == CONN_STATE_TLS_SHAKE &&
		    now < c->idle_timer.start + ACTIVE_MS)
			return (1);
	}

	return (0);
}

/* Kore looks at the timers of connections only when its loop turns. */
static void
loop_wake(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;
}

/* A new chain from the parent; the key manager has its key already. */
static void
chain_taken(struct kore_msg *msg, const void *data)
{
	SSL_CTX	*ctx;
	char	error[TLS_ERROR_MAX];

	ctx = tls_context_new(data, msg->length, error, sizeof(error));
	if (ctx == NULL) {
		log_error("tls", "the old certificate stays: %s", error);
		return;
	}

	/* Handshakes under way hold a reference to the old one. */
	SSL_CTX_free(tls_server.domain->ssl_ctx);
	tls_server.domain->ssl_ctx = ctx;
}

/* Kore's own handshake can neither pause nor be given a deadline. */
void
tls_handshake_await(struct connection *c)
{
	c->handle = handshake_begin;
	c->evt.handle = handshake_event;
	c->idle_timer.length = HANDSHAKE_MS;
}

/*
 * Not Kore's: that ends a connection whose client has shut its sending side,
 * while the bytes before that may hold the whole of its request.
 */
static void
handshake_event(void *arg, int error)
{
	struct connection	*c = arg;

	(void)error;
	if (c->state == CONN_STATE_TLS_SHAKE && !c->handle(c))
		kore_connection_disconnect(c);
}

static int
handshake_begin(struct connection *c)
{
	struct handshake	*h;

	/* That it can be sent something is known before it has spoken. */
	if (!(c->evt.flags & KORE_EVENT_READ))
		return (KORE_RESULT_OK);
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return (KORE_RESULT_ERROR);
	c->ssl = SSL_new(tls_server.domain->ssl_ctx);
	if (c->ssl == NULL || !tls_socket_attach(c) ||
	    SSL_set_app_data(c->ssl, c) != 1) {
		free(h);
		return (KORE_RESULT_ERROR);
	}
	SSL_set_accept_state(c->ssl);
	SSL_set_mode(c->ssl, SSL_MODE_ASYNC);

	h->c = c;
	h->started = c->idle_timer.start;
	c->hdlr_extra = h;
	c->handle = handshake_run;
	c->disconnect = handshake_abort;

	return (handshake_run(c));
}

/* The client sent something, or can be sent something. */
static int
handshake_run(struct connection *c)
{
	struct handshake	*h = c->hdlr_extra;

	if (h->state != HANDSHAKE_RUNS)
		return (KORE_RESULT_OK);
	if (asked_count >= ASKED_MAX) {
		h->state = HANDSHAKE_QUEUED;
		TAILQ_INSERT_TAIL(&queued, h, list);
		return (KORE_RESULT_OK);
	}

	return (handshake_drive(h));
}

static int
handshake_drive(struct handshake *h)
{
	int	ret;

	ERR_clear_error();
	driven = h;
	ret = SSL_accept(h->c->ssl);
	driven = NULL;
	if (ret == 1)
		return (handshake_done(h));

	switch (SSL_get_error(h->c->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
	case SSL_ERROR_WANT_ASYNC:
		return (KORE_RESULT_OK);
	default:
		return (KORE_RESULT_ERROR);
	}
}

/* From here the connection is Kore's again, as after its own handshake. */
static int
handshake_done(struct handshake *h)
{
	struct connection	*c = h->c;

	free(h);
	last_done = kore_time_ms();
	SSL_clear_mode(c->ssl, SSL_MODE_ASYNC);
	c->hdlr_extra = NULL;
	c->disconnect = NULL;
	c->handle = kore_connection_handle;
	c->evt.handle = kore_connection_event;
	c->idle_timer.length = KORE_IDLE_TIMER_MAX;
	kore_connection_start_idletimer(c);

	if (c->owner->connect == NULL)
		return (handshake_default(c));
	kore_runtime_connect(c->owner->connect, c);

	return (KORE_RESULT_OK);
}

static int
handshake_default(struct connection *c)
{
	c->proto = CONN_PROTO_HTTP;
	if (http_keepalive_time != 0)
		c->idle_timer.length = http_keepalive_time * 1000;
	net_recv_queue(c, http_header_max, NETBUF_CALL_CB_ALWAYS,
	    http_header_recv);
	c->state = CONN_STATE_ESTABLISHED;

	return (kore_connection_handle(c));
}

/*
 * The connection ends before its handshake did. A paused job cannot be freed,
 * only run to its end: it is told that there is no signature.
 */
static void
handshake_abort(struct connection *c)
{
	struct handshake	*h = c->hdlr_extra;

	h->aborted = 1;
	switch (h->state) {
	case HANDSHAKE_QUEUED:
		TAILQ_REMOVE(&queued, h, list);
		break;
	case HANDSHAKE_ASKED:
		if (kore_time_ms() >= c->idle_timer.start + TLS_ANSWER_MS)
			complain("the key manager does not answer");
		TAILQ_REMOVE(&asked, h, list);
		asked_count--;
		h->len = 0;
		ERR_clear_error();
		(void)SSL_accept(c->ssl);
		break;
	case HANDSHAKE_RUNS:
		break;
	}
	free(h);
	c->hdlr_extra = NULL;
	connection_left(c);
}

size_t
tls_sign_remote(const uint8_t *key, uint32_t operation, const uint8_t *data,
    size_t len, uint8_t *out, size_t size)
{
	struct tls_sign_request	req;
	struct handshake	*h = driven;

	if (h == NULL || h->aborted || len > sizeof(req.data) ||
	    ASYNC_get_current_job() == NULL)
		return (0);

	req.cookie = ++last_cookie;
	req.operation = operation;
	req.len = (uint32_t)len;
	memcpy(req.key, key, sizeof(req.key));
	memcpy(req.data, data, len);
	if (send(link_event.fd, &req,
	    offsetof(struct tls_sign_request, data) + len,
	    MSG_DONTWAIT | MSG_NOSIGNAL) == -1) {
		complain(errno_s);
		return (0);
	}

	h->cookie = req.cookie;
	h->out = out;
	h->size = size;
	h->len = 0;
	h->state = HANDSHAKE_ASKED;
	TAILQ_INSERT_TAIL(&asked, h, list);
	asked_count++;
	h->c->idle_timer.start = kore_time_ms();
	h->c->idle_timer.length = TLS_ANSWER_MS;

	/* Back in the event loop, until answer_take or handshake_abort. */
	if (ASYNC_pause_job() != 1)
		return (0);

	return (h->len);
}

static void
answers_read(void *arg, int error)
{
	struct tls_sign_answer	answer;
	ssize_t			len;
	size_t			head;

	(void)arg;
	(void)error;
	head = offsetof(struct tls_sign_answer, data);
	for (;;) {
		len = recv(link_event.fd, &answer, sizeof(answer),
		    MSG_DONTWAIT);
		if (len <= 0)
			break;
		if ((size_t)len >= head && answer.len <= sizeof(answer.data) &&
		    (size_t)len == head + answer.len)
			answer_take(&answer);
	}
	handshake_next();
}

static void
answer_take(const struct tls_sign_answer *answer)
{
	struct handshake	*h;
	struct connection	*c;

	/* Almost always the first: they are answered in order. */
	TAILQ_FOREACH(h, &asked, list) {
		if (h->cookie == answer->cookie)
			break;
	}
	if (h == NULL)
		return;

	TAILQ_REMOVE(&asked, h, list);
	asked_count--;
	if (answer->len == 0)
		complain("the key manager refuses to sign");
	if (answer->len <= h->size) {
		memcpy(h->out, answer->data, answer->len);
		h->len = answer->len;
	}

	c = h->c;
	h->state = HANDSHAKE_RUNS;
	c->idle_timer.start = h->started;
	c->idle_timer.length = HANDSHAKE_MS;
	if (!handshake_drive(h))
		kore_connection_disconnect(c);
}

static void
handshake_next(void)
{
	struct handshake	*h;
	struct connection	*c;

	while (asked_count < ASKED_MAX &&
	    (h = TAILQ_FIRST(&queued)) != NULL) {
		TAILQ_REMOVE(&queued, h, list);
		h->state = HANDSHAKE_RUNS;
		c = h->c;
		if (!handshake_drive(h))
			kore_connection_disconnect(c);
	}
}

/* Once a second: a storm must not become one in the log. */
static void
complain(const char *what)
{
	static uint64_t	last;
	uint64_t	now;

	now = kore_time_ms();
	if (now - last < LOG_EVERY_MS)
		return;
	last = now;
	log_error("tls", "a handshake failed: %s", what);
}
