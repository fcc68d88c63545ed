#ifndef PARLEY_HTTP_EXCHANGE_H
#define PARLEY_HTTP_EXCHANGE_H

#include <stdint.h>

#include "data/arena.h"
#include "data/buffer.h"
#include "data/fields.h"
#include "http/address.h"
#include "db/query.h"
#include "http/head.h"
#include "http/outcome.h"
#include "identity/token.h"
#include "limits/rate.h"
#include "metrics/metrics.h"
#include "work/threads.h"

/*
 * One request and its answer. Intake makes it when a whole request has come;
 * a page fills in the answer with reply_*(); it goes when the answer was sent
 * or the client is gone. Everything in its arena goes, wiped, with it.
 */

struct exchange;
struct http_request;
struct intake;
struct question;
struct route;
struct blob;

#define EXCHANGE_ID_MAX		64	/* of a request id that a client sent */
#define EXCHANGE_PATH_PARAMS	3
#define EXCHANGE_CHARGES	2

/* A step of a page: answers, or starts something that takes time. */
typedef void	page_step(struct exchange *);

/* What was taken from a bucket, and goes back unless the request fails. */
struct charge {
	enum rate_limit	limit;
	uint64_t	key;
	unsigned int	tokens;
};

struct exchange {
	struct intake		*intake;	/* NULL: the client is gone */
	struct http_request	*req;		/* Kore's vehicle */
	struct arena		arena;

	struct buffer		body;
	char			id[EXCHANGE_ID_MAX + 1];
	struct address		client;
	char			address[ADDRESS_TEXT];	/* the client's */
	int			tls;
	enum metric_listener	listener;
	uint64_t		started;	/* monotonic, in us */

	const struct route	*route;		/* NULL: no such path */
	int			method_allowed;
	struct span		path_params[EXCHANGE_PATH_PARAMS];

	struct token_claims	caller;		/* access user only */
	struct input		inputs[FIELDS_MAX];

	struct charge		charges[EXCHANGE_CHARGES];
	size_t			ncharges;

	page_step		*next;		/* what to do when it wakes up */
	page_step		*then;		/* when that came out well */
	struct query		query;		/* the one under way */
	void			*page;		/* the page's own, in the arena */
	struct password_work	*work;		/* in a thread; outlives us */
	struct question		*question;	/* to LiveKit: livekit_ask()'s */
	struct value		answer;		/* what LiveKit said */

	struct buffer		out;		/* the answer's body */
	struct blob		*blob;	/* or that, in out's place */
	struct buffer		extra;		/* more header lines */
	int			status;		/* above 0 once answered */
	int			close;		/* the connection ends with it */

	/* Last: only as much of it as is used is ever written or wiped. */
	struct head		head;
};

/*
 * Readies a new exchange with a copy of the head; buffer is where the head's
 * spans point into. Free it with exchange_free().
 */
struct exchange	*exchange_new(struct intake *, const struct head *,
		    const char *buffer);
void		exchange_free(struct exchange *);

/* Sends the request on its way, through Kore's request list. */
void		exchange_dispatch(struct exchange *);

/*
 * Starts a statement; the exchange sleeps and next runs when x->query holds
 * the result. Parameters must live in the arena.
 */
void		exchange_query(struct exchange *, page_step *next,
		    enum statement_id, int nparams, const char *const *params);

/* As exchange_query, but a database that cannot answer ends the request. */
void		exchange_statement(struct exchange *, page_step *next,
		    enum statement_id, int nparams, const char *const *params);

/* Wakes a sleeping exchange: its next step runs soon. */
void		exchange_wake(struct exchange *);

/* How many requests came to be run since the last call: no time to sleep. */
int		exchange_runnable(void);

#endif
