#ifndef PARLEY_TLS_TLS_KEYS_H
#define PARLEY_TLS_TLS_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

/*
 * The sockets between the processes. The parent makes them before it forks and
 * keeps both ends, so that a worker started anew finds its own.
 */
#define TLS_SLOTS_MAX	255	/* Kore counts its workers in 8 bits */

struct tls_link {
	int	user;		/* the end of the worker, or of the parent */
	int	keys;		/* the end of the key manager */
};

struct tls_links {
	int			count;
	struct tls_link		control;	/* the parent's */
	struct tls_link		slots[TLS_SLOTS_MAX];
	volatile uint8_t	*alive;		/* shared by all, one a slot */
};

extern struct tls_links	tls_links;

/* Makes links for count workers; ends the process when that fails. */
void	tls_links_open(int count);

/*
 * Closes what is not this worker's and returns its end. A worker must not be
 * able to speak as the parent or as another worker.
 */
int	tls_links_keep(int slot);

/*
 * Hands a key to the key manager and waits for its verdict: 1, or 0 with one
 * line in error. The PEM stays the caller's, to be wiped. For the parent.
 */
int	tls_keys_load(const uint8_t *spki, size_t spki_len, const void *pem,
	    size_t pem_len, char *error, size_t size) MUST_CHECK;

#endif
