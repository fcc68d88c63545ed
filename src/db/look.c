#include <kore/kore.h>

#include "db/look.h"

static void	tick(void *, u_int64_t);
static void	looked(struct query *);

void
look_now(struct look *look)
{
	if (look->under_way || database_state() != DATABASE_READY)
		return;

	look->under_way = 1;
	look->query.done = looked;
	look->query.arg = look;
	query_start(&look->query);
}

void
look_every(struct look *look, unsigned int ms)
{
	(void)kore_timer_add(tick, ms, look, 0);
}

static void
tick(void *arg, u_int64_t now)
{
	(void)now;

	look_now(arg);
}

static void
looked(struct query *query)
{
	struct look	*look = query->arg;
	int		again;

	again = look->seen != NULL && look->seen(query);
	query_clear(query);
	look->under_way = 0;
	if (again)
		look_now(look);
}
