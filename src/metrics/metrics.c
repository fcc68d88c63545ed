#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <kore/kore.h>

#include <openssl/crypto.h>

#include "command.h"
#include "db/query.h"
#include "http/head.h"
#include "http/outcome.h"
#include "http/route.h"
#include "limits/rate.h"
#include "livekit/room_service.h"
#include "metrics/metrics.h"
#include "metrics/series.h"
#include "settings.h"

#define SLOT_ALIGNMENT	64	/* a cache line */
#define NODE_SLOT	0	/* workers have their id's */

#define WORDS(...)	(const char *const []){ __VA_ARGS__, NULL }

typedef _Atomic uint64_t	cell;

static size_t		words_count(const char *const *);
static size_t		routes_count(void);
static const char	*route_text(size_t);
static size_t		methods_count(void);
static const char	*method_text(size_t);
static size_t		statements_count(void);
static const char	*statement_text(size_t);
static size_t		place(const char *const *, const char *);
static cell		*slot(size_t);
static cell		*at(enum metric, size_t, size_t, size_t);
static void		add(cell *, int64_t);
static void		tally(enum metric, int);

/* In seconds and, for counting, in microseconds. */
const struct series_bucket series_buckets[SERIES_BUCKETS] = {
	{ "0.0005", 500 }, { "0.001", 1000 }, { "0.0025", 2500 },
	{ "0.005", 5000 }, { "0.01", 10000 }, { "0.025", 25000 },
	{ "0.05", 50000 }, { "0.1", 100000 }, { "0.25", 250000 },
	{ "0.5", 500000 }, { "1", 1000000 }, { "2.5", 2500000 },
	{ "5", 5000000 }, { "10", 10000000 }, { "+Inf", UINT64_MAX }
};

static const char *const calls[] = { "ListRooms", "ListParticipants",
			    "DeleteRoom", "RemoveParticipant",
			    "MutePublishedTrack", "UpdateParticipant",
			    "SendData", "other", NULL };
static const char *const repairs[] = { "still connected", "joined unseen",
			    "left unseen", "seat not taken", "other", NULL };

static const char *const limits[] = {
#define LIMIT_NAME(name)	#name,
	RATE_LIMITS(LIMIT_NAME)
#undef LIMIT_NAME
	NULL
};

/* A label's values: words, or as many as count() says with their text(). */
const struct series_label series_labels[LABEL__MAX] = {
	[LABEL_NONE] = { NULL, NULL, NULL, NULL },
	[LABEL_BUILD] = { "version", WORDS(PARLEY_VERSION), NULL, NULL },
	[LABEL_WORKER] = { "worker", WORDS(""), NULL, NULL },
	[LABEL_ROUTE] = { "route", NULL, routes_count, route_text },
	[LABEL_METHOD] = { "method", NULL, methods_count, method_text },
	[LABEL_STATUS] = { "status", NULL, status_count, status_text },
	[LABEL_LISTENER] = { "listener", WORDS("http", "https", "metrics"),
	    NULL, NULL },
	[LABEL_REASON] = { "reason", WORDS("address", "full"), NULL, NULL },
	[LABEL_LIMIT] = { "limit", limits, NULL, NULL },
	[LABEL_LOGIN] = { "result", WORDS("ok", "wrong", "inactive", "limited",
	    "other"), NULL, NULL },
	[LABEL_WEBHOOK] = { "result", WORDS("accepted", "refused", "malformed",
	    "failed"), NULL, NULL },
	[LABEL_STATEMENT] = { "statement", NULL, statements_count,
	    statement_text },
	/* enum query_result, enum service_result */
	[LABEL_QUERY] = { "result", WORDS("ok", "unavailable", "overloaded",
	    "unknown", "failed"), NULL, NULL },
	[LABEL_SERVICE] = { "result", WORDS("ok", "gone", "refused",
	    "unreachable", "timeout"), NULL, NULL },
	[LABEL_CALL] = { "method", calls, NULL, NULL },
	[LABEL_REPAIR] = { "kind", repairs, NULL, NULL },
};

