#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "data/blob.h"
#include "data/hex.h"
#include "data/spares.h"
#include "export.h"
#include "http/connections.h"
#include "http/endpoint.h"
#include "http/exchange.h"
#include "http/intake.h"
#include "http/reply.h"
#include "http/route.h"
#include "identity/hashing.h"
#include "livekit/ask.h"

static struct exchange	*exchange_get(void);
static void	exchange_put(struct exchange *);
static struct span	kore_head(const struct route *);
static void	head_copy(struct exchange *, const struct head *, const char *);
static void	span_move(struct span *, const char *, const char *, size_t);
static void	id_choose(struct exchange *);
static void	id_random(char *);
static void	address_find(struct exchange *, const struct connection *);
static void	query_done(struct query *);
static void	statement_done(struct exchange *);
static void	request_freed(struct http_request *);

/* Kore's page handler of every route, found by name. */
EXPORTED int	exchange_page(struct http_request *);

#define KORE_HEAD		"GET %s HTTP/1.1\r\nhost: *\r\n\r\n"
#define ID_OCTETS		8
#define IDS_MADE		64	/* ids whose octets are drawn at once */

static int		runnable;	/* requests woken or made */
static struct exchange	*spares;	/* each begins with the next one */
static int		nspares;

struct exchange *
exchange_new(struct intake *intake, const struct head *head,
    const char *buffer)
{
	struct exchange	*x;
	struct timespec	now;

	x = exchange_get();
	memset(x, 0, offsetof(struct exchange, head));
	x->intake = intake;
	arena_init(&x->arena);
	buffer_init(&x->body);
	buffer_init(&x->out);
	buffer_init(&x->extra);
	head_copy(x, head, buffer);
	id_choose(x);
	address_find(x, intake_connection(x));
	x->tls = intake_connection(x)->ssl != NULL;
	x->listener = connection_listener(intake_connection(x));
	x->close = !x->head.keep_alive;
	x->next = endpoint_begin;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	x->started = (uint64_t)now.tv_sec * 1000000 +
	    (uint64_t)now.tv_nsec / 1000;
	metric_add(METRIC_http_requests_in_flight, 0, 0, 1);

	return (x);
}

void
exchange_free(struct exchange *x)
{
	metric_add(METRIC_http_requests_in_flight, 0, 0, -1);
	query_cancel(&x->query);
	hashing_forget(x);
	livekit_ask_forget(x);
	buffer_cleanup(&x->body);
	buffer_cleanup(&x->out);
	blob_release(x->blob);
	buffer_cleanup(&x->extra);
	arena_cleanup(&x->arena);
	explicit_bzero(x, offsetof(struct exchange, head));
	exchange_put(x);
}

/* Those that have ended serve again. */
static struct exchange *
exchange_get(void)
{
	struct exchange	*x = spares;

	if (x != NULL) {
		spares = *(struct exchange **)(void *)x;
		nspares--;
	} else if ((x = malloc(sizeof(*x))) == NULL) {
		fatal("exchange_get: out of memory");
	}

	return (x);
}

static void
exchange_put(struct exchange *x)
{
	if (nspares < SPARES_MAX) {
		*(struct exchange **)(void *)x = spares;
		spares = x;
		nspares++;
		return;
	}
	free(x);
}

/*
 * Kore gets a head in its own terms: the route's path as it was registered,
 * which stands for all of its methods, and no body (that stays here). Its list
 * of requests then runs us.
 */
void
exchange_dispatch(struct exchange *x)
{
	struct connection	*c = intake_connection(x);
	struct http_request	*req, *last;
	struct netbuf		nb;
	struct span		head;

	x->method_allowed = route_find(&x->arena, x->head.method, x->head.path,
	    &x->route, x->path_params) == ROUTE_FOUND;
	head = kore_head(x->route);

	/* Kore cuts it in pieces, keeps it and frees it. */
	memset(&nb, 0, sizeof(nb));
	nb.owner = c;
	nb.buf = kore_malloc(head.len);
	memcpy(nb.buf, head.data, head.len);
	nb.s_off = nb.b_len = nb.m_len = head.len;
	if (!http_header_recv(&nb))
		fatal("Kore refused a head of ours");

	/* The one before it may still stand there, answered. */
	last = NULL;
	TAILQ_FOREACH(req, &c->http_requests, olist)
		last = req;
	if (last == NULL || last->hdlr_extra != NULL)
		fatal("Kore made no request of a head of ours");

	last->hdlr_extra = x;
	last->flags |= HTTP_REQUEST_RETAIN_EXTRA;
	last->onfree = request_freed;
	x->req = last;
	runnable++;
}

