#ifndef PARLEY_LIMITS_SIPHASH_H
#define PARLEY_LIMITS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY	16	/* octets */

/*
 * SipHash-2-4 (Aumasson and Bernstein, 2012): a short keyed hash. Who does not
 * know the key cannot choose inputs that collide, so nobody can aim at the
 * place of another in a table.
 */
uint64_t	siphash(const uint8_t key[SIPHASH_KEY], const void *data,
		    size_t len);

#endif
