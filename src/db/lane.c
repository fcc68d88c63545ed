#include <limits.h>
#include <string.h>

#include "data/buffer.h"
#include "db/lane.h"
#include "db/many.h"
#include "log.h"

#define SQLSTATE_SERIALIZATION	"40001"
#define SQLSTATE_DEADLOCK	"40P01"
#define SQLSTATE_CANCELED	"57014"	/* statement_timeout */
#define SQLSTATE_SHUTDOWN	"57P"	/* the server is going down */

static void	lane_watch(struct lane *);
static int	lane_gather(struct query_jobs *, struct query_job *, int);
static int	lane_send_segment(struct lane *, struct query_job *, int,
		    int *);
static int	lane_send_job(struct lane *, struct query_job *);
static int	lane_send_many(struct lane *, struct query_job *, int);
static int	lane_send_sync(struct lane *);
static int	lane_result(struct lane *, PGresult *);
static int	lane_statement_end(struct lane *, struct query_job *);
static int	lane_sync_result(struct lane *, struct query_job *,
		    PGresult *);
static void	lane_many_result(struct query_job *, PGresult *);
static void	lane_resume(struct query_job *, int);
static int	lane_failure(struct lane *, struct query_job *, PGresult *);

void
lane_send(struct lane *lane, struct query_jobs *jobs, int most)
{
	struct query_job	*job;
	int			open, sent, count;

	/* open: statements were sent since the last sync. */
	open = 0;
	sent = 0;
	while (sent < most && (job = waiting_take(jobs)) != NULL) {
		count = lane_gather(jobs, job, most - sent);
		if (!lane_send_segment(lane, job, count, &open)) {
			lane_lost(lane, PQerrorMessage(lane->db));
			return;
		}
		sent += count;
	}

	if (open && !lane_send_sync(lane)) {
		lane_lost(lane, PQerrorMessage(lane->db));
		return;
	}

	if (sent > 0)
		lane->progress = kore_time_ms();
	lane_watch(lane);
}

/*
 * Takes from what waits all that can be asked for together with the job, and
 * returns for how many its statement counts.
 */
static int
lane_gather(struct query_jobs *jobs, struct query_job *job, int most)
{
	if (job->query->alone)
		return (1);
	if (statement_has_many(job->statement))
		return (waiting_join(jobs, job,
		    most < MANY_MAX ? most : MANY_MAX));
	if (statements[job->statement].kind == STATEMENT_SHARED)
		(void)waiting_join(jobs, job, INT_MAX);

	return (1);
}

/* Reads share a segment; a write has one of its own. */
static int
lane_send_segment(struct lane *lane, struct query_job *job, int count,
    int *open)
{
	int	write, ended;

	write = statement_writes(job->statement);
	ended = !write || !*open || lane_send_sync(lane);
	*open = !write;

	/* Listed first: should a send fail, lane_lost() answers it. */
	TAILQ_INSERT_TAIL(&lane->sent, job, list);
	lane->inflight++;

	return (ended && (count > 1 ? lane_send_many(lane, job, count) :
	    lane_send_job(lane, job)) && (!write || lane_send_sync(lane)));
}

static int
lane_send_job(struct lane *lane, struct query_job *job)
{
	return (PQsendQueryPrepared(lane->db, statements[job->statement].name,
	    job->query->nparams, job->query->params, NULL, NULL,
	    job->query->binary));
}

/* Asks for all that go with the job in one: each parameter is an array. */
static int
lane_send_many(struct lane *lane, struct query_job *job, int count)
{
	static struct buffer	arrays;	/* kept from one to the next */
	const struct query_job	*each;
	const char		*values[QUERY_PARAMS_MAX];
	size_t			starts[QUERY_PARAMS_MAX + 1];
	int			lengths[QUERY_PARAMS_MAX];
	int			formats[QUERY_PARAMS_MAX];
	int			nparams = job->query->nparams;
	int			i, has_null, sent;

	for (i = 0; i < nparams; i++) {
		starts[i] = arrays.len;
		has_null = 0;
		for (each = job; each != NULL; each = each->next)
			has_null |= each->query->params[i] == NULL;
		many_begin(&arrays, (size_t)count, has_null);
		for (each = job; each != NULL; each = each->next)
			many_append(&arrays, each->query->params[i]);
	}
	starts[nparams] = arrays.len;
	for (i = 0; i < nparams; i++) {
		values[i] = arrays.data + starts[i];
		lengths[i] = (int)(starts[i + 1] - starts[i]);
		formats[i] = 1;
	}

	sent = PQsendQueryPrepared(lane->db, statements[job->statement].many,
	    nparams, values, lengths, formats, job->query->binary);
	buffer_consume(&arrays, arrays.len);

	return (sent);
}

static int
lane_send_sync(struct lane *lane)
{
	struct query_job	*job;

	job = job_new();
	job->sync = 1;
	TAILQ_INSERT_TAIL(&lane->sent, job, list);
	lane->inflight++;

	return (PQpipelineSync(lane->db));
}

/*
 * Level-triggered: PQconsumeInput reads what fits its buffer, not all there
 * is, so an edge could be missed.
 */
static void
lane_watch(struct lane *lane)
{
	int	wanted;

	wanted = PQflush(lane->db) == 1;
	if (wanted == lane->writable_wanted)
		return;

	lane->writable_wanted = wanted;
	if (wanted)
		kore_platform_event_level_all(lane->fd, lane);
	else
		kore_platform_event_level_read(lane->fd, lane);
}

