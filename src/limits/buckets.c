#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "limits/buckets.h"
#include "limits/siphash.h"

#define SETS		8192
#define SET_SLOTS	8	/* a cache line */

/*
 * A word: kind and fingerprint of the key, and when the bucket is full again in
 * ms since the machine started, which lasts for 34 years. 0 is nobody's.
 */
#define TIME_BITS	40
#define KIND_BITS	4
#define FULL		65536
#define TIME_MASK	(((uint64_t)1 << TIME_BITS) - 1)

typedef _Atomic uint64_t	slot;

struct table {
	uint8_t		key[SIPHASH_KEY];
	slot		periods[1 << KIND_BITS];	/* to fill one, ms */
	_Alignas(64) slot	sets[SETS][SET_SLOTS];
};

static slot	*find(uint64_t, uint64_t, uint64_t *, uint64_t *);
static slot	*takeover(slot *, uint64_t, uint64_t, uint64_t *, uint64_t *);
static int	same(uint64_t, uint64_t);
static uint64_t	missing(uint64_t, uint64_t);
static slot	*period_of(uint64_t);
static uint64_t	cost_of(struct rate, unsigned int);
static unsigned int	seconds_of(uint64_t);

static struct table	*table;

size_t
buckets_size(void)
{
	return (sizeof(struct table));
}

void
buckets_attach(void *memory)
{
	table = memory;
	if (RAND_bytes(table->key, sizeof(table->key)) != 1)
		abort();
}

uint64_t
bucket_key(unsigned int kind, const void *data, size_t len)
{
	uint64_t	hash;

	hash = siphash(table->key, data, len);

	/* Kind above, fingerprint below, and the set in the lowest bits. */
	return ((uint64_t)(kind + 1) << (64 - KIND_BITS) |
	    hash >> KIND_BITS);
}

int
bucket_take(uint64_t key, struct rate rate, unsigned int tokens, uint64_t now,
    struct bucket_state *state)
{
	uint64_t	old, full, then, period;
	slot		*where;
	int		taken;

	period = (uint64_t)rate.seconds * 1000;
	atomic_store_explicit(period_of(key), period, memory_order_relaxed);
	do {
		where = find(key, now, &old, &full);
		if (full < now)
			full = now;
		then = full + cost_of(rate, tokens);
		taken = then <= now + period;
		if (!taken)
			then = full;
	} while (!atomic_compare_exchange_strong(where, &old,
	    (key & ~TIME_MASK) | then));

	state->left = (unsigned int)((now + period - then) /
	    cost_of(rate, 1));
	state->crowded = old != 0 && !same(old, key) && missing(old, now) > 0;
	state->full_after = seconds_of(then - now);
	state->retry_after = taken ? 0 : seconds_of(full +
	    cost_of(rate, tokens) - now - period);

	return (taken);
}

void
bucket_give_back(uint64_t key, struct rate rate, unsigned int tokens,
    uint64_t now)
{
	uint64_t	old, full, cost;
	slot		*where;

	cost = cost_of(rate, tokens);
	do {
		where = find(key, now, &old, &full);
		if (!same(old, key) || full <= now)
			return;
		full = full - now > cost ? full - cost : now;
	} while (!atomic_compare_exchange_strong(where, &old,
	    (key & ~TIME_MASK) | full));
}

/*
 * The slot of a key, what it holds and when the bucket is full: the key's own,
 * or the one to be taken over.
 */
static slot *
find(uint64_t key, uint64_t now, uint64_t *old, uint64_t *full)
{
	slot		*set = table->sets[key % SETS];
	slot		*found;
	uint64_t	word;
	int		i;

	/* Two at once may have begun two: the emptier one counts. */
	found = NULL;
	for (i = 0; i < SET_SLOTS; i++) {
		word = atomic_load_explicit(&set[i], memory_order_relaxed);
		if (same(word, key) && (found == NULL ||
		    (word & TIME_MASK) > *full)) {
			found = &set[i];
			*old = word;
			*full = word & TIME_MASK;
		}
	}

	return (found != NULL ? found : takeover(set, key, now, old, full));
}

static slot *
takeover(slot *set, uint64_t key, uint64_t now, uint64_t *old, uint64_t *full)
{
	uint64_t	word, least, lacks;
	slot		*found;
	int		i;

	found = &set[0];
	least = UINT64_MAX;
	for (i = 0; i < SET_SLOTS && least > 0; i++) {
		word = atomic_load_explicit(&set[i], memory_order_relaxed);
		if ((lacks = missing(word, now)) < least) {
			found = &set[i];
			least = lacks;
			*old = word;
		}
	}
	*full = now + atomic_load_explicit(period_of(key),
	    memory_order_relaxed) * least / FULL;

	return (found);
}

static int
same(uint64_t a, uint64_t b)
{
	return (((a ^ b) & ~TIME_MASK) == 0);
}

/* How much of a bucket is missing, in parts of FULL. */
static uint64_t
missing(uint64_t word, uint64_t now)
{
	uint64_t	period, full;

	full = word & TIME_MASK;
	period = atomic_load_explicit(period_of(word), memory_order_relaxed);
	if (full <= now || period == 0)
		return (0);

	return ((full - now) * FULL / period);
}

static slot *
period_of(uint64_t word)
{
	return (&table->periods[word >> (64 - KIND_BITS)]);
}

static uint64_t
cost_of(struct rate rate, unsigned int tokens)
{
	return ((uint64_t)rate.seconds * 1000 * tokens / rate.count);
}

static unsigned int
seconds_of(uint64_t ms)
{
	return ((unsigned int)((ms + 999) / 1000));
}
