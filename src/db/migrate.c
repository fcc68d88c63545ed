#include <stdlib.h>
#include <string.h>

#include "db/migrate.h"
#include "db/schema.h"

/* Any constant will do, as long as no other program of the database has it. */
#define LOCK_KEY	"7237970109966541"
#define LOCK_WAIT	"120s"	/* for another node's migration */
#define TABLE_WAIT	"10s"	/* for a table: others queue up behind us */

#define NUMBER_LEN	16

/* One run of migrate_run(). */
struct run {
	PGconn		*db;
	FILE		*out;
	FILE		*complaints;
};

static int	run_locked(struct run *);
static int	run_refused(struct run *, const struct schema_state *);
static int	run_lock(struct run *);
static int	run_dry(struct run *);
static int	run_survey(struct run *);
static int	run_migration(struct run *, const struct schema_migration *);
static int	functions_due(const struct schema_state *);
static int	run_functions(struct run *);
static int	run_functions_drop(struct run *);
static int	run_sql(struct run *, const char *, const char *);
static int	run_with(struct run *, const char *, const char *, int,
		    const char *const *);
static int	run_failed(struct run *, const char *, const char *,
		    PGresult *);
static void	print_warning(void *, const PGresult *);

enum migrate_status
migrate_status(PGconn *db)
{
	struct schema_state	state;

	return (schema_read(db, &state) ? state.status : MIGRATE_UNREADABLE);
}

const char *
migrate_status_text(enum migrate_status status)
{
	static const char *const texts[] = {
		[MIGRATE_CURRENT] = "migrated",
		[MIGRATE_NOT_MIGRATED] = "not migrated: run `parley migrate'",
		[MIGRATE_BEHIND] = "older than this program: "
		    "run `parley migrate'",
		[MIGRATE_AHEAD_OK] = "newer than this program, which may run "
		    "on it",
		[MIGRATE_AHEAD_BREAKING] = "newer than this program, which "
		    "cannot run on it: install the newer parley",
		[MIGRATE_CHANGED] = "migrated by other files than this "
		    "program's: restore those, or install the parley that "
		    "did it",
		[MIGRATE_UNREADABLE] = "unreadable"
	};

	return (texts[status]);
}

int
migrate_run(PGconn *db, int dry_run, FILE *out, FILE *complaints)
{
	struct run	run = { db, out, complaints };
	int		ok;

	(void)PQsetNoticeReceiver(db, print_warning, out);
	if (!run_sql(&run, "session",
	    "set client_min_messages = warning; set statement_timeout = 0"))
		return (0);
	if (dry_run)
		return (run_dry(&run));

	if (!run_lock(&run))
		return (0);
	ok = run_locked(&run);
	PQclear(PQexec(db, "select pg_advisory_unlock(" LOCK_KEY ")"));

	return (ok);
}

static int
run_locked(struct run *run)
{
	struct schema_state	state;
	size_t			i;
	int			done;

	/* Only now: another node may have done it while we waited. */
	if (!schema_read(run->db, &state))
		return (run_failed(run, "schema", NULL, NULL));
	if (run_refused(run, &state))
		return (0);
	if (!run_sql(run, "session", "set lock_timeout = '" TABLE_WAIT "'") ||
	    !run_sql(run, "bookkeeping", schema_bookkeeping))
		return (0);

	done = 0;
	for (i = 0; i < SCHEMA_MIGRATIONS; i++) {
		if (state.applied[i])
			continue;
		if (!run_migration(run, &schema_migrations[i]))
			return (0);
		fprintf(run->out, "applied %s\n", schema_migrations[i].name);
		done++;
	}
	if (functions_due(&state)) {
		if (!run_functions(run))
			return (0);
		fprintf(run->out, "applied %d functions\n", (int)SCHEMA_FUNCTIONS);
		done++;
	}
	if (done == 0)
		fprintf(run->out, "nothing to do: the database is %s\n",
		    migrate_status_text(state.status));

	return (1);
}

