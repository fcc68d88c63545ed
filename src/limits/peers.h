#ifndef PARLEY_LIMITS_PEERS_H
#define PARLEY_LIMITS_PEERS_H

#include <stddef.h>

#include "data/span.h"

/*
 * How many connections each address has, over all workers. Not a table of
 * addresses, which would have to be searched, made room in and mended after a
 * killed worker, but a count-min sketch (Cormode and Muthukrishnan 2005): an
 * address has four counters, shared with whoever happens to hash there too,
 * and its number is the smallest of them. It is never too small, and too large
 * only by the crowd of the emptiest of four places that nobody can aim at.
 *
 * Each worker counts in counters of its own, which are added up; one that
 * starts anew sets its own to zero: the connections went with the one before.
 */

/* How much shared memory they take, and where it is. */
size_t	peers_size(void);
void	peers_attach(void *);

/* Once a worker; the first is 0. */
void	peers_worker_init(int which);

/*
 * Counts one more connection of these octets' owner, unless that would be more
 * than limit: then 0.
 */
int	peers_enter(const void *octets, size_t len, int limit) MUST_CHECK;

/* It ended. */
void	peers_leave(const void *octets, size_t len);

#endif
