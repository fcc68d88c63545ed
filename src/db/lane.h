#ifndef PARLEY_DB_LANE_H
#define PARLEY_DB_LANE_H

#include <sys/queue.h>

#include <libpq-fe.h>

#include <kore/kore.h>

#include "db/lane_open.h"
#include "db/query.h"
#include "work/threads.h"

/*
 * One connection in libpq's pipeline mode. lane.c sends and reads on it,
 * lanes.c has all of a worker's and what waits for them.
 */
#define QUERY_ATTEMPTS_MAX	3

enum lane_state {
	LANE_DOWN,
	LANE_CONNECTING,
	LANE_UP
};

/*
 * The answer to many at once, each of whom has a row, or all the same ones;
 * freed by the last.
 */
struct query_rows {
	PGresult	*rows;
	struct blob	*made;		/* of the same ones; see query.h */
	int		same;
	int		holders;
};

struct query_job {
	struct query		*query;		/* NULL once it was cancelled */
	enum statement_id	statement;
	int			sync;		/* a mark, not a statement */
	int			answered;	/* its result came; NULL is due */
	PGresult		*rows;		/* of a write until its sync */
	u_int64_t		since;
	struct query_job	*next;		/* who is asked for with it */
	TAILQ_ENTRY(query_job)	list;
};

TAILQ_HEAD(query_jobs, query_job);

struct lane {
	struct kore_event	evt;	/* first: Kore calls evt.handle(lane) */
	enum lane_state		state;
	PGconn			*db;
	int			fd;
	int			writable_wanted;
	int			slow;		/* carries slow ones first */
	int			inflight;	/* statements and syncs in sent */
	u_int64_t		progress;	/* when it last answered */
	u_int64_t		retry_at;
	struct query_jobs	sent;		/* in the order of their results */
	struct query_job	*committing;	/* the write before this sync */

	struct job		open;		/* the thread's part */
	PGconn			*opened;
	enum lane_open_result	open_result;
	char			why[256];
};

/* Sends at most so many of what waits; only on a lane with nothing in flight. */
void			lane_send(struct lane *, struct query_jobs *, int);

/* Takes the results that have come. */
void			lane_read(struct lane *);

/* Answers the write before the sync; error is of its commit, or NULL. */
void			lane_committed(struct lane *, enum query_result,
			    PGresult *error);

/* lanes.c's: the connection is gone. */
void			lane_lost(struct lane *, const char *why);

/* The next job that somebody still waits for, or NULL. */
struct query_job	*waiting_take(struct query_jobs *);

/*
 * Takes those that can be asked for together with this one, which has them as
 * its next ones; at most so many in all. Returns how many they are with it.
 */
int			waiting_join(struct query_jobs *, struct query_job *,
			    int most);

/* Queues the query of a job that came back without having run. */
void			query_resume(struct query_job *);

/* query_job.c's. Once a worker, before the first query. */
void			jobs_init(void);

struct query_job	*job_new(void);
void			job_free(struct query_job *);

/* Takes one of those that were asked for with it, or NULL. */
struct query_job	*job_part(struct query_job *);

/* Hands the result to whoever asked; the job is then nobody's. */
void			job_finish(struct query_job *, enum query_result,
			    PGresult *rows);

/* As job_finish, without rows, to all that were with it. */
void			job_finish_all(struct query_job *, enum query_result);

/*
 * As job_finish, to all that were with it, which are freed: each gets its own
 * row, or the same ones of what is shared.
 */
void			job_finish_many(struct query_job *, PGresult *rows);

#endif
