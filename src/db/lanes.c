/*
 * Lanes: a few connections a worker, each in libpq's pipeline mode on Kore's
 * event loop. What requests ask for while the worker is busy is sent together
 * when it is about to sleep, so a batch costs one write and one wakeup on each
 * side however many requests ride in it.
 *
 * All statements between two syncs are one implicit transaction: reads share a
 * segment; a write stands in a segment of its own, so that nobody else's error
 * can roll it back.
 */
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "db/lane.h"
#include "db/query.h"
#include "log.h"
#include "metrics/metrics.h"
#include "work/threads.h"

#define LANES_MAX		16
#define LANE_RETRY_MS		250	/* between attempts to connect */
#define LANE_STALL_MS		6000	/* no answer: the connection is dead */
#define LANE_PATIENCE_MS	2000	/* longest wait for a connection */
#define LANE_BATCH_MAX		256	/* statements in flight on a lane */
#define LANES_QUEUE_MAX		4000	/* statements waiting in a worker */
#define LANES_TICK_MS		100

#define QUERY_ATTEMPTS_MAX	3
#define SQLSTATE_SERIALIZATION	"40001"
#define SQLSTATE_DEADLOCK	"40P01"
#define SQLSTATE_CANCELED	"57014"	/* statement_timeout */
#define SQLSTATE_SHUTDOWN	"57P"	/* the server is going down */

enum lane_state {
	LANE_DOWN,
	LANE_CONNECTING,
	LANE_UP
};

struct query_job {
	struct query		*query;		/* NULL once it was cancelled */
	enum statement_id	statement;
	int			sync;		/* a mark, not a statement */
	int			answered;	/* its result came; NULL is due */
	u_int64_t		since;
	TAILQ_ENTRY(query_job)	list;
};

TAILQ_HEAD(query_jobs, query_job);

struct lane {
	struct kore_event	evt;	/* first: Kore calls evt.handle(lane) */
	enum lane_state		state;
	PGconn			*db;
	int			fd;
	int			writable_wanted;
	int			inflight;	/* statements in sent */
	u_int64_t		progress;	/* when it last answered */
	u_int64_t		retry_at;
	struct query_jobs	sent;		/* in the order of their results */

	struct job		open;		/* the thread's part */
	PGconn			*opened;
	enum lane_open_result	open_result;
	char			why[256];
};

static void	lane_connect(struct lane *);
static void	lane_open_work(struct job *);
static void	lane_open_done(struct job *);
static void	lane_event(void *, int);
static void	lane_watch(struct lane *);
static void	lane_send(struct lane *);
static int	lane_send_job(struct lane *, struct query_job *);
static int	lane_send_sync(struct lane *);
static void	lane_read(struct lane *);
static int	lane_result(struct lane *, PGresult *);
static int	lane_failure(struct lane *, struct query_job *, PGresult *);
static void	lane_lost(struct lane *, const char *);
static void	lanes_tick(void *, u_int64_t);

static void	query_enqueue(struct query *);
static void	query_resume(struct query_job *);

static struct query_job	*job_new(void);
static void		job_free(struct query_job *);
static void		job_finish(struct query_job *, enum query_result,
			    PGresult *);
static void		waiting_fail(u_int64_t);

static struct lane		lanes[LANES_MAX];
static int			nlanes;
static char			*lanes_conninfo;
static struct threads		*lanes_opener;
static enum database_state	state = DATABASE_UNREACHABLE;
static int			ever_failed;	/* since the last success */

static struct query_jobs	waiting = TAILQ_HEAD_INITIALIZER(waiting);
static int			nwaiting;
static struct kore_pool		job_pool;

void
lanes_start(const char *conninfo, int count)
{
	int	i;

	kore_pool_init(&job_pool, "query_jobs", sizeof(struct query_job), 256);
	lanes_conninfo = kore_strdup(conninfo);
	lanes_opener = threads_start(1, LANES_MAX);

	nlanes = count > LANES_MAX ? LANES_MAX : count;
	for (i = 0; i < nlanes; i++) {
		lanes[i].evt.type = KORE_TYPE_PGSQL_CONN;
		lanes[i].evt.handle = lane_event;
		lanes[i].open.work = lane_open_work;
		lanes[i].open.done = lane_open_done;
		TAILQ_INIT(&lanes[i].sent);
		lane_connect(&lanes[i]);
	}

	(void)kore_timer_add(lanes_tick, LANES_TICK_MS, NULL, 0);
}

enum database_state
database_state(void)
{
	return (state);
}

void
query_start(struct query *query)
{
	query->result = QUERY_UNAVAILABLE;
	query->rows = NULL;
	query->sqlstate[0] = '\0';
	query->attempts = 0;
	metric_add(METRIC_statements_in_progress, 0, 0, 1);
	query_enqueue(query);
}

/* Queues the query of a job that came back without having run. */
static void
query_resume(struct query_job *job)
{
	struct query	*query = job->query;

	job->query = NULL;
	if (query != NULL)
		query_enqueue(query);
}

