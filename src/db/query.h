#ifndef PARLEY_DB_QUERY_H
#define PARLEY_DB_QUERY_H

#include <libpq-fe.h>

#include "db/statements.h"

/*
 * One prepared statement run for somebody. Start it, return to the event loop,
 * and done() is called with its result. How it travels (which connection, what
 * rides with it) is lanes.c's business.
 */

#define QUERY_PARAMS_MAX	16

enum query_result {
	QUERY_OK,		/* rows holds what came back */
	QUERY_UNAVAILABLE,	/* no connection, or no answer in time */
	QUERY_OVERLOADED,	/* too many wait already */
	QUERY_UNKNOWN,		/* a write whose connection was lost: it may
				   have happened or not */
	QUERY_FAILED		/* refused by the database; see sqlstate */
};

struct query_job;
struct query_rows;
struct blob;

struct query {
	enum statement_id	statement;
	int			nparams;
	int			binary;		/* the rows' form */
	/* Text form, NULL for null; must live until done() was called. */
	const char		*params[QUERY_PARAMS_MAX];
	void			(*done)(struct query *);
	void			*arg;		/* the caller's own */

	enum query_result	result;
	PGresult		*rows;	/* read only: others may have theirs in
					   it; query_clear() lets go of them */
	int			row;	/* the first that is this one's */
	char			sqlstate[6];

	/* lanes.c's own */
	struct query_job	*job;		/* while it is under way */
	struct query_rows	*shared;	/* whose rows are part of */
	int			attempts;
	int			alone;		/* not together with others */
};

/*
 * Starts the query; done() is always called later from the event loop, never
 * from inside this call.
 */
void	query_start(struct query *);

/* A value of the first row, as text; "" when it is NULL. */
const char	*query_text(const struct query *, int column);

/*
 * Where to keep what was made of rows that others have as well, for them to
 * take; NULL when they are this query's alone. It goes with the rows.
 */
struct blob	**query_made(const struct query *);

/* Lets go of the rows. Does nothing when there are none. */
void	query_clear(struct query *);

/* Forgets a query that is under way: done() will not be called. */
void	query_cancel(struct query *);

/* The state of the way to the database, for GET /ready and the errors. */
enum database_state {
	DATABASE_READY,
	DATABASE_UNREACHABLE,
	DATABASE_NOT_MIGRATED
};

enum database_state	database_state(void);

/*
 * Opens this worker's lanes to the database. conninfo is what PQconnectdb
 * takes; copied. Connections are opened in a thread and kept open for ever.
 */
void	lanes_start(const char *conninfo, int count);

/* Sends what was queued; called each time the worker is about to sleep. */
void	lanes_flush(void);

#endif
