#include <stdio.h>

#include "db/look.h"
#include "db/prune.h"
#include "settings.h"

#define PRUNE_TICK_MS	60000

static int	pruned(struct query *);

static struct look	sessions = {
	.query = { .statement = STATEMENT_session_prune },
	.seen = pruned
};
static struct look	audit = {
	.query = { .statement = STATEMENT_audit_prune, .nparams = 1 },
	.seen = pruned
};
static char		audit_days[16];

void
prune_worker_init(void)
{
	(void)snprintf(audit_days, sizeof(audit_days), "%d",
	    settings->audit_days);
	audit.query.params[0] = audit_days;
	look_every(&sessions, PRUNE_TICK_MS);
	look_every(&audit, PRUNE_TICK_MS);
}

/* As long as there are more, at once: the batches are small. */
static int
pruned(struct query *query)
{
	return (query->result == QUERY_OK && PQntuples(query->rows) > 0);
}
