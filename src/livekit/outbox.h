#ifndef PARLEY_LIVEKIT_OUTBOX_H
#define PARLEY_LIVEKIT_OUTBOX_H

/*
 * Carries out in LiveKit what was decided in the database: every worker of
 * every node looks for errands that are due, and retries until LiveKit has done
 * it or says that there is nothing to do. To be called once a worker.
 */
void	outbox_worker_init(void);

#endif
