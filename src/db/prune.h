#ifndef PARLEY_DB_PRUNE_H
#define PARLEY_DB_PRUNE_H

/* Once a worker: rows that are out of date go, some at a time. */
void	prune_worker_init(void);

#endif