/* The head of a route, NULL for what has none; made when first asked for. */
static struct span
kore_head(const struct route *route)
{
	static struct span	*heads;
	struct span		*head;
	size_t			size;
	char			*text;
	int			len;

	if (heads == NULL)
		heads = kore_calloc(nroutes + 1, sizeof(*heads));
	head = &heads[route == NULL ? nroutes : (size_t)(route - routes)];
	if (head->data == NULL) {
		/* The host is spelled as Kore's domain: nothing to match. */
		size = sizeof(KORE_HEAD) + 256;
		text = kore_malloc(size);
		len = snprintf(text, size, KORE_HEAD,
		    route == NULL ? "/{unknown}" : route->path);
		if (len < 0 || (size_t)len >= size)
			fatal("a route's path is too long");
		head->data = text;
		head->len = (size_t)len;
	}

	return (*head);
}

int
exchange_page(struct http_request *req)
{
	struct exchange	*x = req->hdlr_extra;
	page_step	*next = x->next;

	x->next = NULL;
	next(x);

	if (x->status == 0 && x->next == NULL)
		reply_outcome(x, OUTCOME_internal);

	return (x->status != 0 ? KORE_RESULT_OK : KORE_RESULT_RETRY);
}

void
exchange_query(struct exchange *x, page_step *next,
    enum statement_id statement, int nparams, const char *const *params)
{
	query_cancel(&x->query);
	x->query.statement = statement;
	x->query.nparams = nparams;
	memcpy(x->query.params, params, (size_t)nparams * sizeof(*params));
	x->query.binary = 0;
	x->query.done = query_done;
	x->query.arg = x;
	x->next = next;

	http_request_sleep(x->req);
	query_start(&x->query);
}

void
exchange_statement(struct exchange *x, page_step *next,
    enum statement_id statement, int nparams, const char *const *params)
{
	exchange_query(x, statement_done, statement, nparams, params);
	x->then = next;

	/* Cheaper on both sides; pages and row_csv() read text. */
	x->query.binary = next == reply_statement && x->route->csv == NULL;
}

/* The pages see only results; what kept one from coming is answered here. */
static void
statement_done(struct exchange *x)
{
	if (x->query.result == QUERY_OK)
		x->then(x);
	else
		reply_outcome(x, reply_query_outcome(x));
}

static void
query_done(struct query *query)
{
	exchange_wake(query->arg);
}

void
exchange_wake(struct exchange *x)
{
	http_request_wakeup(x->req);
	runnable++;
}

int
exchange_runnable(void)
{
	int	was = runnable;

	runnable = 0;

	return (was);
}

static void
request_freed(struct http_request *req)
{
	struct exchange	*x = req->hdlr_extra;

	if (x == NULL)
		return;
	req->hdlr_extra = NULL;
	exchange_free(x);
}

static void
head_copy(struct exchange *x, const struct head *head, const char *buffer)
{
	const char	*copy;
	size_t		i;

	memcpy(&x->head, head, offsetof(struct head, fields) +
	    head->nfields * sizeof(head->fields[0]));
	if (buffer == NULL)
		return;

	copy = arena_strndup(&x->arena, buffer, head->size);
	span_move(&x->head.path, buffer, copy, head->size);
	span_move(&x->head.query, buffer, copy, head->size);
	span_move(&x->head.host, buffer, copy, head->size);
	for (i = 0; i < head->nfields; i++) {
		span_move(&x->head.fields[i].name, buffer, copy, head->size);
		span_move(&x->head.fields[i].value, buffer, copy, head->size);
	}
}

static void
span_move(struct span *span, const char *from, const char *to, size_t size)
{
	if (span->data >= from && span->data <= from + size)
		span->data = to + (span->data - from);
}

/* The client's own X-Request-Id when it is harmless, else a random one. */
static void
id_choose(struct exchange *x)
{
	static const char	allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	const struct span	*given;

	given = head_field(&x->head, "x-request-id");
	if (given != NULL && given->len > 0 && given->len <= EXCHANGE_ID_MAX) {
		memcpy(x->id, given->data, given->len);
		x->id[given->len] = '\0';
		if (strspn(x->id, allowed) == given->len)
			return;
	}

	id_random(x->id);
}

static void
id_random(char *out)
{
	static unsigned char	octets[IDS_MADE * ID_OCTETS];
	static size_t		used = sizeof(octets);

	if (used == sizeof(octets)) {
		if (RAND_bytes(octets, sizeof(octets)) != 1)
			fatal("no random numbers");
		used = 0;
	}

	hex_write(out, octets + used, ID_OCTETS);
	used += ID_OCTETS;
}

static void
address_find(struct exchange *x, const struct connection *c)
{
	struct address	peer;

	address_of_peer(&peer, c);
	address_of_client(&x->client, &peer, &x->head);
	address_print(&x->client, x->address);
}
