#ifndef PARLEY_METRICS_METRICS_H
#define PARLEY_METRICS_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "data/buffer.h"

/*
 * What is counted, and how it is shown at GET /metrics (Prometheus' text
 * format). A metric is a row: name, type, up to three labels, help. The values
 * of every label are a closed set (routes, statements, words in metrics.c), so
 * nobody outside can make a new series.
 *
 *	COUNTER		only grows
 *	SECONDS		the same, counted in microseconds and shown in seconds
 *	GAUGE		goes up and down; begins anew with its worker
 *	NODE		a gauge of the whole server, set by whichever worker
 *	SUMMARY		how often and how long: _count and _sum
 *	HISTOGRAM	the same with buckets
 *
 * Each worker counts in a slot of its own, in shared memory that outlives it:
 * a plain addition, no lock and no other processor's cache line. Who shows the
 * metrics adds the slots up.
 */
#define METRICS(X)							\
	X(build_info, NODE, BUILD, NONE, NONE,				\
	    "1, with what runs")					\
	X(workers, GAUGE, NONE, NONE, NONE,				\
	    "Processes that answer requests")				\
	X(workers_with_database, GAUGE, NONE, NONE, NONE,		\
	    "Of those, the ones that reach a migrated database")	\
	X(worker_starts_total, COUNTER, WORKER, NONE, NONE,		\
	    "Starts of a worker; more than one: it was killed")		\
	X(worker_start_time_seconds, GAUGE, WORKER, NONE, NONE,		\
	    "When the worker started, in Unix time")			\
	X(worker_cpu_seconds_total, SECONDS, WORKER, NONE, NONE,	\
	    "Processor time of the worker, its threads included")	\
	X(worker_resident_bytes, GAUGE, WORKER, NONE, NONE,		\
	    "Memory of the worker; 0 where it has no /proc")		\
	X(worker_heap_bytes, GAUGE, WORKER, NONE, NONE,			\
	    "Of that, what it has allocated and not freed")		\
	X(worker_delay_seconds_total, SECONDS, WORKER, NONE, NONE,	\
	    "By how much a timer of every second came late")		\
	X(http_requests_total, COUNTER, ROUTE, METHOD, STATUS,		\
	    "Requests answered")					\
	X(http_request_duration_seconds, HISTOGRAM, ROUTE, METHOD, NONE, \
	    "From the last octet of a request's head to its answer")	\
	X(http_response_bytes_total, COUNTER, NONE, NONE, NONE,		\
	    "Octets of answers' bodies")				\
	X(http_requests_in_flight, GAUGE, NONE, NONE, NONE,		\
	    "Requests being received or served")			\
	X(connections, GAUGE, LISTENER, NONE, NONE,			\
	    "Connections of clients, handshakes included")		\
	X(connections_accepted_total, COUNTER, LISTENER, NONE, NONE,	\
	    "Connections that were let in")				\
	X(connections_refused_total, COUNTER, REASON, NONE, NONE,	\
	    "Connections that were turned away")			\
	X(connections_limit, GAUGE, NONE, NONE, NONE,			\
	    "Connections that all workers can have")			\
	X(rate_limited_total, COUNTER, LIMIT, NONE, NONE,		\
	    "Requests answered 429, by the limit they met")		\
	X(rate_buckets_taken_over_total, COUNTER, NONE, NONE, NONE,	\
	    "Buckets given to another because all were in use")		\
	X(logins_total, COUNTER, LOGIN, NONE, NONE,			\
	    "Sign-ins with a password, by what came of them")		\
	X(webhooks_total, COUNTER, WEBHOOK, NONE, NONE,			\
	    "Webhooks by what came of them")				\
	X(statements_total, COUNTER, STATEMENT, QUERY, NONE,		\
	    "Statements by how they ended")				\
	X(statement_duration_seconds, SUMMARY, STATEMENT, NONE, NONE,	\
	    "Time of statements, waiting for a connection included")	\
	X(statements_in_progress, GAUGE, NONE, NONE, NONE,		\
	    "Statements waiting for a connection or for their result")	\
	X(hashing_jobs, GAUGE, NONE, NONE, NONE,			\
	    "Passwords being hashed or waiting for it")			\
	X(hashing_duration_seconds, SUMMARY, NONE, NONE, NONE,		\
	    "Time of hashing a password, waiting included")		\
	X(hashing_refused_total, COUNTER, NONE, NONE, NONE,		\
	    "Passwords not hashed because too many waited")		\
	X(livekit_calls_total, COUNTER, CALL, SERVICE, NONE,		\
	    "Calls to LiveKit by how they ended")			\
	X(livekit_call_duration_seconds, SUMMARY, CALL, NONE, NONE,	\
	    "Time of calls to LiveKit")					\
	X(livekit_calls_in_flight, GAUGE, NONE, NONE, NONE,		\
	    "Calls to LiveKit under way")				\
	X(repairs_total, COUNTER, REPAIR, NONE, NONE,			\
	    "What the database believed wrongly, and was mended")	\
	X(outbox_errands_total, COUNTER, SERVICE, NONE, NONE,		\
	    "Errands to LiveKit by how they ended")			\
	X(outbox_pending, NODE, NONE, NONE, NONE,			\
	    "Errands that LiveKit has still to carry out, to a thousand") \
	X(outbox_oldest_seconds, NODE, NONE, NONE, NONE,		\
	    "Age of the oldest of them")

enum metric {
#define METRIC_ENUM(name, type, a, b, c, help)	METRIC_##name,
	METRICS(METRIC_ENUM)
#undef METRIC_ENUM
	METRIC__MAX
};

/* Where clients come in; the order is that of the words in metrics.c. */
enum metric_listener {
	LISTENER_HTTP,
	LISTENER_HTTPS,
	LISTENER_METRICS
};

struct route;

/* How much shared memory they take, and where it is. */
size_t	metrics_size(void);
void	metrics_attach(void *);

/* Once a worker: its gauges begin anew, its counters go on. */
void	metrics_worker_init(void);

/* Adds to a counter, or (also a negative number) to a gauge. */
void	metric_add(enum metric, size_t a, size_t b, int64_t n);

/* Notes how long something took, of a SUMMARY or a HISTOGRAM. */
void	metric_observe(enum metric, size_t a, size_t b, uint64_t us);

/* Sets a gauge, of this worker or (NODE) of the server. */
void	metric_set(enum metric, uint64_t value);

/* A request was answered; route is NULL when there is none. */
void	metrics_answered(const struct route *, unsigned int method, int status,
	    uint64_t us, size_t bytes);

/* A statement ended, with whatever enum query_result. */
void	metrics_statement(unsigned int statement, unsigned int result,
	    uint64_t us);

/* The place of a word in its label's set; a word not there is the last one. */
size_t	metrics_call(const char *method);
size_t	metrics_repair(const char *kind);

/* All metrics, of all workers together, as text. */
void	metrics_write(struct buffer *);

#endif
