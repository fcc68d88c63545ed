#include <stdio.h>

#include <kore/kore.h>

#include "db/prune.h"
#include "db/query.h"
#include "settings.h"

#define PRUNE_TICK_MS	60000

static void	tick(void *, u_int64_t);
static void	prune(struct query *, enum statement_id, const char *);
static void	pruned(struct query *);

static struct query	sessions, audit;
static char		audit_days[16];

void
prune_worker_init(void)
{
	(void)snprintf(audit_days, sizeof(audit_days), "%d",
	    settings->audit_days);
	(void)kore_timer_add(tick, PRUNE_TICK_MS, NULL, 0);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)arg;
	(void)now;

	if (database_state() != DATABASE_READY)
		return;
	prune(&sessions, STATEMENT_session_prune, NULL);
	prune(&audit, STATEMENT_audit_prune, audit_days);
}

static void
prune(struct query *query, enum statement_id statement, const char *param)
{
	if (query->arg != NULL)
		return;

	query->arg = query;	/* it is under way */
	query->statement = statement;
	query->params[0] = param;
	query->nparams = param == NULL ? 0 : 1;
	query->done = pruned;
	query_start(query);
}

/* As long as there are more, at once: the batches are small. */
static void
pruned(struct query *query)
{
	int	more;

	more = query->result == QUERY_OK && PQntuples(query->rows) > 0;
	query_clear(query);
	if (more)
		query_start(query);
	else
		query->arg = NULL;
}
