#ifndef PARLEY_HTTP_SPREAD_H
#define PARLEY_HTTP_SPREAD_H

#include <stddef.h>

/*
 * Which worker serves a client. All of them wait at the same listening sockets,
 * and the kernel wakes one for each client that comes: often the same one. A
 * worker that has more connections than another passes a new one on to it, so
 * that all have as many, and no core idles while another has all the work.
 *
 * Kore's own way, a lock that goes round by messages through the parent, costs
 * four processes' wakeups a connection and is not fair. Needs at link time:
 *	--wrap=kore_platform_enable_accept --wrap=kore_platform_disable_accept
 */

/* Its part of the shared memory. */
size_t	spread_size(void);
void	spread_attach(void *);

/* In the parent, before it forks, once the settings are known. */
void	spread_open(void);

/* A worker (of which is the number, from 0) takes clients from now on. */
void	spread_worker_init(int which);

/* Closes what only workers use. */
void	spread_close(void);

/* Each turn of the loop: says how many connections this worker has. */
void	spread_publish(void);

/*
 * Takes who has connected already, and who was passed on; then closes the
 * listening sockets for all processes at once.
 */
void	spread_stop(void);

#endif
