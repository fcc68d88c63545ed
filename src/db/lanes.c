/*
 * Lanes: a few connections a worker, each in libpq's pipeline mode on Kore's
 * event loop. What requests ask for while the worker is busy is sent together
 * when it is about to sleep, so a batch costs one write and one wakeup on each
 * side however many requests ride in it.
 *
 * All statements between two syncs are one implicit transaction: reads share a
 * segment; a write stands in a segment of its own, so that nobody else's error
 * can roll it back. It is committed at its sync, not when its result comes, and
 * answered then.
 *
 * Statements that may take long have lanes of their own, half of them; those
 * carry the others' too while they have nothing else to do.
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
#define LANE_BATCH_MIN		8	/* worth another lane's wakeup */
#define LANE_BATCH_SLOW		4	/* slow ones wait for each other */
#define LANES_QUEUE_MAX		4000	/* statements waiting in a worker */
#define LANES_TICK_MS		100

static void	lane_connect(struct lane *);
static void	lane_open_work(struct job *);
static void	lane_open_done(struct job *);
static void	lane_event(void *, int);
static int	lane_share(int, const struct lane *);
static void	lanes_tick(void *, u_int64_t);

static void	query_enqueue(struct query *);
static int	can_join(const struct query_job *, const struct query_job *);
static int	params_equal(const struct query *, const struct query *);
static void	job_lost(struct query_job *);
static void	waiting_put(struct query_job *, int);
static void	waiting_fail(struct query_jobs *, int);

static struct lane		lanes[LANES_MAX];
static int			nlanes;
static char			*lanes_conninfo;
static struct threads		*lanes_opener;
static enum database_state	state = DATABASE_UNREACHABLE;
static int			ever_failed;	/* since the last success */

/* What waits for a lane: quick statements and slow ones. */
static struct query_jobs	waiting[2];
static int			nwaiting[2];

void
lanes_start(const char *conninfo, int count)
{
	int	i;

	jobs_init();
	lanes_conninfo = kore_strdup(conninfo);
	lanes_opener = threads_start(1, LANES_MAX, 0);

	TAILQ_INIT(&waiting[0]);
	TAILQ_INIT(&waiting[1]);
	nlanes = count > LANES_MAX ? LANES_MAX : count;
	for (i = 0; i < nlanes; i++) {
		lanes[i].evt.type = KORE_TYPE_PGSQL_CONN;
		lanes[i].evt.handle = lane_event;
		lanes[i].open.work = lane_open_work;
		lanes[i].open.done = lane_open_done;
		lanes[i].slow = i >= (nlanes + 1) / 2 || nlanes == 1;
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
	query->shared = NULL;
	query->sqlstate[0] = '\0';
	query->attempts = 0;
	query->alone = 0;
	metric_add(METRIC_statements_in_progress, 0, 0, 1);
	query_enqueue(query);
}

/* Queues the query of a job that came back without having run. */
void
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

	waiting_put(job, 0);
}

static void
waiting_put(struct query_job *job, int first)
{
	int	slow;

	slow = statement_is_slow(job->statement);
	if (first)
		TAILQ_INSERT_HEAD(&waiting[slow], job, list);
	else
		TAILQ_INSERT_TAIL(&waiting[slow], job, list);
	nwaiting[slow]++;
}

/* The next that somebody still waits for. */
struct query_job *
waiting_take(struct query_jobs *jobs)
{
	struct query_job	*job;

	while ((job = TAILQ_FIRST(jobs)) != NULL) {
		TAILQ_REMOVE(jobs, job, list);
		nwaiting[jobs - waiting]--;
		if (job->query != NULL)
			break;
		job_free(job);
	}

	return (job);
}

int
waiting_join(struct query_jobs *jobs, struct query_job *job, int most)
{
	struct query_job	*each, *later, *last;
	int			count;

	count = 1;
	last = job;
	for (each = TAILQ_FIRST(jobs); each != NULL && count < most;
	    each = later) {
		later = TAILQ_NEXT(each, list);
		if (!can_join(job, each))
			continue;
		TAILQ_REMOVE(jobs, each, list);
		nwaiting[jobs - waiting]--;
		last->next = each;
		last = each;
		count++;
	}

	return (count);
}

static int
can_join(const struct query_job *job, const struct query_job *other)
{
	return (other->statement == job->statement && other->query != NULL &&
	    other->query->binary == job->query->binary &&
	    !other->query->alone &&
	    (statements[job->statement].kind != STATEMENT_SHARED ||
	    params_equal(job->query, other->query)));
}

