/* What OpenSSL allocates: records and scrypt's memory come from slots, nothing else does. */
/* sources: src/data/openssl_memory.c src/identity/password.c src/data/base64.c */
/* libraries: -lcrypt -lcrypto -lpthread */

#include <sys/mman.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "data/openssl_memory.h"
#include "identity/password.h"

#include "check.h"

#define KIB		((size_t)1 << 10)
#define MIB		((size_t)1 << 20)
#define SLOTS		64
#define SLOT		(20 * KIB)
#define LARGEST		(65 * MIB)
/* 16 MiB, but once over. */
#define STORED								\
	"$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"			\
	"cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUk"	\
	"Kpr55h6F3A1lHkDfzwF7RVdYhw"

static char	*scratch;

static size_t
resident(void)
{
	static unsigned char	pages[LARGEST / 4096 + 1];
	size_t			count, i, total = 0;
	long			size;

	size = sysconf(_SC_PAGESIZE);
	count = LARGEST / (size_t)size;
	if (mincore(scratch, LARGEST, pages) != 0)
		return (0);
	for (i = 0; i < count; i++)
		total += (pages[i] & 1) * (size_t)size;

	return (total);
}

static int
hashes(void)
{
	return (password_verify("pleaseletmein", 13, STORED) ==
	    PASSWORD_OK_REHASH);
}

static void *
hashes_often(void *arg)
{
	int	i, *wrong = arg;

	for (i = 0; i < 5; i++)
		*wrong += !hashes();

	return (NULL);
}

/* Before there is a mapping: the process that starts the workers. */
static void
without(void)
{
	char	*piece;

	openssl_memory_release();
	piece = OPENSSL_malloc(16 * MIB);
	CHECK(piece != NULL, "no memory");
	memset(piece, 'a', 16 * MIB);
	OPENSSL_free(piece);
	CHECK(hashes(), "without a mapping");
}

static void
one_is_kept(void)
{
	char	*piece, *other;

	piece = OPENSSL_malloc(MIB);
	scratch = piece;
	OPENSSL_free(piece);
	piece = OPENSSL_zalloc(LARGEST);
	CHECK(piece == scratch, "moved");
	piece[LARGEST - 1] = 'a';

	/* It is taken. */
	other = OPENSSL_malloc(MIB);
	CHECK(other != NULL && other != scratch, "given twice");
	OPENSSL_free(other);
	other = OPENSSL_malloc(MIB);
	CHECK(other != scratch, "free by another's end");
	OPENSSL_free(other);

	OPENSSL_free(piece);
	piece = OPENSSL_malloc(2 * MIB);
	CHECK(piece == scratch, "not free again");
	OPENSSL_clear_free(piece, 2 * MIB);
}

static void
others_are_malloced(void)
{
	char	*piece;

	piece = OPENSSL_malloc(MIB - 1);
	CHECK(piece != scratch, "smaller than a hash's");
	OPENSSL_free(piece);
	piece = OPENSSL_malloc(LARGEST + 1);
	CHECK(piece != NULL && piece != scratch, "larger than there is");
	OPENSSL_free(piece);
	piece = OPENSSL_malloc(0);
	CHECK(piece == NULL, "nothing");
	OPENSSL_free(NULL);
}

static void
one_may_grow_and_shrink(void)
{
	static const size_t	sizes[] = {
		1, 3 * MIB, LARGEST, LARGEST + MIB
	};
	char			*piece, *other;
	size_t			i, kept;
	int			fits;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		piece = OPENSSL_malloc(2 * MIB);
		CHECK(piece == scratch, "%zu", sizes[i]);
		memset(piece, 'a', 2 * MIB);
		piece = OPENSSL_realloc(piece, sizes[i]);
		kept = sizes[i] < 2 * MIB ? sizes[i] : 2 * MIB;
		CHECK(piece[0] == 'a' && piece[kept - 1] == 'a', "%zu",
		    sizes[i]);

		/* Where it is as long as it fits; then its slot is free. */
		fits = sizes[i] <= LARGEST;
		CHECK((piece == scratch) == fits, "%zu", sizes[i]);
		other = OPENSSL_malloc(MIB);
		CHECK((other == scratch) == !fits, "free after %zu", sizes[i]);
		OPENSSL_free(other);
		OPENSSL_free(piece);
	}

	piece = OPENSSL_realloc(NULL, MIB);
	CHECK(piece == scratch, "from nothing");
	piece = OPENSSL_realloc(piece, 0);
	CHECK(piece == NULL, "to nothing");
	piece = OPENSSL_realloc(OPENSSL_malloc(10), 20);
	CHECK(piece != NULL && piece != scratch, "small ones");
	OPENSSL_free(piece);
}

