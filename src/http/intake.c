#include <sys/socket.h>
#include <sys/queue.h>

#include <poll.h>
#include <string.h>

#include <openssl/ssl.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "http/connections.h"
#include "http/exchange.h"
#include "http/intake.h"
#include "http/octets.h"
#include "http/reply.h"
#include "http/untaken.h"

#define INTAKE_READ_SIZE	(64 * 1024)
#define INTAKE_BODY_MAX		(1024 * 1024)
#define INTAKE_TICK_MS		250
#define INTAKE_IDLE_MS		60000

/* What a connection waits for; each has its own patience. */
enum intake_state {
	INTAKE_HEAD,		/* nothing of the next request yet, or a part */
	INTAKE_BODY,
	INTAKE_SERVING,		/* nothing is read: back-pressure */
	INTAKE_LINGERING,	/* answered; reads on until the client closes */
	INTAKE__STATES
};

static const u_int64_t patience[INTAKE__STATES] = {
	[INTAKE_HEAD] = 10000,
	[INTAKE_BODY] = 30000,
	[INTAKE_LINGERING] = 2000,
};

struct intake {
	struct connection	*c;
	enum intake_state	state;
	struct exchange		*exchange;	/* of BODY and SERVING */
	struct buffer		pending;	/* came, but is not used yet */
	size_t			scanned;	/* head_parse()'s memory */
	struct chunked		chunked;
	int			ended;		/* the client sends no more */
	int			hangup;		/* the kernel said so already */
	int			drained;	/* no need to ask for more */
	int			watched;	/* stands in a list of slow[] */
	u_int64_t		since;
	TAILQ_ENTRY(intake)	list;
	struct untaken		untaken;
};

TAILQ_HEAD(intake_list, intake);

static void	intake_event(void *, int);
static void	end_if_due(struct intake *);
static void	intake_disconnect(struct connection *);
static int	intake_receive(struct netbuf *);
static int	intake_read(struct connection *, size_t *);
static void	consume(struct intake *, const char *, size_t);
static size_t	consume_head(struct intake *, const char *, size_t);
static size_t	consume_body(struct intake *, const char *, size_t);
static int	body_begin(struct intake *);
static void	refuse(struct intake *, const struct head *, const char *,
		    int);
static void	serve(struct intake *);
static void	ready(struct intake *);
static void	linger(struct intake *);
static void	enter(struct intake *, enum intake_state);
static void	watch(struct intake *);
static void	unwatch(struct intake *);
static void	tick(void *, u_int64_t);

/* One for all connections: what a read brings is used up or copied at once. */
static u_int8_t			read_buffer[INTAKE_READ_SIZE];
static struct intake_list	slow[INTAKE__STATES];
static struct kore_pool		intake_pool;
static unsigned int		active;
static int			draining;

void
intake_worker_init(void)
{
	int	i;

	for (i = 0; i < INTAKE__STATES; i++)
		TAILQ_INIT(&slow[i]);
	kore_pool_init(&intake_pool, "intake", sizeof(struct intake), 512);
	(void)kore_timer_add(tick, INTAKE_TICK_MS, NULL, 0);
}

void
intake_connect(struct connection *c)
{
	struct intake	*in;

	in = kore_pool_get(&intake_pool);
	memset(in, 0, sizeof(*in));
	in->c = c;
	in->state = INTAKE_HEAD;
	buffer_init(&in->pending);

	c->hdlr_extra = in;
	c->disconnect = intake_disconnect;
	c->evt.handle = intake_event;
	c->read = intake_read;
	c->write = octets_write;
	c->proto = CONN_PROTO_HTTP;
	c->state = CONN_STATE_ESTABLISHED;
	c->idle_timer.length = INTAKE_IDLE_MS;
	c->http_timeout = 0;	/* Kore's own 408 has no body */

	/* Kore would ask that Host equals the SNI name; any may be served. */
	kore_free(c->tls_sni);
	c->tls_sni = NULL;

	net_recv_queue(c, 1, NETBUF_CALL_CB_ALWAYS, intake_receive);
	kore_free(c->rnb->buf);
	c->rnb->buf = read_buffer;
	c->rnb->b_len = sizeof(read_buffer);
	c->rnb->m_len = sizeof(read_buffer);

	/* The end of a handshake may have brought the request with it. */
	if (c->ssl != NULL) {
		c->evt.flags |= KORE_EVENT_READ;
		if (!net_recv_flush(c))
			kore_connection_disconnect(c);
		else if (c->state != CONN_STATE_DISCONNECTING)
			end_if_due(in);
	}
}