static int
params_equal(const struct query *query, const struct query *other)
{
	const char	*one, *two;
	int		i;

	for (i = 0; i < query->nparams; i++) {
		one = query->params[i];
		two = other->params[i];
		if ((one == NULL) != (two == NULL) ||
		    (one != NULL && strcmp(one, two) != 0))
			return (0);
	}

	return (1);
}

void
query_cancel(struct query *query)
{
	struct query_job	*job = query->job;

	query_clear(query);
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
	int			i, slow, up;

	if (nwaiting[0] + nwaiting[1] == 0)
		return;

	/* A bounded queue, told at once: the newest are refused. */
	for (slow = 0; slow < 2; slow++) {
		while (nwaiting[slow] > LANES_QUEUE_MAX) {
			job = TAILQ_LAST(&waiting[slow], query_jobs);
			TAILQ_REMOVE(&waiting[slow], job, list);
			nwaiting[slow]--;
			job_finish(job, QUERY_OVERLOADED, NULL);
			job_free(job);
		}
	}

	up = 0;
	for (i = 0; i < nlanes; i++) {
		lane = &lanes[i];
		if (lane->state != LANE_UP)
			continue;
		up++;
		if (lane->inflight > 0)
			continue;
		if (lane->slow && nwaiting[1] > 0)
			lane_send(lane, &waiting[1], lane_share(1, lane));
		else if (nwaiting[0] > 0)
			lane_send(lane, &waiting[0], lane_share(0, lane));
	}

	if (up == 0 && ever_failed) {
		waiting_fail(&waiting[0], 1);
		waiting_fail(&waiting[1], 1);
	}
}

/*
 * How many a lane takes: its share among those that are idle, though not so few
 * that another wakeup costs more than the wait.
 */
static int
lane_share(int slow, const struct lane *lane)
{
	int	idle, share;

	if (slow)
		return (LANE_BATCH_SLOW);

	idle = 0;
	for (; lane < lanes + nlanes; lane++)
		idle += lane->state == LANE_UP && lane->inflight == 0;
	share = (nwaiting[0] + idle - 1) / idle;

	return (share < LANE_BATCH_MIN ? LANE_BATCH_MIN :
	    share > LANE_BATCH_MAX ? LANE_BATCH_MAX : share);
}

static void
lanes_tick(void *arg, u_int64_t now)
{
	int	i;

	(void)arg;
	(void)now;	/* Kore's is older than what was noted since */

	for (i = 0; i < nlanes; i++) {
		if (lanes[i].state == LANE_DOWN &&
		    kore_time_ms() >= lanes[i].retry_at)
			lane_connect(&lanes[i]);
		if (lanes[i].state == LANE_UP && lanes[i].inflight > 0 &&
		    kore_time_ms() - lanes[i].progress > LANE_STALL_MS)
			lane_lost(&lanes[i], "no answer in time");
	}

	waiting_fail(&waiting[0], 0);
	waiting_fail(&waiting[1], 0);
}

/* Ends what has waited too long, or all of it. */
static void
waiting_fail(struct query_jobs *jobs, int all)
{
	struct query_job	*job;

	while ((job = TAILQ_FIRST(jobs)) != NULL) {
		if (!all && kore_time_ms() - job->since < LANE_PATIENCE_MS)
			break;
		TAILQ_REMOVE(jobs, job, list);
		nwaiting[jobs - waiting]--;
		job_finish(job, QUERY_UNAVAILABLE, NULL);
		job_free(job);
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

static void
lane_event(void *arg, int error)
{
	struct lane	*lane = arg;

	/* An error shows itself in what libpq reads. */
	(void)error;

	if (lane->state == LANE_UP)
		lane_read(lane);
}

/*
 * The connection is gone. Reads in flight are run again on another; a write
 * may have happened or not, and its caller is told so.
 */
void
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

	lane_committed(lane, QUERY_UNKNOWN, NULL);
	while ((job = TAILQ_LAST(&sent, query_jobs)) != NULL) {
		TAILQ_REMOVE(&sent, job, list);
		job_lost(job);
	}

	lane_connect(lane);
}

static void
job_lost(struct query_job *job)
{
	struct query_job	*part;

	while ((part = job_part(job)) != NULL)
		job_lost(part);
	PQclear(job->rows);
	job->rows = NULL;

	/* Finished, nobody's, or a mark. */
	if (job->query == NULL) {
		job_free(job);
		return;
	}

	if (statement_writes(job->statement)) {
		job_finish(job, QUERY_UNKNOWN, NULL);
		job_free(job);
	} else if (job->query->attempts++ == QUERY_ATTEMPTS_MAX) {
		/* Perhaps it is what ends them. */
		job_finish(job, QUERY_UNAVAILABLE, NULL);
		job_free(job);
	} else {
		job->answered = 0;
		waiting_put(job, 1);
	}
}