/* A hash works in it, leaves nothing of itself, and its pages go back. */
static void
hashes_work_in_it(void)
{
	char	*piece;
	size_t	i;

	openssl_memory_release();
	CHECK(resident() == 0, "%zu octets", resident());
	CHECK(hashes(), "wrong");
	CHECK(resident() >= 16 * MIB && resident() <= 20 * MIB, "%zu octets",
	    resident());

	piece = OPENSSL_malloc(LARGEST);
	CHECK(piece == scratch, "still taken");
	for (i = 0; i < LARGEST && piece[i] == 0; i++)
		;
	CHECK(i == LARGEST, "octet %zu was not wiped", i);

	/* Not while it is in use. */
	memset(piece, 'a', MIB);
	openssl_memory_release();
	CHECK(piece[0] == 'a' && piece[MIB - 1] == 'a', "taken away");
	OPENSSL_free(piece);
	openssl_memory_release();
	CHECK(resident() == 0, "%zu octets", resident());
	CHECK(hashes(), "after it went back");
}

static int
among(char **pieces, size_t count, const char *piece)
{
	size_t	i;

	for (i = 0; i < count; i++)
		if (pieces[i] == piece)
			return (1);

	return (0);
}

/* As many as there are slots, then malloc's; the last one freed comes again. */
static void
records_are_kept(void)
{
	char	*pieces[SLOTS], *first, *piece;
	size_t	i, j;

	for (i = 0; i < SLOTS; i++) {
		pieces[i] = OPENSSL_malloc(16 * KIB + i);
		memset(pieces[i], (int)i, SLOT);
		CHECK(!among(pieces, i, pieces[i]), "%zu given twice", i);
	}
	for (i = 0; i < SLOTS; i++)
		for (j = 0; j < SLOT; j += SLOT - 1)
			CHECK(pieces[i][j] == (char)i, "%zu overlaps", i);
	first = pieces[0];
	for (i = 0; i < SLOTS; i++)
		first = pieces[i] < first ? pieces[i] : first;

	piece = OPENSSL_malloc(16 * KIB);
	CHECK(piece != NULL && (piece < first || piece >= first +
	    SLOTS * SLOT), "none was left");
	OPENSSL_free(piece);

	OPENSSL_free(pieces[40]);
	piece = OPENSSL_malloc(SLOT);
	CHECK(piece == pieces[40], "not free again");
	piece = OPENSSL_realloc(piece, 10);
	CHECK(piece == pieces[40], "moved though it fits");
	memset(piece, 'a', SLOT);
	piece = OPENSSL_realloc(piece, SLOT + 1);
	CHECK(!among(pieces, SLOTS, piece), "too large for a slot");
	CHECK(piece[0] == 'a' && piece[SLOT - 1] == 'a', "not copied");
	OPENSSL_free(piece);
	piece = OPENSSL_malloc(SLOT);
	CHECK(piece == pieces[40], "its slot was not free");

	for (i = 0; i < SLOTS; i++)
		OPENSSL_free(pieces[i]);
	piece = OPENSSL_malloc(16 * KIB - 1);
	CHECK(!among(pieces, SLOTS, piece), "smaller than a record");
	OPENSSL_free(piece);
	piece = OPENSSL_malloc(SLOT + 1);
	CHECK(!among(pieces, SLOTS, piece), "larger than a slot");
	OPENSSL_free(piece);
}

static void *
records_often(void *arg)
{
	int	i, j, *wrong = arg;
	char	*pieces[30];

	for (i = 0; i < 2000; i++) {
		for (j = 0; j < 30; j++) {
			pieces[j] = OPENSSL_malloc(16 * KIB);
			memset(pieces[j], i + j, 64);
		}
		for (j = 0; j < 30; j++) {
			*wrong += pieces[j][0] != (char)(i + j) ||
			    pieces[j][63] != (char)(i + j);
			OPENSSL_free(pieces[j]);
		}
	}

	return (NULL);
}

static void
threads_may_share_records(void)
{
	pthread_t	threads[3];
	int		i, wrong[3] = { 0 };

	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, records_often,
		    &wrong[i]) == 0, "%d", i);
	for (i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
		CHECK(wrong[i] == 0, "%d wrong", wrong[i]);
	}
}

/* One of them has it; the others do with malloc. */
static void
threads_may_share_it(void)
{
	pthread_t	threads[3];
	int		i, wrong[3] = { 0 };

	for (i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, hashes_often,
		    &wrong[i]) == 0, "%d", i);
	for (i = 0; i < 50; i++) {
		openssl_memory_release();
		(void)usleep(1000);
	}
	for (i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
		CHECK(wrong[i] == 0, "%d wrong", wrong[i]);
	}
}

int
main(void)
{
	without();
	records_are_kept();
	threads_may_share_records();
	openssl_memory_worker_init();
	one_is_kept();
	others_are_malloced();
	one_may_grow_and_shrink();
	hashes_work_in_it();
	threads_may_share_it();

	return (check_end());
}
