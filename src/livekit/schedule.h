#ifndef PARLEY_LIVEKIT_SCHEDULE_H
#define PARLEY_LIVEKIT_SCHEDULE_H

/*
 * Tells people that their call ends soon, and ends it: every worker of every
 * node looks for what the database says is due; the outbox carries it to
 * LiveKit. To be called once a worker.
 */
void	schedule_worker_init(void);

#endif
