/*
 * Queries on their way: a job each, which is handed its result at the end. The
 * rows that several have go with the last of them.
 */
#include <kore/kore.h>

#include "data/blob.h"
#include "db/lane.h"
#include "db/query.h"
#include "metrics/metrics.h"

static void	job_give(struct query_job *, enum query_result, PGresult *,
		    struct query_rows *, int);
static void	rows_release(struct query_rows *);

static struct kore_pool		job_pool;
static struct kore_pool		rows_pool;

void
jobs_init(void)
{
	kore_pool_init(&job_pool, "query_jobs", sizeof(struct query_job), 256);
	kore_pool_init(&rows_pool, "query_rows", sizeof(struct query_rows), 64);
}

struct query_job *
job_new(void)
{
	struct query_job	*job;

	job = kore_pool_get(&job_pool);
	job->query = NULL;
	job->statement = STATEMENT__MAX;
	job->sync = 0;
	job->answered = 0;
	job->rows = NULL;
	job->next = NULL;
	job->since = kore_time_ms();

	return (job);
}

void
job_free(struct query_job *job)
{
	kore_pool_put(&job_pool, job);
}

struct query_job *
job_part(struct query_job *job)
{
	struct query_job	*part = job->next;

	if (part != NULL) {
		job->next = part->next;
		part->next = NULL;
	}

	return (part);
}

void
job_finish(struct query_job *job, enum query_result result, PGresult *rows)
{
	if (job->query == NULL)
		PQclear(rows);
	else
		job_give(job, result, rows, NULL, 0);
}

void
job_finish_all(struct query_job *job, enum query_result result)
{
	struct query_job	*part;

	while ((part = job_part(job)) != NULL) {
		job_finish(part, result, NULL);
		job_free(part);
	}
	job_finish(job, result, NULL);
}

void
job_finish_many(struct query_job *job, PGresult *rows)
{
	struct query_rows	*shared;
	struct query_job	*each;
	int			row;

	shared = kore_pool_get(&rows_pool);
	shared->rows = rows;
	shared->made = NULL;
	shared->same = statements[job->statement].kind == STATEMENT_SHARED;
	shared->holders = 1;	/* ourselves, until all have it */

	row = 0;
	for (each = job; each != NULL; each = job_part(job)) {
		if (each->query != NULL) {
			shared->holders++;
			job_give(each, QUERY_OK, rows, shared, row);
		}
		if (!shared->same)
			row++;
		if (each != job)
			job_free(each);
	}

	rows_release(shared);
}

static void
job_give(struct query_job *job, enum query_result result, PGresult *rows,
    struct query_rows *shared, int row)
{
	struct query	*query = job->query;
	const char	*sqlstate;

	job->query = NULL;
	query->job = NULL;
	query->result = result;
	metrics_statement(job->statement, result,
	    (kore_time_ms() - job->since) * 1000);
	query->rows = rows;
	query->shared = shared;
	query->row = row;
	if (result == QUERY_FAILED) {
		sqlstate = PQresultErrorField(rows, PG_DIAG_SQLSTATE);
		(void)kore_strlcpy(query->sqlstate,
		    sqlstate == NULL ? "" : sqlstate, sizeof(query->sqlstate));
	}
	query->done(query);
}

const char *
query_text(const struct query *query, int column)
{
	return (PQgetvalue(query->rows, query->row, column));
}

struct blob **
query_made(const struct query *query)
{
	return (query->shared == NULL || !query->shared->same ? NULL :
	    &query->shared->made);
}

void
query_clear(struct query *query)
{
	struct query_rows	*shared = query->shared;

	if (shared == NULL) {
		PQclear(query->rows);
	} else {
		rows_release(shared);
	}
	query->rows = NULL;
	query->shared = NULL;
}

static void
rows_release(struct query_rows *shared)
{
	if (--shared->holders == 0) {
		PQclear(shared->rows);
		blob_release(shared->made);
		kore_pool_put(&rows_pool, shared);
	}
}
