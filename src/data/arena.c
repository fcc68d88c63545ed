#include <err.h>
#include <stdarg.h>
#include <stdalign.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "data/arena.h"
#include "data/spares.h"

#define ARENA_BLOCK	4096	/* fits head, token and answer of most requests */

struct arena_block {
	struct arena_block	*older;
	size_t			size;	/* of bytes[] */
	alignas(max_align_t) char bytes[];
};

/* Blocks of the usual size that were given back, wiped. */
static struct arena_block	*spares;
static int			nspares;

static struct arena_block	*block_get(size_t);
static void			block_put(struct arena_block *);

void
arena_init(struct arena *arena)
{
	arena->blocks = NULL;
	arena->next = NULL;
	arena->left = 0;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block	*block;
	size_t			room;
	void			*p;

	size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);

	if (size > arena->left) {
		room = ARENA_BLOCK - sizeof(*block);
		if (room < size)
			room = size;
		block = block_get(room);
		block->older = arena->blocks;
		arena->blocks = block;
		arena->next = block->bytes;
		arena->left = room;
	}

	p = arena->next;
	arena->next += size;
	arena->left -= size;

	return (p);
}

void *
arena_calloc(struct arena *arena, size_t size)
{
	return (memset(arena_alloc(arena, size), 0, size));
}

char *
arena_strndup(struct arena *arena, const char *data, size_t len)
{
	char	*copy;

	copy = arena_alloc(arena, len + 1);
	if (len > 0)
		memcpy(copy, data, len);
	copy[len] = '\0';

	return (copy);
}

char *
arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list		args;
	int		len;
	char		*out;

	va_start(args, fmt);
	len = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (len < 0)
		errx(1, "arena_printf: bad format");

	out = arena_alloc(arena, (size_t)len + 1);
	va_start(args, fmt);
	(void)vsnprintf(out, (size_t)len + 1, fmt, args);
	va_end(args);

	return (out);
}

void
arena_cleanup(struct arena *arena)
{
	struct arena_block	*block, *older;
	size_t			used;

	for (block = arena->blocks; block != NULL; block = older) {
		older = block->older;
		used = block->size;
		if (block == arena->blocks)
			used -= arena->left;
		explicit_bzero(block->bytes, used);
		block_put(block);
	}

	arena_init(arena);
}

static struct arena_block *
block_get(size_t size)
{
	struct arena_block	*block = spares;

	if (block != NULL && size == ARENA_BLOCK - sizeof(*block)) {
		spares = block->older;
		nspares--;
		return (block);
	}

	if ((block = malloc(sizeof(*block) + size)) == NULL)
		err(1, "out of memory");
	block->size = size;

	return (block);
}

static void
block_put(struct arena_block *block)
{
	if (nspares < SPARES_MAX &&
	    block->size == ARENA_BLOCK - sizeof(*block)) {
		block->older = spares;
		spares = block;
		nspares++;
		return;
	}
	free(block);
}