static void
intake_disconnect(struct connection *c)
{
	struct intake	*in = c->hdlr_extra;

	unwatch(in);
	untaken_end(&in->untaken);
	if (in->exchange != NULL) {
		in->exchange->intake = NULL;
		active--;
		/* Kore frees what it serves; what was still coming is ours. */
		if (in->state == INTAKE_BODY)
			exchange_free(in->exchange);
	}
	buffer_cleanup(&in->pending);
	kore_pool_put(&intake_pool, in);
	connection_left(c);

	c->hdlr_extra = NULL;
	c->rnb->buf = NULL;	/* Kore would free the shared one */
}

/*
 * Kore reports a client that only shut its sending side (EPOLLRDHUP) as an
 * error; its request must be answered all the same.
 */
static void
intake_event(void *arg, int error)
{
	struct connection	*c = arg;
	struct intake		*in = c->hdlr_extra;
	struct pollfd		pfd;

	if (c->state == CONN_STATE_DISCONNECTING)
		return;

	in->drained = 0;
	if (error) {
		in->hangup = 1;
		pfd.fd = c->fd;
		pfd.events = POLLIN;
		if (poll(&pfd, 1, 0) == -1 ||
		    (pfd.revents & (POLLERR | POLLHUP))) {
			kore_connection_disconnect(c);
			return;
		}
		c->evt.flags |= KORE_EVENT_READ;
	}

	if (!c->handle(c)) {
		kore_connection_disconnect(c);
		return;
	}
	if (c->state == CONN_STATE_DISCONNECTING)
		return;
	if (TAILQ_EMPTY(&c->send_queue))
		untaken_end(&in->untaken);

	/* It has taken all that was sent: what it asked for next is due. */
	if (in->state == INTAKE_HEAD && c->rnb->buf == NULL &&
	    TAILQ_EMPTY(&c->send_queue))
		ready(in);
	else
		end_if_due(in);
}

/* Closes what is answered, or will never ask anything more. */
static void
end_if_due(struct intake *in)
{
	struct connection	*c = in->c;

	if (in->state == INTAKE_LINGERING)
		linger(in);
	else if (in->ended && in->state != INTAKE_SERVING &&
	    TAILQ_EMPTY(&c->send_queue))
		kore_connection_disconnect(c);
}

/* What comes after a read that was not filled has an event of its own. */
static int
intake_read(struct connection *c, size_t *bytes)
{
	struct intake	*in = c->hdlr_extra;

	if (in->drained) {
		in->drained = 0;
		*bytes = 0;
		c->evt.flags &= ~KORE_EVENT_READ;
		return (KORE_RESULT_OK);
	}

	if (!octets_read(c, read_buffer, sizeof(read_buffer), bytes,
	    &in->ended, &in->drained))
		return (KORE_RESULT_ERROR);
	if (in->hangup)
		in->drained = 0;

	return (KORE_RESULT_OK);
}

static int
intake_receive(struct netbuf *nb)
{
	struct connection	*c = nb->owner;
	struct intake		*in = c->hdlr_extra;
	size_t			len;

	len = nb->s_off;
	nb->s_off = 0;

	if (in->state != INTAKE_LINGERING) {
		if (in->pending.len == 0) {
			consume(in, (const char *)nb->buf, len);
		} else {
			buffer_append(&in->pending, nb->buf, len);
			consume(in, NULL, 0);
		}
	}

	/* It may hold a password. */
	explicit_bzero(read_buffer, len);

	return (KORE_RESULT_OK);
}

/*
 * Takes requests from what came, or (data NULL) from what is pending, until
 * one is being served or more must come; keeps the rest.
 */
