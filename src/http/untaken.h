#ifndef PARLEY_HTTP_UNTAKEN_H
#define PARLEY_HTTP_UNTAKEN_H

#include <sys/queue.h>

#include <stddef.h>

struct connection;

/*
 * An answer stays in memory until it is taken, and may be ten megabytes: there
 * is room for so much of them, and then who has not taken one for the longest
 * time is let go. One who reads a little now and then would keep it for ever.
 */
struct untaken {
	struct connection	*c;
	size_t			octets;	/* 0: all is taken */
	TAILQ_ENTRY(untaken)	list;
};

/* The connection has a blob of so many octets to take; 0: none. */
void	untaken_begin(struct untaken *, struct connection *, size_t octets);

/* It has taken it, or is gone. */
void	untaken_end(struct untaken *);

#endif
