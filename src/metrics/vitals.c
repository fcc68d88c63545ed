#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "db/look.h"
#include "metrics/metrics.h"
#include "metrics/vitals.h"

#define VITALS_TICK_MS		1000
#define VITALS_BACKLOG_TICKS	10	/* between two looks at the database */

/* The columns of backlog's row. */
enum backlog_column {
	BACKLOG_OUTCOME,
	BACKLOG_ERRANDS,
	BACKLOG_OLDEST
};

static void	tick(void *, u_int64_t);
static int	backlog_seen(struct query *);
static uint64_t	cpu_us(void);
static uint64_t	resident_bytes(void);
static uint64_t	heap_bytes(void);

static struct look	backlog = {
	.query = { .statement = STATEMENT_backlog },
	.seen = backlog_seen
};
static unsigned int	ticks;
static u_int64_t	due;
static int		statm = -1;

void
vitals_worker_init(void)
{
	/* Not there in a CHROOT: the number is 0 then. */
	statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	due = kore_time_ms() + VITALS_TICK_MS;
	(void)kore_timer_add(tick, VITALS_TICK_MS, NULL, 0);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)arg;

	if (now > due)
		metric_add(METRIC_worker_delay_seconds_total, 0, 0,
		    (int64_t)(now - due) * 1000);
	due = now + VITALS_TICK_MS;

	metric_set(METRIC_worker_cpu_seconds_total, cpu_us());
	metric_set(METRIC_worker_resident_bytes, resident_bytes());
	metric_set(METRIC_worker_heap_bytes, heap_bytes());
	metric_set(METRIC_workers_with_database,
	    database_state() == DATABASE_READY);

	/* One asks for all; a killed worker is soon there again. */
	if (worker->id == 1 && ticks++ % VITALS_BACKLOG_TICKS == 0)
		look_now(&backlog);
}

static int
backlog_seen(struct query *query)
{
	if (query->result == QUERY_OK && PQntuples(query->rows) == 1) {
		metric_set(METRIC_outbox_pending, strtoull(PQgetvalue(
		    query->rows, 0, BACKLOG_ERRANDS), NULL, 10));
		metric_set(METRIC_outbox_oldest_seconds, strtoull(PQgetvalue(
		    query->rows, 0, BACKLOG_OLDEST), NULL, 10));
	}

	return (0);
}

static uint64_t
cpu_us(void)
{
	struct timespec	used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);

	return ((uint64_t)used.tv_sec * 1000000 +
	    (uint64_t)used.tv_nsec / 1000);
}

/* The second number of statm, in pages. */
static uint64_t
resident_bytes(void)
{
	unsigned long long	pages;
	char			text[128];
	ssize_t			len;

	if (statm == -1 || (len = pread(statm, text, sizeof(text) - 1, 0)) < 1)
		return (0);
	text[len] = '\0';
	if (sscanf(text, "%*u %llu", &pages) != 1)
		return (0);

	return (pages * 4096);
}

/* Kore's pools are not among it; what each thread keeps at hand is. */
static uint64_t
heap_bytes(void)
{
	struct mallinfo2	info;

	info = mallinfo2();

	return (info.uordblks + info.hblkhd);
}