static void
consume(struct intake *in, const char *data, size_t len)
{
	struct connection	*c = in->c;
	size_t			used, n;
	int			kept;

	kept = data == NULL;
	if (kept) {
		data = in->pending.data;
		len = in->pending.len;
	}

	used = 0;
	while (used < len) {
		if (in->state == INTAKE_HEAD)
			n = consume_head(in, data + used, len - used);
		else if (in->state == INTAKE_BODY)
			n = consume_body(in, data + used, len - used);
		else
			break;
		/* A refusal may have ended it: in is gone then. */
		if (c->state == CONN_STATE_DISCONNECTING)
			return;
		if (n == 0)
			break;
		used += n;
	}

	if (in->state == INTAKE_LINGERING)
		buffer_cleanup(&in->pending);
	else if (kept)
		buffer_consume(&in->pending, used);
	else
		buffer_append(&in->pending, data + used, len - used);
}

static size_t
consume_head(struct intake *in, const char *data, size_t len)
{
	static struct head	head;
	enum head_result	result;

	result = head_parse(&head, data, len, &in->scanned);
	if (result == HEAD_MORE) {
		watch(in);
		return (0);
	}
	in->scanned = 0;

	if (result == HEAD_REFUSED) {
		refuse(in, &head, data, head.status);
		return (0);
	}

	in->exchange = exchange_new(in, &head, data);
	active++;
	if (draining)
		in->exchange->close = 1;

	if (!body_begin(in))
		return (head.size);
	if (head.chunked || head.length > 0)
		enter(in, INTAKE_BODY);
	else
		serve(in);

	return (head.size);
}

/* Refuses a body that is too long, asks for one that waits to be asked for. */
static int
body_begin(struct intake *in)
{
	static const char	go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct head		*head = &in->exchange->head;

	if (!head->chunked && head->length > INTAKE_BODY_MAX) {
		refuse(in, NULL, NULL, 413);
		return (0);
	}
	if (head->expect_continue && (head->chunked || head->length > 0)) {
		net_send_queue(in->c, go_on, sizeof(go_on) - 1);
		if (!net_send_flush(in->c))
			kore_connection_disconnect(in->c);
	}

	return (in->c->state != CONN_STATE_DISCONNECTING);
}

static size_t
consume_body(struct intake *in, const char *data, size_t len)
{
	struct exchange		*x = in->exchange;
	enum chunked_result	result;
	size_t			used, produced;

	if (!x->head.chunked) {
		used = x->head.length - x->body.len;
		if (used > len)
			used = len;
		buffer_append(&x->body, data, used);
		if (x->body.len == x->head.length)
			serve(in);
		return (used);
	}

	result = chunked_decode(&in->chunked, data, len, &used,
	    buffer_reserve(&x->body, len), &produced);
	x->body.len += produced;

	if (result == CHUNKED_REFUSED)
		refuse(in, NULL, NULL, 400);
	else if (x->body.len + in->chunked.left > INTAKE_BODY_MAX)
		refuse(in, NULL, NULL, 413);
	else if (result == CHUNKED_DONE)
		serve(in);

	return (used);
}

/*
 * Answers what will not be served and ends the connection. The head is given
 * when there is no exchange yet; as much of it is used as was understood.
 */
static void
refuse(struct intake *in, const struct head *head, const char *data,
    int status)
{
	struct connection	*c = in->c;
	struct exchange		*x = in->exchange;

	if (x == NULL) {
		x = in->exchange = exchange_new(in, head, data);
		active++;
	}
	x->close = 1;
	enter(in, INTAKE_SERVING);
	reply_outcome(x, outcome_of_status(status));

	/* Kore never knew it. */
	exchange_free(x);
	if (c->state != CONN_STATE_DISCONNECTING)
		(void)net_send_flush(c);
}

static void
serve(struct intake *in)
{
	memset(&in->chunked, 0, sizeof(in->chunked));
	enter(in, INTAKE_SERVING);
	in->c->rnb->buf = NULL;
	exchange_dispatch(in->exchange);
}

void
intake_send(struct exchange *x, struct span head, struct span body,
    struct blob *blob)
{
	struct intake		*in = x->intake;
	struct connection	*c;

	if (in == NULL)
		return;

	c = in->c;
	octets_send_now(c, head);
	if (body.len > 0)
		octets_send(c, body, blob);

	in->exchange = NULL;
	x->intake = NULL;
	active--;

