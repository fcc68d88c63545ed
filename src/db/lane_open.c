#include <stdio.h>
#include <string.h>

#include "data/span.h"
#include "db/lane_open.h"
#include "db/many.h"
#include "db/migrate.h"
#include "db/statements.h"

/* Longest a statement may take: a client is told 503 a little later. */
#define LANE_SESSION							\
	"set statement_timeout = '4s'; set lock_timeout = '3s';"	\
	"set idle_in_transaction_session_timeout = '10s';"		\
	"set plan_cache_mode = force_generic_plan; set timezone = 'UTC';" \
	"set datestyle = 'ISO'; set jit = off;"				\
	"set max_parallel_workers_per_gather = 0"

static void	drop_notice(void *, const PGresult *);
static int	run_simple(PGconn *, const char *);
static int	prepare_all(PGconn *, char *, size_t);
static int	prepare_many(PGconn *, const struct statement *);
static int	result_is(PGconn *, ExecStatusType, char *, size_t);

enum lane_open_result
lane_open(const char *conninfo, PGconn **out, char *why, size_t whylen)
{
	enum lane_open_result	result = LANE_UNREACHABLE;
	PGconn			*db;
	size_t			len;

	*out = NULL;
	why[0] = '\0';
	db = PQconnectdb(conninfo);
	(void)PQsetNoticeReceiver(db, drop_notice, NULL);
	if (PQstatus(db) != CONNECTION_OK || !run_simple(db, LANE_SESSION))
		goto failed;

	switch (migrate_status(db)) {
	case MIGRATE_CURRENT:
	case MIGRATE_AHEAD_OK:
		break;
	default:
		if (PQstatus(db) != CONNECTION_OK)
			goto failed;
		(void)snprintf(why, whylen,
		    "the schema is not the one this binary needs");
		PQfinish(db);
		return (LANE_NOT_MIGRATED);
	}

	if (!PQenterPipelineMode(db) || !prepare_all(db, why, whylen) ||
	    PQsetnonblocking(db, 1) == -1)
		goto failed;

	*out = db;
	return (LANE_OPEN);

failed:
	if (why[0] == '\0')
		(void)snprintf(why, whylen, "%s", PQerrorMessage(db));
	if ((len = strlen(why)) > 0 && why[len - 1] == '\n')
		why[len - 1] = '\0';
	PQfinish(db);
	return (result);
}

/* libpq would write it to standard error, among the lines of our log. */
static void
drop_notice(void *arg, const PGresult *notice)
{
	(void)arg;
	(void)notice;
}

static int
run_simple(PGconn *db, const char *sql)
{
	PGresult	*result;
	int		ok;

	result = PQexec(db, sql);
	ok = PQresultStatus(result) == PGRES_COMMAND_OK;
	PQclear(result);

	return (ok);
}

/* All in one round trip: between continents each would be a tenth of a second. */
static int
prepare_all(PGconn *db, char *why, size_t whylen)
{
	int	i, sent, ok;

	sent = 0;
	for (i = 0; i < STATEMENT__MAX; i++) {
		if (!PQsendPrepare(db, statements[i].name, statements[i].sql,
		    0, NULL))
			return (0);
		sent++;
		if (statements[i].kind == STATEMENT_LOOKUP) {
			if (!prepare_many(db, &statements[i]))
				return (0);
			sent++;
		}
	}
	if (!PQpipelineSync(db))
		return (0);

	for (ok = 1; sent > 0; sent--)
		ok = result_is(db, PGRES_COMMAND_OK, ok ? why : NULL,
		    whylen) && ok;

	return (result_is(db, PGRES_PIPELINE_SYNC, NULL, 0) && ok);
}

static int
prepare_many(PGconn *db, const struct statement *statement)
{
	struct buffer	sql;
	int		sent;

	buffer_init(&sql);
	many_sql(&sql, statement->sql);
	sent = PQsendPrepare(db, statement->many, sql.data, 0, NULL);
	buffer_cleanup(&sql);

	return (sent);
}

/*
 * Takes a result, and the NULL that stands behind a statement's. Where it is
 * another than was wanted, why (which may be NULL) tells: the rest would not.
 */
static int
result_is(PGconn *db, ExecStatusType wanted, char *why, size_t whylen)
{
	PGresult	*result;
	int		is;

	result = PQgetResult(db);
	is = PQresultStatus(result) == wanted;
	if (!is && why != NULL)
		(void)snprintf(why, whylen, "%s",
		    PQresultErrorMessage(result));
	PQclear(result);
	if (wanted != PGRES_PIPELINE_SYNC)
		is = PQgetResult(db) == NULL && is;

	return (is);
}
