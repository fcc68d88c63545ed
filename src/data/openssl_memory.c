#include <sys/mman.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "data/openssl_memory.h"

#define RECORD_MIN	16384			/* RFC 8446 5.1, the most */
#define RECORD_SLOT	((size_t)20 << 10)	/* with all that is around it */
#define RECORD_SLOTS	64
#define SCRYPT_MIN	((size_t)1 << 20)
/* The dearest hash that password.c takes; what is never used costs nothing. */
#define SCRYPT_SLOT	((size_t)65 << 20)

/* Slots of one size, for pieces that are not smaller than the least. */
struct slots {
	size_t		least;
	size_t		size;
	char		*start;		/* NULL: there are none */
	size_t		len;		/* of all of them */
	uint64_t	taken;		/* atomic: a bit each */
};

static void		openssl_hooks(void) __attribute__((constructor));
static void		*piece_alloc(size_t, const char *, int);
static void		*piece_realloc(void *, size_t, const char *, int);
static void		piece_free(void *, const char *, int);
static void		*slot_take(struct slots *);
static struct slots	*slots_of(const void *);

static char	records[RECORD_SLOTS][RECORD_SLOT]
		    __attribute__((aligned(64)));

static struct slots	record_slots = {
	RECORD_MIN, RECORD_SLOT, records[0], sizeof(records), 0
};
static struct slots	scrypt_slot = { SCRYPT_MIN, SCRYPT_SLOT, NULL, 0, 0 };

void
openssl_memory_worker_init(void)
{
	void	*map;

	map = mmap(NULL, SCRYPT_SLOT, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (map == MAP_FAILED)
		return;

	/* scrypt jumps about: with fewer, larger pages it is 3 % faster. */
	(void)madvise(map, SCRYPT_SLOT, MADV_HUGEPAGE);
	scrypt_slot.start = map;
	scrypt_slot.len = SCRYPT_SLOT;
}

void
openssl_memory_release(void)
{
	void	*slot;

	if ((slot = slot_take(&scrypt_slot)) == NULL)
		return;
	(void)madvise(slot, SCRYPT_SLOT, MADV_DONTNEED);
	piece_free(slot, __FILE__, __LINE__);
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
	struct slots	*slots;
	void		*slot;

	(void)file;
	(void)line;

	if (len == 0)
		return (NULL);
	slots = len < SCRYPT_MIN ? &record_slots : &scrypt_slot;
	if (len < slots->least || len > slots->size ||
	    (slot = slot_take(slots)) == NULL)
		return (malloc(len));

	return (slot);
}

static void *
piece_realloc(void *piece, size_t len, const char *file, int line)
{
	struct slots	*slots;
	void		*other;

	if (piece == NULL)
		return (piece_alloc(len, file, line));
	if (len == 0) {
		piece_free(piece, file, line);
		return (NULL);
	}
	if ((slots = slots_of(piece)) == NULL)
		return (realloc(piece, len));
	if (len <= slots->size)
		return (piece);

	if ((other = malloc(len)) == NULL)
		return (NULL);
	memcpy(other, piece, slots->size);
	piece_free(piece, file, line);

	return (other);
}

static void
piece_free(void *piece, const char *file, int line)
{
	struct slots	*slots;
	size_t		i;

	(void)file;
	(void)line;

	if ((slots = slots_of(piece)) == NULL) {
		free(piece);
		return;
	}
	i = (size_t)((char *)piece - slots->start) / slots->size;
	(void)__atomic_fetch_and(&slots->taken, ~((uint64_t)1 << i),
	    __ATOMIC_RELEASE);
}

/* The first free one, which others used a moment ago; or NULL. */
static void *
slot_take(struct slots *slots)
{
	uint64_t	taken, mine;
	size_t		i;

	taken = __atomic_load_n(&slots->taken, __ATOMIC_RELAXED);
	do {
		if (taken == UINT64_MAX)
			return (NULL);
		i = (size_t)__builtin_ctzll(~taken);
		if (i * slots->size >= slots->len)
			return (NULL);
		mine = taken | (uint64_t)1 << i;
	} while (!__atomic_compare_exchange_n(&slots->taken, &taken, mine, 0,
	    __ATOMIC_ACQUIRE, __ATOMIC_RELAXED));

	return (slots->start + i * slots->size);
}

static struct slots *
slots_of(const void *piece)
{
	uintptr_t	at = (uintptr_t)piece;

	if (at - (uintptr_t)record_slots.start < record_slots.len)
		return (&record_slots);
	if (at - (uintptr_t)scrypt_slot.start < scrypt_slot.len)
		return (&scrypt_slot);

	return (NULL);
}