	if (!net_send_flush(c)) {
		kore_connection_disconnect(c);
		return;
	}
	enter(in, x->close || draining ? INTAKE_LINGERING : INTAKE_HEAD);

	if (blob != NULL && !TAILQ_EMPTY(&c->send_queue))
		untaken_begin(&in->untaken, c, body.len);

	/* Who does not take an answer is not given another yet. */
	if (TAILQ_EMPTY(&c->send_queue) || in->state == INTAKE_LINGERING)
		ready(in);
}

/* Goes on with what came while the last request was served. */
static void
ready(struct intake *in)
{
	struct connection	*c = in->c;

	c->rnb->buf = read_buffer;
	c->rnb->s_off = 0;

	if (in->state == INTAKE_LINGERING) {
		buffer_cleanup(&in->pending);
		linger(in);
	} else if (in->pending.len > 0) {
		consume(in, NULL, 0);
	}
	if (c->state == CONN_STATE_DISCONNECTING || c->rnb->buf == NULL)
		return;

	if (!net_recv_flush(c))
		kore_connection_disconnect(c);
	else if (c->state != CONN_STATE_DISCONNECTING)
		end_if_due(in);
}

/*
 * Closing while the client still sends would reset the connection, and the
 * answer could be lost with it (RFC 9112 section 9.6): say that no more comes,
 * and read on for a while.
 */
static void
linger(struct intake *in)
{
	struct connection	*c = in->c;

	if (!TAILQ_EMPTY(&c->send_queue))
		return;

	if (in->ended) {
		kore_connection_disconnect(c);
		return;
	}
	if (!in->watched) {
		if (c->ssl != NULL)
			(void)SSL_shutdown(c->ssl);
		(void)shutdown(c->fd, SHUT_WR);
		watch(in);
	}
}

struct connection *
intake_connection(const struct exchange *x)
{
	return (x->intake == NULL ? NULL : x->intake->c);
}

unsigned int
intake_active(void)
{
	return (active);
}

void
intake_drain(void)
{
	struct connection	*c, *next;
	struct intake		*in;

	draining = 1;
	for (c = TAILQ_FIRST(&connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		if (c->proto != CONN_PROTO_HTTP || c->hdlr_extra == NULL)
			continue;
		in = c->hdlr_extra;
		if (in->exchange != NULL)
			in->exchange->close = 1;
		else if (in->state == INTAKE_HEAD && in->pending.len == 0)
			kore_connection_disconnect(c);
	}
}

void
intake_give_up(void)
{
	struct connection	*c, *next;
	struct intake		*in;

	for (c = TAILQ_FIRST(&connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, list);
		if (c->proto != CONN_PROTO_HTTP || c->hdlr_extra == NULL)
			continue;
		in = c->hdlr_extra;
		if (in->exchange != NULL && in->state == INTAKE_SERVING)
			reply_outcome(in->exchange, OUTCOME_shutting_down);
	}
}

static void
enter(struct intake *in, enum intake_state state)
{
	unwatch(in);
	in->state = state;
	if (state == INTAKE_BODY)
		watch(in);
}

/* Starts the patience of the state that the connection is in. */
static void
watch(struct intake *in)
{
	if (in->watched)
		return;
	in->watched = 1;
	in->since = kore_time_ms();
	TAILQ_INSERT_TAIL(&slow[in->state], in, list);
}

static void
unwatch(struct intake *in)
{
	if (!in->watched)
		return;
	in->watched = 0;
	TAILQ_REMOVE(&slow[in->state], in, list);
}

/* Each list is in the order of time: only its front can be overdue. */
static void
tick(void *arg, u_int64_t now)
{
	static const struct head	none = { .method = METHOD_GET };
	struct intake			*in;
	int				i;

	(void)arg;
	(void)now;	/* Kore's is older than what was noted since */

	for (i = 0; i < INTAKE__STATES; i++) {
		while ((in = TAILQ_FIRST(&slow[i])) != NULL &&
		    kore_time_ms() - in->since >= patience[i]) {
			unwatch(in);
			if (i == INTAKE_LINGERING)
				kore_connection_disconnect(in->c);
			else
				refuse(in, &none, NULL, 408);
		}
	}
}
