#include <sys/mman.h>

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "identity/scratch.h"

#define SCRATCH_MIN	((size_t)1 << 20)	/* smaller pieces are malloc's */
/* The dearest hash that password.c takes; what is never used costs nothing. */
#define SCRATCH_SIZE	((size_t)65 << 20)

static void	openssl_hooks(void) __attribute__((constructor));
static void	*piece_alloc(size_t, const char *, int);
static void	*piece_realloc(void *, size_t, const char *, int);
static void	piece_free(void *, const char *, int);

static void	*scratch;	/* NULL: no mapping */
static size_t	taken;		/* atomic: octets of it that are in use */

void
scratch_worker_init(void)
{
	void	*map;

	map = mmap(NULL, SCRATCH_SIZE, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return;

	/* scrypt jumps about: with fewer, larger pages it is 3 % faster. */
	(void)madvise(map, SCRATCH_SIZE, MADV_HUGEPAGE);
	scratch = map;
}

void
scratch_release(void)
{
	size_t	none = 0;

	if (scratch == NULL || !__atomic_compare_exchange_n(&taken, &none,
	    SCRATCH_SIZE, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	(void)madvise(scratch, SCRATCH_SIZE, MADV_DONTNEED);
	__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
}

/*
 * Before main(): OpenSSL takes this only until it has allocated anything, and
 * Kore's main() begins with that. Refused, all of it stays malloc's.
 */
static void
openssl_hooks(void)
{
	(void)CRYPTO_set_mem_functions(piece_alloc, piece_realloc, piece_free);
}

/* No octets are NULL, as in OpenSSL's own. */
static void *
piece_alloc(size_t len, const char *file, int line)
{
	size_t	none = 0;

	(void)file;
	(void)line;

	if (len == 0)
		return (NULL);
	if (len < SCRATCH_MIN || len > SCRATCH_SIZE || scratch == NULL ||
	    !__atomic_compare_exchange_n(&taken, &none, len, 0,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return (malloc(len));

	return (scratch);
}

static void *
piece_realloc(void *piece, size_t len, const char *file, int line)
{
	void	*other;
	size_t	old;

	if (piece == NULL)
		return (piece_alloc(len, file, line));
	if (len == 0) {
		piece_free(piece, file, line);
		return (NULL);
	}
	if (piece != scratch)
		return (realloc(piece, len));

	if ((other = malloc(len)) == NULL)
		return (NULL);
	old = __atomic_load_n(&taken, __ATOMIC_RELAXED);
	memcpy(other, piece, old < len ? old : len);
	piece_free(piece, file, line);

	return (other);
}

static void
piece_free(void *piece, const char *file, int line)
{
	(void)file;
	(void)line;

	if (piece != NULL && piece == scratch)
		__atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
	else
		free(piece);
}
