#include <kore/kore.h>

#include "db/query.h"
#include "livekit/schedule.h"

#define SCHEDULE_TICK_MS	1000

static void	look(void *, u_int64_t);
static void	looked(struct query *);

static struct query	run;
static int		running;

void
schedule_worker_init(void)
{
	(void)kore_timer_add(look, SCHEDULE_TICK_MS, NULL, 0);
}

static void
look(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;

	if (running || database_state() != DATABASE_READY)
		return;

	running = 1;
	run.statement = STATEMENT_schedule_run;
	run.nparams = 0;
	run.done = looked;
	query_start(&run);
}

/* What could not be done stays due. */
static void
looked(struct query *query)
{
	running = 0;
	query_clear(query);
}
