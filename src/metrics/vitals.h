#ifndef PARLEY_METRICS_VITALS_H
#define PARLEY_METRICS_VITALS_H

/*
 * What no event tells: each worker's processor time, memory and punctuality,
 * and the queues that are in the database. To be called once a worker.
 */
void	vitals_worker_init(void);

#endif
