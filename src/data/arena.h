#ifndef PARLEY_DATA_ARENA_H
#define PARLEY_DATA_ARENA_H

#include <stddef.h>

#include "data/span.h"

/*
 * Memory that lives and dies with one request. Allocations are never freed one
 * by one; arena_cleanup() gives all of it back and wipes it first, so that no
 * password or token outlives the request it came with.
 */
struct arena_block;

struct arena {
	struct arena_block	*blocks;	/* newest first */
	char			*next;		/* first free byte of the newest */
	size_t			left;
};

/* Readies an empty arena; allocates nothing. */
void	arena_init(struct arena *);

/*
 * Returns size bytes, aligned for any type, not cleared. Never NULL: ends the
 * process when the system has no memory, as Kore's own allocator does.
 */
void	*arena_alloc(struct arena *, size_t size);

/* As arena_alloc, cleared. */
void	*arena_calloc(struct arena *, size_t size);

/* Copies len bytes and adds a NUL. */
char	*arena_strndup(struct arena *, const char *, size_t len);

/* Formats into the arena. */
char	*arena_printf(struct arena *, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* Wipes and frees everything; the arena is empty and usable again. */
void	arena_cleanup(struct arena *);

#endif