void
lane_read(struct lane *lane)
{
	PGresult	*result;

	if (!PQconsumeInput(lane->db)) {
		lane_lost(lane, PQerrorMessage(lane->db));
		return;
	}

	while (!TAILQ_EMPTY(&lane->sent) && !PQisBusy(lane->db)) {
		result = PQgetResult(lane->db);
		if (!lane_result(lane, result)) {
			lane_lost(lane, PQerrorMessage(lane->db));
			return;
		}
	}

	/* The server may end the session while nothing is asked of it. */
	if (PQstatus(lane->db) != CONNECTION_OK) {
		lane_lost(lane, PQerrorMessage(lane->db));
		return;
	}

	lane->progress = kore_time_ms();
	lane_watch(lane);
}

/* Takes one result, or the NULL behind a statement's last one. */
static int
lane_result(struct lane *lane, PGresult *result)
{
	struct query_job	*job;

	job = TAILQ_FIRST(&lane->sent);

	if (result == NULL)
		return (lane_statement_end(lane, job));
	if (job->sync)
		return (lane_sync_result(lane, job, result));

	job->answered = 1;
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (statement_writes(job->statement))
			job->rows = result;
		else if (job->next == NULL)
			job_finish(job, QUERY_OK, result);
		else if (statements[job->statement].kind == STATEMENT_SHARED)
			job_finish_many(job, result);
		else
			lane_many_result(job, result);
		return (1);
	case PGRES_PIPELINE_ABORTED:
		/* It never ran: somebody else's error in the segment. */
		lane_resume(job, 0);
		PQclear(result);
		return (1);
	default:
		return (lane_failure(lane, job, result));
	}
}

/* Behind a statement's result comes NULL, and behind a commit's error. */
static int
lane_statement_end(struct lane *lane, struct query_job *job)
{
	if (!job->answered)
		return (0);
	if (job->sync) {
		job->answered = 0;
		return (1);
	}

	TAILQ_REMOVE(&lane->sent, job, list);
	lane->inflight--;
	if (job->rows != NULL)
		lane->committing = job;
	else
		job_free(job);

	return (1);
}

static int
lane_sync_result(struct lane *lane, struct query_job *job, PGresult *result)
{
	switch (PQresultStatus(result)) {
	case PGRES_PIPELINE_SYNC:
		PQclear(result);
		TAILQ_REMOVE(&lane->sent, job, list);
		lane->inflight--;
		job_free(job);
		lane_committed(lane, QUERY_OK, NULL);
		return (1);
	case PGRES_FATAL_ERROR:
		/* It could not be committed; the sync is still to come. */
		if (lane->committing != NULL &&
		    PQstatus(lane->db) == CONNECTION_OK) {
			job->answered = 1;
			lane_committed(lane, QUERY_FAILED, result);
			return (1);
		}
		/* FALLTHROUGH */
	default:
		PQclear(result);
		return (0);
	}
}

/* Answers the write whose transaction has ended; error is its own, or NULL. */
void
lane_committed(struct lane *lane, enum query_result result, PGresult *error)
{
	struct query_job	*job = lane->committing;
	PGresult		*rows;

	if (job == NULL)
		return;

	lane->committing = NULL;
	rows = job->rows;
	job->rows = NULL;
	if (result != QUERY_OK) {
		PQclear(rows);
		rows = error;
	}
	if (job->next == NULL) {
		job_finish(job, result, rows);
	} else if (result == QUERY_OK) {
		lane_many_result(job, rows);
	} else if (result == QUERY_FAILED) {
		/* Rolled back whole: whose fault it is shows alone. */
		lane_resume(job, 1);
		PQclear(rows);
	} else {
		job_finish_all(job, result);
	}
	job_free(job);
}

/* Should there not be a row for each, whose they are is unknown. */
static void
lane_many_result(struct query_job *job, PGresult *result)
{
	const struct query_job	*each;
	int			count;

	count = 0;
	for (each = job; each != NULL; each = each->next)
		count++;

	if (PQntuples(result) == count) {
		job_finish_many(job, result);
		return;
	}
	log_error("database", "%s gave %d rows for %d",
	    statements[job->statement].name, PQntuples(result), count);
	if (statement_writes(job->statement))
		job_finish_all(job, QUERY_UNKNOWN);
	else
		lane_resume(job, 1);
	PQclear(result);
}

/* Queues the job again, and those that were asked for with it. */
static void
lane_resume(struct query_job *job, int alone)
{
	struct query_job	*each;

	for (each = job; each != NULL; each = job_part(job)) {
		if (each->query != NULL)
			each->query->alone = alone;
		query_resume(each);
		if (each != job)
			job_free(each);
	}
}

/* An error: of the statement, or of the whole connection (then 0). */
static int
lane_failure(struct lane *lane, struct query_job *job, PGresult *result)
{
	struct query		*query = job->query;
	const char		*code;

	code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (code == NULL || PQstatus(lane->db) != CONNECTION_OK ||
	    strncmp(code, SQLSTATE_SHUTDOWN, 3) == 0) {
		/* Whether it ran is lane_lost()'s question. */
		job->answered = 0;
		PQclear(result);
		return (0);
	}

	if (strcmp(code, SQLSTATE_CANCELED) == 0) {
		/* What took too long together would for each. */
		job_finish_all(job, QUERY_UNAVAILABLE);
		PQclear(result);
	} else if (job->next != NULL) {
		/* Whose it is shows when each is alone. */
		lane_resume(job, 1);
		PQclear(result);
	} else if (query != NULL && query->attempts < QUERY_ATTEMPTS_MAX &&
	    (strcmp(code, SQLSTATE_DEADLOCK) == 0 ||
	    strcmp(code, SQLSTATE_SERIALIZATION) == 0)) {
		/* Rolled back whole: it may run again. */
		query->attempts++;
		query_resume(job);
		PQclear(result);
	} else {
		job_finish(job, QUERY_FAILED, result);
	}

	return (1);
}
