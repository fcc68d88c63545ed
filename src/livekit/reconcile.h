#ifndef PARLEY_LIVEKIT_RECONCILE_H
#define PARLEY_LIVEKIT_RECONCILE_H

/*
 * Asks LiveKit every RECONCILE_SECONDS who is in its rooms, and mends what the
 * database believes: webhooks may be late, lost or forged by nobody. Every few
 * seconds it also asks which calls live, which shows a LiveKit that was started
 * anew. One worker of all nodes does it at a time. To be called once a worker.
 */
void	reconcile_worker_init(void);

#endif
