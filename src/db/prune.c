#include <kore/kore.h>

#include "db/prune.h"
#include "db/query.h"

#define PRUNE_TICK_MS	60000

static void	tick(void *, u_int64_t);
static void	pruned(struct query *);

static struct query	query;
static int		running;

void
prune_worker_init(void)
{
	(void)kore_timer_add(tick, PRUNE_TICK_MS, NULL, 0);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;

	if (running || database_state() != DATABASE_READY)
		return;

	running = 1;
	query.statement = STATEMENT_session_prune;
	query.nparams = 0;
	query.done = pruned;
	query_start(&query);
}

/* As long as there are more, at once: the batches are small. */
static void
pruned(struct query *done)
{
	int	more;

	more = done->result == QUERY_OK && PQntuples(done->rows) > 0;
	PQclear(done->rows);
	done->rows = NULL;
	if (more)
		query_start(done);
	else
		running = 0;
}
