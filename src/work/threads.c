#include <sys/eventfd.h>

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "work/threads.h"

#define REST_MAX_NS	((int64_t)1000000000)

TAILQ_HEAD(job_list, job);

struct threads {
	struct kore_event	evt;	/* first: Kore calls evt.handle(threads) */
	int			fd;	/* counts jobs done */
	int			limit;
	int			polite;
	int			busy;	/* event loop only */
	pthread_mutex_t		lock;	/* guards the lists */
	pthread_cond_t		work;
	struct job_list		waiting;
	struct job_list		finished;
};

static void	*thread_main(void *);
static int64_t	waited(void);
static void	rest(int64_t);
static void	collect_finished(void *, int);

struct threads *
threads_start(int count, int limit, int polite)
{
	struct threads	*threads;
	pthread_attr_t	attr;
	pthread_t	tid;
	sigset_t	all, before;
	int		i;

	if ((threads = calloc(1, sizeof(*threads))) == NULL)
		fatal("threads_start: out of memory");

	threads->limit = limit;
	threads->polite = polite;
	TAILQ_INIT(&threads->waiting);
	TAILQ_INIT(&threads->finished);
	threads->evt.type = KORE_TYPE_TASK;
	threads->evt.handle = collect_finished;

	if ((threads->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) == -1)
		fatal("eventfd: %s", errno_s);
	kore_platform_event_level_read(threads->fd, threads);

	if (pthread_mutex_init(&threads->lock, NULL) != 0 ||
	    pthread_cond_init(&threads->work, NULL) != 0 ||
	    pthread_attr_init(&attr) != 0)
		fatal("threads_start: no lock");
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);

	/* Signals are for the event loop alone. */
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	for (i = 0; i < count; i++) {
		if (pthread_create(&tid, &attr, thread_main, threads) != 0)
			fatal("pthread_create: %s", errno_s);
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);

	return (threads);
}

int
threads_submit(struct threads *threads, struct job *job)
{
	if (threads->busy >= threads->limit)
		return (0);
	threads->busy++;

	(void)pthread_mutex_lock(&threads->lock);
	TAILQ_INSERT_TAIL(&threads->waiting, job, list);
	(void)pthread_cond_signal(&threads->work);
	(void)pthread_mutex_unlock(&threads->lock);

	return (1);
}

int
threads_busy(const struct threads *threads)
{
	return (threads->busy);
}

static void *
thread_main(void *arg)
{
	struct threads	*threads = arg;
	struct job	*job;
	uint64_t	one = 1;
	int64_t		before;

	for (;;) {
		(void)pthread_mutex_lock(&threads->lock);
		while ((job = TAILQ_FIRST(&threads->waiting)) == NULL)
			(void)pthread_cond_wait(&threads->work, &threads->lock);
		TAILQ_REMOVE(&threads->waiting, job, list);
		(void)pthread_mutex_unlock(&threads->lock);

		before = waited();
		job->work(job);

		(void)pthread_mutex_lock(&threads->lock);
		TAILQ_INSERT_TAIL(&threads->finished, job, list);
		(void)pthread_mutex_unlock(&threads->lock);
		(void)!write(threads->fd, &one, sizeof(one));

		if (threads->polite)
			rest(waited() - before);
	}

	return (NULL);
}

/* Nanoseconds in which this thread did not run, up to a constant. */
static int64_t
waited(void)
{
	struct timespec	now, used;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1 ||
	    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == -1)
		return (0);

	return ((int64_t)(now.tv_sec - used.tv_sec) * 1000000000 +
	    now.tv_nsec - used.tv_nsec);
}

static void
rest(int64_t ns)
{
	struct timespec	time;

	if (ns <= 0)
		return;
	if (ns > REST_MAX_NS)
		ns = REST_MAX_NS;
	time.tv_sec = (time_t)(ns / 1000000000);
	time.tv_nsec = (long)(ns % 1000000000);
	(void)nanosleep(&time, NULL);
}

static void
collect_finished(void *arg, int error)
{
	struct threads	*threads = arg;
	struct job_list	finished;
	struct job	*job;
	uint64_t	count;

	if (error)
		fatal("error on the threads' event descriptor");

	(void)!read(threads->fd, &count, sizeof(count));

	TAILQ_INIT(&finished);
	(void)pthread_mutex_lock(&threads->lock);
	TAILQ_CONCAT(&finished, &threads->finished, list);
	(void)pthread_mutex_unlock(&threads->lock);

	while ((job = TAILQ_FIRST(&finished)) != NULL) {
		TAILQ_REMOVE(&finished, job, list);
		threads->busy--;
		job->done(job);
	}
}
