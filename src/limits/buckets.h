#ifndef PARLEY_LIMITS_BUCKETS_H
#define PARLEY_LIMITS_BUCKETS_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"
#include "limits/rate.h"

/*
 * Token buckets of all workers, in shared memory. A bucket is one 64-bit word:
 * whose it is, and when it will be full again (GCRA: that one time says all
 * about it). It changes by compare-and-swap and is never locked.
 *
 * There is room for so many, in sets of eight. When a set is full, whoever is
 * new takes over the bucket that is nearest to full, as it is (Space-Saving:
 * Metwally, Agrawal, El Abbadi 2005). So a flood of new keys only pushes out
 * others of its kind, a bucket that is nearly empty stays, and nobody gets a
 * fresh one by having the old one pushed out.
 */
struct bucket_state {
	unsigned int	left;		/* how often one may still take */
	unsigned int	full_after;	/* seconds until nothing is missing */
	unsigned int	retry_after;	/* the same until enough is there; 0: is */
	int		crowded;	/* somebody else's was taken over */
};

/* How much shared memory they take, and where it is. */
size_t		buckets_size(void);
void		buckets_attach(void *);

/* Whose bucket: any octets, for one kind of limit. */
uint64_t	bucket_key(unsigned int kind, const void *data, size_t len);

/*
 * Takes so many tokens from a bucket that holds rate.count and is filled at
 * that rate, at the time now (ms, monotonic). Returns 0, taking none, when
 * there are not enough.
 */
int		bucket_take(uint64_t key, struct rate, unsigned int tokens,
		    uint64_t now, struct bucket_state *) MUST_CHECK;

/* Puts back what was taken. */
void		bucket_give_back(uint64_t key, struct rate,
		    unsigned int tokens, uint64_t now);

#endif
