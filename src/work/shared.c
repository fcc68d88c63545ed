#include <sys/mman.h>

#include <stddef.h>

#include <kore/kore.h>

#include "http/spread.h"
#include "limits/buckets.h"
#include "limits/peers.h"
#include "metrics/metrics.h"
#include "work/shared.h"

#define PART_ALIGNMENT	4096

/* Who keeps what in it: how much they need, and where they find it. */
static const struct {
	size_t	(*size)(void);
	void	(*attach)(void *);
} parts[] = {
	{ metrics_size, metrics_attach },
	{ buckets_size, buckets_attach },
	{ peers_size, peers_attach },
	{ spread_size, spread_attach },
};

#define NPARTS	(sizeof(parts) / sizeof(parts[0]))

static size_t	part_size(size_t);

void
shared_init(void)
{
	size_t	total, i;
	char	*memory;

	total = 0;
	for (i = 0; i < NPARTS; i++)
		total += part_size(i);

	/* Zeroed, and pages that nobody touches cost nothing. */
	memory = mmap(NULL, total, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		fatal("shared memory of %zu bytes: %s", total, errno_s);

	for (i = 0; i < NPARTS; i++) {
		parts[i].attach(memory);
		memory += part_size(i);
	}
}

static size_t
part_size(size_t i)
{
	return ((parts[i].size() + PART_ALIGNMENT - 1) / PART_ALIGNMENT *
	    PART_ALIGNMENT);
}
