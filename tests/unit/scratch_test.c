/* What OpenSSL allocates: its large pieces are one that is kept, and only that. */
/* sources: src/identity/scratch.c src/identity/password.c src/data/base64.c */
/* libraries: -lcrypt -lcrypto -lpthread */

#include <sys/mman.h>

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "identity/password.h"
#include "identity/scratch.h"

#include "check.h"

#define MIB		((size_t)1 << 20)
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

	scratch_release();
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
	CHECK(piece != scratch, "small");
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
	static const size_t	sizes[] = { 1, MIB, 3 * MIB, LARGEST + MIB };
	char			*piece, *other;
	size_t			i, kept;

	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		piece = OPENSSL_malloc(2 * MIB);
		CHECK(piece == scratch, "%zu", sizes[i]);
		memset(piece, 'a', 2 * MIB);
		piece = OPENSSL_realloc(piece, sizes[i]);
		kept = sizes[i] < 2 * MIB ? sizes[i] : 2 * MIB;
		CHECK(piece[0] == 'a' && piece[kept - 1] == 'a', "%zu",
		    sizes[i]);

		other = OPENSSL_malloc(MIB);
		CHECK(other == scratch, "it is free after %zu", sizes[i]);
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

	scratch_release();
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
	scratch_release();
	CHECK(piece[0] == 'a' && piece[MIB - 1] == 'a', "taken away");
	OPENSSL_free(piece);
	scratch_release();
	CHECK(resident() == 0, "%zu octets", resident());
	CHECK(hashes(), "after it went back");
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
		scratch_release();
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
	scratch_worker_init();
	one_is_kept();
	others_are_malloced();
	one_may_grow_and_shrink();
	hashes_work_in_it();
	threads_may_share_it();

	return (check_end());
}