static void
query_enqueue(struct query *query)
{
	struct query_job	*job;

	job = job_new();
	job->query = query;
	job->statement = query->statement;
	query->job = job;

	TAILQ_INSERT_TAIL(&waiting, job, list);
	nwaiting++;
}

void
query_cancel(struct query *query)
{
	struct query_job	*job = query->job;

	if (query->rows != NULL) {
		PQclear(query->rows);
		query->rows = NULL;
	}
	if (job != NULL) {
		/* In flight its result must still be read: an orphan. */
		job->query = NULL;
		query->job = NULL;
		metric_add(METRIC_statements_in_progress, 0, 0, -1);
	}
}

void
lanes_flush(void)
{
	struct query_job	*job;
	struct lane		*lane;
	int			i, up;

	if (nwaiting == 0)
		return;

	/* A bounded queue, told at once: the newest are refused. */
	while (nwaiting > LANES_QUEUE_MAX) {
		job = TAILQ_LAST(&waiting, query_jobs);
		TAILQ_REMOVE(&waiting, job, list);
		nwaiting--;
		job_finish(job, QUERY_OVERLOADED, NULL);
	}

	/* Idle lanes first: each takes its share of what waits. */
	up = 0;
	for (i = 0; i < nlanes && nwaiting > 0; i++) {
		lane = &lanes[i];
		if (lane->state != LANE_UP)
			continue;
		up++;
		if (lane->inflight == 0)
			lane_send(lane);
	}

	if (up == 0 && ever_failed)
		waiting_fail(0);
}

static void
lanes_tick(void *arg, u_int64_t now)
{
	int	i;

	(void)arg;

	for (i = 0; i < nlanes; i++) {
		if (lanes[i].state == LANE_DOWN && now >= lanes[i].retry_at)
			lane_connect(&lanes[i]);
		if (lanes[i].state == LANE_UP && lanes[i].inflight > 0 &&
		    now - lanes[i].progress > LANE_STALL_MS)
			lane_lost(&lanes[i], "no answer in time");
	}

	waiting_fail(now);
}

/* Ends what has waited too long, or all of it when now is 0. */
static void
waiting_fail(u_int64_t now)
{
	struct query_job	*job;

	while ((job = TAILQ_FIRST(&waiting)) != NULL) {
		if (now != 0 && now - job->since < LANE_PATIENCE_MS)
			break;
		TAILQ_REMOVE(&waiting, job, list);
		nwaiting--;
		job_finish(job, QUERY_UNAVAILABLE, NULL);
	}
}

static void
lane_connect(struct lane *lane)
{
	lane->state = LANE_CONNECTING;
	if (!threads_submit(lanes_opener, &lane->open)) {
		lane->state = LANE_DOWN;
		lane->retry_at = kore_time_ms() + LANE_RETRY_MS;
	}
}

static void
lane_open_work(struct job *job)
{
	struct lane	*lane;

	lane = (struct lane *)(void *)((char *)job -
	    offsetof(struct lane, open));
	lane->open_result = lane_open(lanes_conninfo, &lane->opened,
	    lane->why, sizeof(lane->why));
}

static void
lane_open_done(struct job *job)
{
	struct lane	*lane;

	lane = (struct lane *)(void *)((char *)job -
	    offsetof(struct lane, open));

	if (lane->open_result != LANE_OPEN) {
		if (!ever_failed)
			log_error("database", "not connected: %s", lane->why);
		ever_failed = 1;
		state = lane->open_result == LANE_NOT_MIGRATED ?
		    DATABASE_NOT_MIGRATED : DATABASE_UNREACHABLE;
		lane->state = LANE_DOWN;
		lane->retry_at = kore_time_ms() + LANE_RETRY_MS;
		return;
	}

	if (ever_failed)
		log_info("database", "connected again");
	ever_failed = 0;
	state = DATABASE_READY;

	lane->db = lane->opened;
	lane->fd = PQsocket(lane->db);
	lane->state = LANE_UP;
	lane->inflight = 0;
	lane->writable_wanted = 0;
	kore_platform_event_level_read(lane->fd, lane);
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

static void
lane_event(void *arg, int error)
{
	struct lane	*lane = arg;

	/* An error shows itself in what libpq reads. */
	(void)error;

	if (lane->state == LANE_UP)
		lane_read(lane);
}

static void
lane_send(struct lane *lane)
{
	struct query_job	*job;
	int			open, sent, write;

	/* open: statements were sent since the last sync. */
	open = 0;
	sent = 0;
	while (sent < LANE_BATCH_MAX && (job = TAILQ_FIRST(&waiting)) != NULL) {
		TAILQ_REMOVE(&waiting, job, list);
		nwaiting--;

		if (job->query == NULL) {
			job_free(job);
			continue;
		}

		write = statements[job->statement].kind == STATEMENT_WRITE;
		if ((write && open && !lane_send_sync(lane)) ||
		    !lane_send_job(lane, job) ||
		    (write && !lane_send_sync(lane))) {
			lane_lost(lane, PQerrorMessage(lane->db));
			return;
		}
		open = !write;
		sent++;
	}

	if (open && !lane_send_sync(lane)) {
		lane_lost(lane, PQerrorMessage(lane->db));
		return;
	}

	if (sent > 0)
		lane->progress = kore_time_ms();
	lane_watch(lane);
}

static int
lane_send_job(struct lane *lane, struct query_job *job)
{
	/* Listed first: should the send fail, lane_lost() answers it. */
	TAILQ_INSERT_TAIL(&lane->sent, job, list);
	lane->inflight++;

	return (PQsendQueryPrepared(lane->db, statements[job->statement].name,
	    job->query->nparams, job->query->params, NULL, NULL,
	    job->query->binary));
}

static int
lane_send_sync(struct lane *lane)
{
	struct query_job	*job;

	job = job_new();
	job->sync = 1;
	TAILQ_INSERT_TAIL(&lane->sent, job, list);

	return (PQpipelineSync(lane->db));
}

static void
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

	if (result == NULL) {
		if (!job->answered)
			return (0);
		TAILQ_REMOVE(&lane->sent, job, list);
		lane->inflight--;
		job_free(job);
		return (1);
	}

	if (job->sync) {
		if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
			PQclear(result);
			return (0);
		}
		TAILQ_REMOVE(&lane->sent, job, list);
		job_free(job);
		PQclear(result);
		return (1);
	}

	job->answered = 1;
	switch (PQresultStatus(result)) {
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		job_finish(job, QUERY_OK, result);
		return (1);
	case PGRES_PIPELINE_ABORTED:
		/* It never ran: somebody else's error in the segment. */
		query_resume(job);
		PQclear(result);
		return (1);
	default:
		return (lane_failure(lane, job, result));
	}
}

