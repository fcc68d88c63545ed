#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kore/kore.h>
#include <kore/http.h>

#include "data/openssl_memory.h"
#include "data/passphrase.h"
#include "http/reply.h"
#include "identity/hashing.h"
#include "metrics/metrics.h"

#define HASHING_QUEUE		64	/* a worker's passwords in the works */
#define HASHING_TICK_MS		1000
#define HASHING_REST_MS		3000	/* then the memory goes back */

/* The thread's copy of everything: the exchange may vanish meanwhile. */
struct password_work {
	struct job		job;
	struct exchange		*exchange;	/* NULL: nobody waits any more */
	int			running;
	int			abandoned;	/* atomic: not worth beginning */
	u_int64_t		since;
	int			create;
	char			*password;
	size_t			len;
	char			*stored;
	enum password_result	verdict;
	int			hashed;
	char			hash[PASSWORD_HASH_MAX];
};

static void	work_start(struct exchange *, page_step *, int, const char *,
		    size_t, const char *);
static void	work_run(struct job *);
static void	work_done(struct job *);
static void	work_free(struct password_work *);
static void	tick(void *, u_int64_t);
static enum password_result	verify(const struct password_work *,
				    struct span);

static struct threads	*threads;
static u_int64_t	ended;	/* the last hash; 0: its memory went back */

void
hashing_worker_init(void)
{
	openssl_memory_worker_init();
	/*
	 * One a worker: workers are as many as the cores they may use. Answers
	 * go before passwords.
	 */
	threads = threads_start(1, HASHING_QUEUE, 1);
	(void)kore_timer_add(tick, HASHING_TICK_MS, NULL, 0);
}

void
hashing_create(struct exchange *x, page_step *next, const char *password,
    size_t len)
{
	work_start(x, next, 1, password, len, NULL);
}

void
hashing_compare(struct exchange *x, page_step *next, const char *password,
    size_t len, const char *stored)
{
	work_start(x, next, 0, password, len, stored);
}

enum password_result
hashing_verdict(const struct exchange *x)
{
	return (x->work->verdict);
}

const char *
hashing_hash(const struct exchange *x)
{
	return (x->work->hashed ? x->work->hash : NULL);
}

int
hashing_busy(void)
{
	return (threads_busy(threads) > 0);
}

void
hashing_forget(struct exchange *x)
{
	struct password_work	*work = x->work;

	if (work == NULL)
		return;

	x->work = NULL;
	work->exchange = NULL;
	__atomic_store_n(&work->abandoned, 1, __ATOMIC_RELAXED);
	if (!work->running)
		work_free(work);
}

static void
work_start(struct exchange *x, page_step *next, int create,
    const char *password, size_t len, const char *stored)
{
	struct password_work	*work;

	hashing_forget(x);
	if ((work = calloc(1, sizeof(*work))) == NULL ||
	    (work->password = malloc(len + 1)) == NULL ||
	    (stored != NULL && (work->stored = strdup(stored)) == NULL))
		fatal("hashing: out of memory");

	memcpy(work->password, password, len);
	work->password[len] = '\0';
	work->len = len;
	work->create = create;
	work->exchange = x;
	work->verdict = PASSWORD_WRONG;
	work->job.work = work_run;
	work->job.done = work_done;

	if (!threads_submit(threads, &work->job)) {
		work_free(work);
		metric_add(METRIC_hashing_refused_total, 0, 0, 1);
		reply_outcome(x, OUTCOME_overloaded);
		return;
	}
	work->running = 1;
	work->since = kore_time_ms();
	metric_add(METRIC_hashing_jobs, 0, 0, 1);
	x->work = work;
	x->next = next;
	http_request_sleep(x->req);
}

/* In a thread. */
static void
work_run(struct job *job)
{
	struct password_work	*work;
	struct span		typed, normal;
	char			*copy;

	work = (struct password_work *)(void *)job;
	if (__atomic_load_n(&work->abandoned, __ATOMIC_RELAXED))
		return;

	typed.data = work->password;
	typed.len = work->len;
	copy = passphrase_normal(typed, &normal.len);
	normal.data = copy;
	if (copy == NULL)
		normal = typed;

	if (!work->create)
		work->verdict = verify(work, normal);
	if (work->create || work->verdict == PASSWORD_OK_REHASH)
		work->hashed = password_hash(normal.data, normal.len,
		    work->hash, sizeof(work->hash));
	passphrase_free(copy, normal.len);
}

/*
 * By the normal form, and as it was typed, which is what the old service
 * hashed. Whether both are tried depends on what was typed alone: the time
 * must not tell who exists.
 */
static enum password_result
verify(const struct password_work *work, struct span normal)
{
	enum password_result	verdict;

	verdict = password_verify(work->password, work->len, work->stored);
	if (normal.len == work->len &&
	    memcmp(normal.data, work->password, work->len) == 0)
		return (verdict);
	if (verdict == PASSWORD_OK || verdict == PASSWORD_OK_REHASH)
		return (PASSWORD_OK_REHASH);

	return (password_verify(normal.data, normal.len, work->stored));
}

static void
work_done(struct job *job)
{
	struct password_work	*work;

	work = (struct password_work *)(void *)job;
	work->running = 0;
	ended = kore_time_ms();
	metric_add(METRIC_hashing_jobs, 0, 0, -1);
	metric_observe(METRIC_hashing_duration_seconds, 0, 0,
	    (ended - work->since) * 1000);
	explicit_bzero(work->password, work->len);

	if (work->exchange == NULL)
		work_free(work);
	else
		exchange_wake(work->exchange);
}

static void
work_free(struct password_work *work)
{
	explicit_bzero(work->password, work->len);
	free(work->password);
	free(work->stored);
	explicit_bzero(work, sizeof(*work));
	free(work);
}

/* Here and not in the thread, which might not run in the middle of it. */
static void
tick(void *arg, u_int64_t now)
{
	(void)arg;

	if (ended == 0 || hashing_busy() || now < ended + HASHING_REST_MS)
		return;
	openssl_memory_release();
	ended = 0;
}