const struct series series[METRIC__MAX] = {
#define METRIC_ROW(name, type, a, b, c, help)				\
	[METRIC_##name] = { #name, SERIES_##type,			\
	    { LABEL_##a, LABEL_##b, LABEL_##c }, help },
	METRICS(METRIC_ROW)
#undef METRIC_ROW
};

/* What an answer of some routes says beyond its status; the last row of each
   metric is for any other status. */
static const struct {
	enum metric	metric;
	int		status;
	size_t		place;
} results[] = {
	{ METRIC_logins_total, 200, 0 },
	{ METRIC_logins_total, 401, 1 },
	{ METRIC_logins_total, 400, 2 },
	{ METRIC_logins_total, 429, 3 },
	{ METRIC_logins_total, 0, 4 },
	{ METRIC_webhooks_total, 200, 0 },
	{ METRIC_webhooks_total, 401, 1 },
	{ METRIC_webhooks_total, 400, 2 },
	{ METRIC_webhooks_total, 0, 3 },
};

static cell	*memory;
static cell	*own;		/* this worker's slot */
static size_t	counts[LABEL__MAX];
static size_t	offsets[METRIC__MAX + 1];
static size_t	slot_cells;

size_t
series_label_count(enum series_label_id label)
{
	return (counts[label]);
}

const char *
series_label_text(enum series_label_id label, size_t i)
{
	const struct series_label	*row = &series_labels[label];

	return (row->words != NULL ? row->words[i] : row->text(i));
}

size_t
series_cells(enum metric metric)
{
	switch (series[metric].type) {
	case SERIES_HISTOGRAM:
		return (SERIES_BUCKETS + 1);
	case SERIES_SUMMARY:
		return (2);
	default:
		return (1);
	}
}

size_t
series_points(enum metric metric)
{
	const enum series_label_id	*labels = series[metric].labels;

	return (series_label_count(labels[0]) * series_label_count(labels[1]) *
	    series_label_count(labels[2]));
}

size_t
metrics_size(void)
{
	const struct series_label	*row;
	size_t				i;

	for (i = 0; i < LABEL__MAX; i++) {
		row = &series_labels[i];
		counts[i] = i == LABEL_NONE ? 1 : row->words != NULL ?
		    words_count(row->words) : row->count();
	}
	for (i = 0; i < METRIC__MAX; i++)
		offsets[i + 1] = offsets[i] +
		    series_points((enum metric)i) *
		    series_cells((enum metric)i);

	slot_cells = offsets[METRIC__MAX];
	while (slot_cells * sizeof(cell) % SLOT_ALIGNMENT != 0)
		slot_cells++;

	return (slot_cells * sizeof(cell) * ((size_t)settings->workers + 1));
}

void
metrics_attach(void *at_memory)
{
	memory = at_memory;
	own = slot(NODE_SLOT);
	metric_set(METRIC_build_info, 1);
}

void
metrics_worker_init(void)
{
	size_t	i, k;

	own = slot(worker->id);
	for (i = 0; i < METRIC__MAX; i++) {
		for (k = offsets[i]; k < offsets[i + 1]; k++) {
			if (series[i].type == SERIES_GAUGE)
				own[k] = 0;
		}
	}

	metric_set(METRIC_workers, 1);
	metric_add(METRIC_worker_starts_total, 0, 0, 1);
	metric_set(METRIC_worker_start_time_seconds, (uint64_t)time(NULL));
}

void
metric_add(enum metric metric, size_t a, size_t b, int64_t n)
{
	add(at(metric, a, b, 0), n);
}

void
metric_observe(enum metric metric, size_t a, size_t b, uint64_t us)
{
	cell	*first = at(metric, a, b, 0);
	size_t	i = 0;

	if (series[metric].type == SERIES_HISTOGRAM) {
		while (us > series_buckets[i].us)
			i++;
		add(first + 1 + i, 1);
	} else {
		add(first + 1, 1);
	}
	add(first, (int64_t)us);
}

void
metric_set(enum metric metric, uint64_t value)
{
	cell	*home;

	home = series[metric].type == SERIES_NODE ? slot(NODE_SLOT) : own;
	atomic_store_explicit(home + offsets[metric], value,
	    memory_order_relaxed);
}

void
metrics_answered(const struct route *route, unsigned int method, int status,
    uint64_t us, size_t bytes)
{
	size_t	place_of_route;

	place_of_route = route == NULL ? nroutes : (size_t)(route - routes);
	add(at(METRIC_http_requests_total, place_of_route, method,
	    status_place(status)), 1);
	metric_observe(METRIC_http_request_duration_seconds, place_of_route,
	    method, us);
	metric_add(METRIC_http_response_bytes_total, 0, 0, (int64_t)bytes);
	if (route != NULL && route->tally != METRIC_build_info)
		tally(route->tally, status);
}

void
metrics_statement(unsigned int statement, unsigned int result, uint64_t us)
{
	metric_add(METRIC_statements_in_progress, 0, 0, -1);
	metric_add(METRIC_statements_total, statement, result, 1);
	metric_observe(METRIC_statement_duration_seconds, statement, 0, us);
}

static void
tally(enum metric metric, int status)
{
	size_t	i;

	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		if (results[i].metric == metric &&
		    (results[i].status == status || results[i].status == 0)) {
			metric_add(metric, results[i].place, 0, 1);
			return;
		}
	}
}

size_t
metrics_call(const char *method)
{
	return (place(calls, method));
}

size_t
metrics_repair(const char *kind)
{
	return (place(repairs, kind));
}

uint64_t
series_value(enum metric metric, size_t i)
{
	uint64_t	sum;
	size_t		k;

	sum = 0;
	for (k = 0; k <= (size_t)settings->workers; k++)
		sum += series_value_of(metric, i, k);

	return (sum);
}

uint64_t
series_value_of(enum metric metric, size_t i, size_t which)
{
	return (atomic_load_explicit(slot(which) + offsets[metric] + i,
	    memory_order_relaxed));
}

static size_t
place(const char *const *words, const char *word)
{
	size_t	i;

	for (i = 0; words[i + 1] != NULL; i++) {
		if (strcmp(words[i], word) == 0)
			break;
	}

	return (i);
}

static cell *
slot(size_t which)
{
	return (memory + which * slot_cells);
}

static cell *
at(enum metric metric, size_t a, size_t b, size_t c)
{
	const enum series_label_id	*labels = series[metric].labels;
	size_t				i;

	i = (a * counts[labels[1]] + b) * counts[labels[2]] + c;

	return (own + offsets[metric] + i * series_cells(metric));
}

/* Nobody else writes to this worker's cells: no locked instruction is due. */
static void
add(cell *where, int64_t n)
{
	atomic_store_explicit(where, atomic_load_explicit(where,
	    memory_order_relaxed) + (uint64_t)n, memory_order_relaxed);
}

static size_t
words_count(const char *const *words)
{
	size_t	n;

	for (n = 0; words[n] != NULL; n++)
		continue;

	return (n);
}

static size_t
routes_count(void)
{
	return (nroutes + 1);
}

static const char *
route_text(size_t i)
{
	return (i == nroutes ? "none" : routes[i].path);
}

static size_t
methods_count(void)
{
	return (METHOD__MAX);
}

static const char *
method_text(size_t i)
{
	return (head_method_name((enum head_method)i));
}

static size_t
statements_count(void)
{
	return (STATEMENT__MAX);
}

static const char *
statement_text(size_t i)
{
	return (statements[i].name);
}