static int
run_refused(struct run *run, const struct schema_state *state)
{
	if (state->status == MIGRATE_CHANGED)
		fprintf(run->complaints, "parley: migration %s was applied "
		    "with another text than this program has; the database "
		    "is %s\n", state->changed->name,
		    migrate_status_text(state->status));
	else if (state->status == MIGRATE_AHEAD_BREAKING)
		fprintf(run->complaints, "parley: the database is %s "
		    "(it has migration %d, this program knows %d)\n",
		    migrate_status_text(state->status), state->newest,
		    schema_migrations[SCHEMA_MIGRATIONS - 1].number);
	else
		return (0);

	return (1);
}

/* A lock of the session: it outlives each migration's transaction. */
static int
run_lock(struct run *run)
{
	PGresult	*result;
	int		got;

	result = PQexec(run->db, "select pg_try_advisory_lock(" LOCK_KEY ")");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return (run_failed(run, "lock", NULL, result));
	got = strcmp(PQgetvalue(result, 0, 0), "t") == 0;
	PQclear(result);
	if (got)
		return (1);

	fprintf(run->out, "waiting for another migration to end\n");
	(void)fflush(run->out);

	return (run_sql(run, "session",
	    "set lock_timeout = '" LOCK_WAIT "'") &&
	    run_sql(run, "waiting for another migration",
	    "select pg_advisory_lock(" LOCK_KEY ")"));
}

/* Read only, so that it cannot change anything however wrong it is. */
static int
run_dry(struct run *run)
{
	struct schema_state	state;
	size_t			i;
	int			ok, todo;

	if (!run_sql(run, "session", "begin transaction read only"))
		return (0);
	ok = schema_read(run->db, &state);
	if (!ok)
		(void)run_failed(run, "schema", NULL, NULL);
	else if (run_refused(run, &state))
		ok = 0;

	todo = 0;
	for (i = 0; ok && i < SCHEMA_MIGRATIONS; i++) {
		if (!state.applied[i]) {
			fprintf(run->out, "would apply %s\n",
			    schema_migrations[i].name);
			todo++;
		}
	}
	if (ok && todo > 0)
		ok = run_survey(run);
	if (ok && functions_due(&state))
		fprintf(run->out, "would apply %d functions\n",
		    (int)SCHEMA_FUNCTIONS);
	else if (ok && todo == 0)
		fprintf(run->out, "nothing to do: the database is %s\n",
		    migrate_status_text(state.status));
	PQclear(PQexec(run->db, "rollback"));

	return (ok);
}

/* What is to be known about a database of the old service. */
static int
run_survey(struct run *run)
{
	PGresult	*result;
	int		row, tables;

	result = PQexec(run->db, "select count(to_regclass(name)) from "
	    "unnest(array['users', 'rooms', 'room_participants']) as name");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return (run_failed(run, "survey", NULL, result));
	tables = atoi(PQgetvalue(result, 0, 0));
	PQclear(result);
	if (tables < 3) {
		fprintf(run->out, "found %d of the tables users, rooms, "
		    "room_participants; the others would be made\n", tables);
		return (1);
	}

	fprintf(run->out, "found the tables users, rooms, room_participants, "
	    "which would be kept\n");
	result = PQexec(run->db, schema_survey);
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return (run_failed(run, "survey", schema_survey, result));
	for (row = 0; row < PQntuples(result); row++) {
		if (strcmp(PQgetvalue(result, row, 1), "0") != 0)
			fprintf(run->out, "%8s %s\n",
			    PQgetvalue(result, row, 1),
			    PQgetvalue(result, row, 0));
	}
	PQclear(result);

	return (1);
}

static int
run_migration(struct run *run, const struct schema_migration *migration)
{
	char		number[NUMBER_LEN], sum[SCHEMA_CHECKSUM_LEN];
	const char	*values[4];
	int		ok;

	(void)snprintf(number, sizeof(number), "%d", migration->number);
	schema_checksum(migration->sql, sum);
	values[0] = number;
	values[1] = migration->name;
	values[2] = sum;
	values[3] = migration->breaking ? "true" : "false";

	/* The row comes first: a second runner would collide here. */
	ok = run_sql(run, migration->name, "begin") &&
	    run_with(run, migration->name, "insert into schema_migrations "
	    "(number, name, checksum, breaking) values ($1, $2, $3, $4)", 4,
	    values) &&
	    run_sql(run, migration->name, migration->sql);
	if (ok && PQtransactionStatus(run->db) != PQTRANS_INTRANS) {
		fprintf(run->complaints, "parley: migration %s ends its own "
		    "transaction\n", migration->name);
		ok = 0;
	}
	if (ok && run_sql(run, migration->name, "commit"))
		return (1);
	PQclear(PQexec(run->db, "rollback"));

	return (0);
}

