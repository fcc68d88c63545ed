#ifndef PARLEY_WORK_THREADS_H
#define PARLEY_WORK_THREADS_H

#include <sys/queue.h>

#include "data/span.h"

/*
 * Threads beside a worker's event loop, for what would hold it up: hashing a
 * password, opening a connection to the database.
 *
 * Not Kore's tasks: those are dealt out in turn, so that one waits behind a
 * busy thread while others are idle; their queue has no bound; and their
 * threads take a spurious wakeup for work (tasks.c waits with `if').
 */
struct job {
	void			(*work)(struct job *);	/* in a thread */
	void			(*done)(struct job *);	/* in the event loop */
	TAILQ_ENTRY(job)	list;
};

struct threads;

/*
 * Starts count threads that take jobs in order. At most limit jobs may wait or
 * run. Call it in a worker. Never NULL: without threads a worker is no use.
 *
 * Polite ones rest behind each job for as long as it had to wait for a core:
 * on an idle machine never, on a busy one they leave the others more than
 * their share. nice(2) would be heard by our own session alone (sched(7), "The
 * autogroup feature"), or by our own control group, and not by PostgreSQL.
 */
struct threads	*threads_start(int count, int limit, int polite);

/*
 * Hands over a job. Its memory stays with the caller and must live until
 * done() was called, which always happens. Returns 0, taking nothing, when
 * limit jobs are there already.
 */
int		threads_submit(struct threads *, struct job *) MUST_CHECK;

/* Jobs waiting or running. */
int		threads_busy(const struct threads *);

#endif
