#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "limits/peers.h"
#include "limits/siphash.h"
#include "settings.h"

#define ROWS	4
#define COLUMNS	16384	/* 14 bits of a hash each */

typedef _Atomic uint16_t	counter;

struct sketch {
	uint8_t	key[SIPHASH_KEY];
	/* For each place, one counter a worker. */
	_Alignas(64) counter	places[];
};

static counter	*place(int, uint64_t);
static int	crowd(uint64_t);
static void	add(uint64_t, int);

static struct sketch	*sketch;
static int		nworkers, own;

size_t
peers_size(void)
{
	return (sizeof(struct sketch) +
	    sizeof(counter) * ROWS * COLUMNS * (size_t)settings->workers);
}

void
peers_attach(void *memory)
{
	sketch = memory;
	nworkers = settings->workers;
	if (RAND_bytes(sketch->key, sizeof(sketch->key)) != 1)
		abort();
}

void
peers_worker_init(int which)
{
	size_t	i;

	own = which;
	for (i = 0; i < ROWS * COLUMNS; i++)
		sketch->places[i * (size_t)nworkers + (size_t)own] = 0;
}

/* Counted before it is looked at: two at once see each other. */
int
peers_enter(const void *octets, size_t len, int limit)
{
	uint64_t	hash;

	hash = siphash(sketch->key, octets, len);
	add(hash, 1);
	if (crowd(hash) <= limit)
		return (1);
	add(hash, -1);

	return (0);
}

void
peers_leave(const void *octets, size_t len)
{
	add(siphash(sketch->key, octets, len), -1);
}

static int
crowd(uint64_t hash)
{
	counter	*counters;
	int	row, worker, sum, least;

	least = -1;
	for (row = 0; row < ROWS; row++) {
		counters = place(row, hash);
		sum = 0;
		for (worker = 0; worker < nworkers; worker++)
			sum += atomic_load_explicit(&counters[worker],
			    memory_order_seq_cst);
		if (least == -1 || sum < least)
			least = sum;
	}

	return (least);
}

/* Only this worker writes to its counters. */
static void
add(uint64_t hash, int n)
{
	counter	*mine;
	int	row;

	for (row = 0; row < ROWS; row++) {
		mine = place(row, hash) + own;
		atomic_store_explicit(mine, (uint16_t)(atomic_load_explicit(
		    mine, memory_order_relaxed) + n), memory_order_seq_cst);
	}
}

/* Each row takes other bits of the hash. */
static counter *
place(int row, uint64_t hash)
{
	size_t	column;

	column = (size_t)(hash >> (row * 14)) % COLUMNS;

	return (&sketch->places[((size_t)row * COLUMNS + column) *
	    (size_t)nworkers]);
}