/* Never over those of a newer program. */
static int
functions_due(const struct schema_state *state)
{
	return (state->newest <=
	    schema_migrations[SCHEMA_MIGRATIONS - 1].number &&
	    (state->functions_missing > 0 || state->functions_changed > 0));
}

static int
run_functions(struct run *run)
{
	char		sum[SCHEMA_CHECKSUM_LEN];
	const char	*values[2];
	size_t		i;
	int		ok;

	ok = run_sql(run, "functions", "begin") && run_functions_drop(run);
	for (i = 0; ok && i < SCHEMA_FUNCTIONS; i++) {
		schema_checksum(schema_functions[i].sql, sum);
		values[0] = schema_functions[i].name;
		values[1] = sum;
		ok = run_with(run, schema_functions[i].name,
		    "insert into schema_functions (name, checksum) "
		    "values ($1, $2)", 2, values) &&
		    run_sql(run, schema_functions[i].name,
		    schema_functions[i].sql);
	}
	if (ok && run_sql(run, "functions", "commit"))
		return (1);
	PQclear(PQexec(run->db, "rollback"));

	return (0);
}

/*
 * `create or replace' cannot change what a function takes or gives, so those
 * that we made before are dropped; nobody else's are touched.
 */
static int
run_functions_drop(struct run *run)
{
	PGresult	*result;
	char		*sql;
	int		ok;

	result = PQexec(run->db, "with ours as ("
	    "delete from schema_functions returning name) "
	    "select string_agg(format('drop function if exists %s cascade', "
	    "p.oid::regprocedure), '; ') from pg_proc p "
	    "join ours on ours.name = p.proname "
	    "where p.pronamespace = current_schema()::regnamespace");
	if (PQresultStatus(result) != PGRES_TUPLES_OK)
		return (run_failed(run, "functions", NULL, result));
	sql = PQgetvalue(result, 0, 0);
	ok = sql[0] == '\0' || run_sql(run, "functions", sql);
	PQclear(result);

	return (ok);
}

/* Runs a text of any number of commands; what names it in a message. */
static int
run_sql(struct run *run, const char *what, const char *sql)
{
	PGresult	*result;

	result = PQexec(run->db, sql);
	switch (PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		PQclear(result);
		return (1);
	default:
		return (run_failed(run, what, sql, result));
	}
}

static int
run_with(struct run *run, const char *what, const char *sql, int n,
    const char *const *values)
{
	PGresult	*result;

	result = PQexecParams(run->db, sql, n, NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		return (run_failed(run, what, sql, result));
	PQclear(result);

	return (1);
}

/* One line of what the server said, and where in the file; clears result. */
static int
run_failed(struct run *run, const char *what, const char *sql,
    PGresult *result)
{
	const char	*message, *detail, *position, *end;
	int		line;

	message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	position = PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
	if (message == NULL)
		message = PQerrorMessage(run->db);

	fprintf(run->complaints, "parley: %s: ", what);
	if (position != NULL && sql != NULL) {
		/* In characters; the files are ASCII. */
		end = sql + strnlen(sql, (size_t)atoi(position));
		for (line = 1; sql < end; sql++)
			line += *sql == '\n';
		fprintf(run->complaints, "line %d: ", line);
	}
	fprintf(run->complaints, "%.*s", (int)strcspn(message, "\n"), message);
	if (detail != NULL)
		fprintf(run->complaints, " (%.*s)", (int)strcspn(detail, "\n"),
		    detail);
	fputc('\n', run->complaints);
	PQclear(result);

	return (0);
}

static void
print_warning(void *out, const PGresult *result)
{
	const char	*message;

	message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	if (message != NULL)
		fprintf(out, "database: %s\n", message);
}
