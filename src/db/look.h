#ifndef PARLEY_DB_LOOK_H
#define PARLEY_DB_LOOK_H

#include "db/query.h"

/*
 * What a worker looks for in the database by itself, now and then: never while
 * the last look is under way, nor while the database is away.
 */
struct look {
	/* With its parameters, if it has any. */
	struct query	query;
	/*
	 * Gets what was found, or that nothing could be; returns 1 when there
	 * is more, to look again at once. May be NULL.
	 */
	int		(*seen)(struct query *);
	int		under_way;	/* look.c's own */
};

void	look_now(struct look *);

/* Every so many milliseconds, from now on. The look must last. */
void	look_every(struct look *, unsigned int);

#endif
