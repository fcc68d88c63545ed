/* Threads: jobs are bounded and in order, polite ones leave more to others. */
/* sources: src/work/threads.c */
/* libraries: -lpthread */

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "work/threads.h"

#include "check.h"

#define ROUNDS		10
#define BURN_NS		((int64_t)30000000)

struct burn {
	struct job	job;	/* first: the pool knows it as a job */
	int64_t		used;
	int		place;
};

static void			*pool;	/* as Kore's events know it */
static struct kore_event	*event;
static int			finished, first_done;
static int			over;	/* atomic */

/* Kore's part of the event loop. */
void
kore_platform_event_level_read(int fd, void *data)
{
	(void)fd;
	pool = data;
	event = data;
}

void
fatal(const char *format, ...)
{
	va_list	args;

	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	abort();
}

static int64_t
used(void)
{
	struct timespec	now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);

	return ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
}

static void
burn(struct job *job)
{
	struct burn	*mine = (struct burn *)(void *)job;
	int64_t		began = used();

	while (used() - began < BURN_NS)
		;
	mine->used = used() - began;
}

static void
burnt(struct job *job)
{
	struct burn	*mine = (struct burn *)(void *)job;

	if (finished++ == 0)
		first_done = mine->place;
}

static void *
compete(void *arg)
{
	int64_t	*mine = arg;

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED))
		;
	*mine = used();

	return (NULL);
}

/* The event loop, until so many jobs were handed back. */
static void
loop_until(int count)
{
	while (finished < count) {
		event->handle(pool, 0);
		(void)usleep(1000);
	}
}

static void
are_bounded_and_in_order(void)
{
	struct burn	jobs[3];
	struct threads	*threads;
	int		i;

	memset(jobs, 0, sizeof(jobs));
	finished = 0;
	threads = threads_start(1, 2, 0);
	for (i = 0; i < 3; i++) {
		jobs[i].job.work = burn;
		jobs[i].job.done = burnt;
		jobs[i].place = i;
		CHECK(threads_submit(threads, &jobs[i].job) == (i < 2), "%d",
		    i);
	}
	CHECK(threads_busy(threads) == 2, "%d", threads_busy(threads));
	loop_until(2);
	CHECK(first_done == 0, "%d was first", first_done);
	CHECK(threads_busy(threads) == 0, "%d", threads_busy(threads));
	CHECK(threads_submit(threads, &jobs[2].job), "room again");
	loop_until(3);
}

/* What jobs use of a core that somebody else wants all the time. */
static double
share(int polite)
{
	struct burn	jobs[ROUNDS];
	struct threads	*threads;
	pthread_t	competitor;
	int64_t		mine = 0, others = 0;
	int		i;

	memset(jobs, 0, sizeof(jobs));
	finished = 0;
	over = 0;
	threads = threads_start(1, ROUNDS, polite);
	CHECK(pthread_create(&competitor, NULL, compete, &others) == 0,
	    "no thread");
	for (i = 0; i < ROUNDS; i++) {
		jobs[i].job.work = burn;
		jobs[i].job.done = burnt;
		CHECK(threads_submit(threads, &jobs[i].job), "%d", i);
	}
	loop_until(ROUNDS);
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	(void)pthread_join(competitor, NULL);

	for (i = 0; i < ROUNDS; i++)
		mine += jobs[i].used;

	return ((double)mine / (double)(mine + others));
}

/* One core for all threads: half of it each, or a third for who is polite. */
static void
polite_ones_leave_more(void)
{
	cpu_set_t	all, one;
	double		rude, polite;
	int		i;

	(void)sched_getaffinity(0, sizeof(all), &all);
	for (i = 0; i < CPU_SETSIZE && !CPU_ISSET(i, &all); i++)
		;
	CPU_ZERO(&one);
	CPU_SET(i, &one);
	CHECK(sched_setaffinity(0, sizeof(one), &one) == 0, "core %d", i);

	rude = share(0);
	polite = share(1);
	CHECK(rude > 0.44 && rude < 0.56, "%.2f", rude);
	CHECK(polite > 0.2 && polite < 0.4, "%.2f", polite);
}

int
main(void)
{
	are_bounded_and_in_order();
	polite_ones_leave_more();

	return (check_end());
}
