#include <sys/eventfd.h>
#include <sys/resource.h>

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <kore/kore.h>

#include "work/threads.h"

TAILQ_HEAD(job_list, job);

struct threads {
	struct kore_event	evt;	/* first: Kore calls evt.handle(threads) */
	int			fd;	/* counts jobs done */
	int			limit;
	int			nice;
	int			busy;	/* event loop only */
	pthread_mutex_t		lock;	/* guards the lists */
	pthread_cond_t		work;
	struct job_list		waiting;
	struct job_list		finished;
};

static void	*thread_main(void *);
static void	collect_finished(void *, int);

struct threads *
threads_start(int count, int limit, int nice)
{
	struct threads	*threads;
	pthread_attr_t	attr;
	pthread_t	tid;
	sigset_t	all, before;
	int		i;

	if ((threads = calloc(1, sizeof(*threads))) == NULL)
		fatal("threads_start: out of memory");

	threads->limit = limit;
	threads->nice = nice;
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

	/* On Linux this is the thread's alone. */
	if (threads->nice != 0)
		(void)setpriority(PRIO_PROCESS, 0, threads->nice);

	for (;;) {
		(void)pthread_mutex_lock(&threads->lock);
		while ((job = TAILQ_FIRST(&threads->waiting)) == NULL)
			(void)pthread_cond_wait(&threads->work, &threads->lock);
		TAILQ_REMOVE(&threads->waiting, job, list);
		(void)pthread_mutex_unlock(&threads->lock);

		job->work(job);

		(void)pthread_mutex_lock(&threads->lock);
		TAILQ_INSERT_TAIL(&threads->finished, job, list);
		(void)pthread_mutex_unlock(&threads->lock);
		(void)!write(threads->fd, &one, sizeof(one));
	}

	return (NULL);
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