/* An error: of the statement, or of the whole connection (then 0). */
static int
lane_failure(struct lane *lane, struct query_job *job, PGresult *result)
{
	struct query	*query = job->query;
	const char	*code;

	code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (code == NULL || PQstatus(lane->db) != CONNECTION_OK ||
	    strncmp(code, SQLSTATE_SHUTDOWN, 3) == 0) {
		/* Whether it ran is lane_lost()'s question. */
		job->answered = 0;
		PQclear(result);
		return (0);
	}

	if (query != NULL && query->attempts < QUERY_ATTEMPTS_MAX &&
	    (strcmp(code, SQLSTATE_DEADLOCK) == 0 ||
	    strcmp(code, SQLSTATE_SERIALIZATION) == 0)) {
		/* Rolled back whole: it may run again. */
		query->attempts++;
		query_resume(job);
		PQclear(result);
	} else if (strcmp(code, SQLSTATE_CANCELED) == 0) {
		job_finish(job, QUERY_UNAVAILABLE, NULL);
		PQclear(result);
	} else {
		job_finish(job, QUERY_FAILED, result);
	}

	return (1);
}

/*
 * The connection is gone. Reads in flight are run again on another; a write
 * may have happened or not, and its caller is told so.
 */
static void
lane_lost(struct lane *lane, const char *why)
{
	struct query_jobs	sent;
	struct query_job	*job;

	log_warn("database", "connection lost: %s", why);

	TAILQ_INIT(&sent);
	TAILQ_CONCAT(&sent, &lane->sent, list);

	/* Closing the socket takes it out of Kore's epoll set, too. */
	PQfinish(lane->db);
	lane->db = NULL;
	lane->inflight = 0;
	lane->state = LANE_DOWN;
	lane->retry_at = 0;

	while ((job = TAILQ_LAST(&sent, query_jobs)) != NULL) {
		TAILQ_REMOVE(&sent, job, list);
		if (job->sync || job->answered || job->query == NULL) {
			job_free(job);
		} else if (statements[job->statement].kind == STATEMENT_READ) {
			TAILQ_INSERT_HEAD(&waiting, job, list);
			nwaiting++;
		} else {
			job_finish(job, QUERY_UNKNOWN, NULL);
			job_free(job);
		}
	}

	lane_connect(lane);
}

static struct query_job *
job_new(void)
{
	struct query_job	*job;

	job = kore_pool_get(&job_pool);
	job->query = NULL;
	job->statement = STATEMENT__MAX;
	job->sync = 0;
	job->answered = 0;
	job->since = kore_time_ms();

	return (job);
}

static void
job_free(struct query_job *job)
{
	kore_pool_put(&job_pool, job);
}

/*
 * Hands the result to whoever asked. A job that was never sent is freed; one
 * that was stays in its lane's list until the pipeline has moved past it.
 */
static void
job_finish(struct query_job *job, enum query_result result, PGresult *rows)
{
	struct query	*query = job->query;
	const char	*sqlstate;
	int		sent;

	sent = job->answered;
	job->query = NULL;

	if (query == NULL) {
		PQclear(rows);
	} else {
		query->job = NULL;
		query->result = result;
		metrics_statement(job->statement, result,
		    (kore_time_ms() - job->since) * 1000);
		query->rows = rows;
		if (result == QUERY_FAILED) {
			sqlstate = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
			(void)kore_strlcpy(query->sqlstate,
			    sqlstate == NULL ? "" : sqlstate,
			    sizeof(query->sqlstate));
		}
		query->done(query);
	}

	if (!sent && result != QUERY_UNKNOWN)
		job_free(job);
}
