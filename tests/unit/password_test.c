/* Passwords: what is stored, what is compared, and at what cost. */
/* sources: src/identity/password.c src/data/base64.c */
/* libraries: -lcrypt -lcrypto -lpthread */

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/evp.h>

#include "identity/password.h"

#include "check.h"

#define PASSWORD	"testpassword123"
#define OURS		"$scrypt$ln=14,r=8,p=5$"
#define SALT		"AAECAwQFBgcICQoLDA0ODw"	/* 0 to 15 */
#define KEY		"Z7p0HPCIK/Egf8+L9by673gGe7SVjAnO5vbfBI9lGrA"
#define STORED		OURS SALT "$" KEY
#define TENS		"0123456789"
#define SEVENTY		TENS TENS TENS TENS TENS TENS TENS
#define BCRYPT_KEY	"GFNs7J2rK.ULTl4Hwxx6aexBrvE/WLBE2FCYTEIm5a3OZo4yiLUKy"

struct verdict {
	int			line;
	const char		*password;
	size_t			len;
	const char		*stored;
	enum password_result	result;
};

#define ROW(password, stored, result)					\
	{ __LINE__, password, sizeof(password) - 1, stored, result }

/* Stored strings written by Python's hashlib, passlib 1.7.4 and bcrypt 4.0. */
static const struct verdict verdicts[] = {
	ROW(PASSWORD, STORED, PASSWORD_OK),
	ROW("testpassword124", STORED, PASSWORD_WRONG),
	ROW("testpassword12", STORED, PASSWORD_WRONG),
	ROW(PASSWORD "\0a", STORED, PASSWORD_WRONG),
	ROW(PASSWORD "\0", STORED, PASSWORD_OK),	/* HMAC's padding */
	ROW("", OURS SALT "$wGwpKZzkwVm4b3QhNJzeSBMAuHr5g51fPDKQfF7N87M",
	    PASSWORD_OK),
	ROW("a\0b", OURS SALT "$RkGhLXytJeltOLJzcIqyFCH+CCDdoegfDqF2gzsaPuw",
	    PASSWORD_OK),
	ROW("a", OURS SALT "$RkGhLXytJeltOLJzcIqyFCH+CCDdoegfDqF2gzsaPuw",
	    PASSWORD_WRONG),

	/* Dearer is as good; cheaper is right, but to be stored anew. */
	ROW(PASSWORD, "$scrypt$ln=15,r=8,p=5$" SALT
	    "$dzPNY2dmvc1HBPKtEjnlAXf/F2sTMq4Trnfy21vgIsI", PASSWORD_OK),
	ROW(PASSWORD, "$scrypt$ln=10,r=8,p=1$" SALT
	    "$7UshbM07eZGeLgO7EtHgPy3F9kxBnoRdYeJlT4I4Edo",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, "$scrypt$ln=13,r=8,p=10$" SALT
	    "$2EMAJrRJjttT6nWg9CZvnrLLDlYJtlg1GiKGc86sB3Q",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, "$scrypt$ln=16,r=8,p=1$" SALT
	    "$QvbvGCMujr2DZa5qBzdDFvd1VE60d7JhNhoV58Zpp7w",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, OURS "AAECAwQFBgc"
	    "$GscYhKQDTsHxHPnTMvp3Cep0ihXzxLFreRGtC1kOPW0",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, OURS SALT "$Z7p0HPCIK/Egf8+L9by67w",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, OURS SALT "ABAgMEBQYHCAkKCwwNDg8AAQIDBAUGBwgJCgsMDQ4PAA"
	    "ECAwQFBgcICQoLDA0ODw$SzGM+XmptAKgPizCVr2t0N5Ja9Ervy9+/fgwqv6bS1To"
	    "Gzh1cAGZmVc3JVE1sQIfwFOFHGnTvIzXVoaxBLSigg", PASSWORD_OK),

	/* RFC 7914 section 12. */
	ROW("pleaseletmein", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
	    "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr5"
	    "5h6F3A1lHkDfzwF7RVdYhw", PASSWORD_OK_REHASH),

	ROW(PASSWORD, "$2b$04$" BCRYPT_KEY, PASSWORD_OK_REHASH),
	ROW(PASSWORD, "$2y$04$" BCRYPT_KEY, PASSWORD_OK_REHASH),
	ROW(PASSWORD, "$2a$04$"
	    "6xNB5FtXo6Z9uuoQNtqDNO9Y.sceFMAItkhr4gwpCsuKIF4OjUR2m",
	    PASSWORD_OK_REHASH),
	ROW(PASSWORD, "$2b$12$"
	    "h59XJwnTqpCO27cIt0M0Ge4xUWzIyshvajEtVCmst5teyn9oFJrAu",
	    PASSWORD_OK_REHASH),
	ROW("testpassword12", "$2b$04$" BCRYPT_KEY, PASSWORD_WRONG),
	ROW("", "$2b$04$" BCRYPT_KEY, PASSWORD_WRONG),
	/* The salt's two unused bits, set: `.' and `/' mean the same here. */
	ROW(PASSWORD, "$2b$04$"
	    "GFNs7J2rK.ULTl4Hwxx6afxBrvE/WLBE2FCYTEIm5a3OZo4yiLUKy",
	    PASSWORD_OK_REHASH),
	ROW("", "$2b$04$nZu8toZHA.q3xu08zhhlm.GmGV1Tf.nZFWkK40d0gBut4HCjR/vZG",
	    PASSWORD_OK_REHASH),
	ROW("p\xc3\xa4ssw\xc3\xb6rd\xe2\x98\x83", "$2b$04$"
	    "3lxv9quT4A.wYakDtyc7xOjjHtTXEBx3XvJjsRKsdt5D0qakMiS0i",
	    PASSWORD_OK_REHASH),

	/* Made from 80 octets, of which bcrypt read 72. */
	ROW(SEVENTY TENS, "$2b$04$"
	    "xx.7U6QDkYiqKMS4Gr5To.jEXdcX3n.7eEV2IabZqXpiGrJ.8IxVa",
	    PASSWORD_OK_REHASH),
	ROW(SEVENTY "01", "$2b$04$"
	    "xx.7U6QDkYiqKMS4Gr5To.jEXdcX3n.7eEV2IabZqXpiGrJ.8IxVa",
	    PASSWORD_OK_REHASH),
	ROW(SEVENTY "01" SEVENTY SEVENTY SEVENTY SEVENTY SEVENTY SEVENTY
	    SEVENTY SEVENTY, "$2b$04$"
	    "xx.7U6QDkYiqKMS4Gr5To.jEXdcX3n.7eEV2IabZqXpiGrJ.8IxVa",
	    PASSWORD_OK_REHASH),
	ROW(SEVENTY "0", "$2b$04$"
	    "xx.7U6QDkYiqKMS4Gr5To.jEXdcX3n.7eEV2IabZqXpiGrJ.8IxVa",
	    PASSWORD_WRONG),
	ROW(SEVENTY "02", "$2b$04$"
	    "xx.7U6QDkYiqKMS4Gr5To.jEXdcX3n.7eEV2IabZqXpiGrJ.8IxVa",
	    PASSWORD_WRONG),

	/* libcrypt stops at a NUL, we do not: this hash is one of "a". */
	ROW("a", "$2b$04$FVJGhtlkFlyhPPljqB/DSOCr8BIUnmKdicueginaesYmOn2LKcbBi",
	    PASSWORD_OK_REHASH),
	ROW("a\0b",
	    "$2b$04$FVJGhtlkFlyhPPljqB/DSOCr8BIUnmKdicueginaesYmOn2LKcbBi",
	    PASSWORD_WRONG),
};

/* None of these may be compared with, and each must cost as much as STORED. */
static const char *const unusable[] = {
	"", "$", PASSWORD, "!", "*0", "$1$abcdefgh$0123456789012345678901",
	"$argon2id$v=19$m=65536,t=3,p=4$" SALT "$" KEY,
	"scrypt$ln=14,r=8,p=5$" SALT "$" KEY, "$Scrypt$ln=14,r=8,p=5$" SALT,
	OURS, OURS SALT, OURS SALT "$", OURS "$" KEY, OURS "$",
	"$scrypt$$" SALT "$" KEY, "$scrypt$ln=14$" SALT "$" KEY,
	"$scrypt$r=8,ln=14,p=5$" SALT "$" KEY,
	"$scrypt$ln=,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=0,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=014,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=+14,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=-14,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln= 14,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=14,r=0,p=5$" SALT "$" KEY,
	"$scrypt$ln=14,r=8,p=0$" SALT "$" KEY,
	"$scrypt$ln=14,r=8,p=5,x=1$" SALT "$" KEY,
	/* Salts and keys: long, short, not base64, not the only spelling. */
	OURS "AAECAwQF$" KEY, OURS SALT "$Z7p0HPCIK/Egf8+L9by6",
	OURS SALT SALT SALT SALT "$" KEY, OURS SALT "$" KEY KEY KEY,
	OURS SALT "==$" KEY, OURS SALT "$" KEY "=", OURS SALT "$" KEY "$",
	OURS SALT " $" KEY, OURS SALT "$" KEY "\n",
	OURS SALT "AAA$" KEY,
	OURS "AAECAwQFBgcICQoLDA0OD_$" KEY, OURS "AAECAwQFBgcICQoLDA0ODx$" KEY,
	/* 128 MiB and more, ten times the work, numbers that overflow. */
	"$scrypt$ln=17,r=8,p=1$" SALT "$" KEY,
	"$scrypt$ln=15,r=32,p=1$" SALT "$" KEY,
	"$scrypt$ln=14,r=8,p=50$" SALT "$" KEY,
	"$scrypt$ln=30,r=1,p=1$" SALT "$" KEY,
	"$scrypt$ln=14,r=8,p=1073741823$" SALT "$" KEY,
	"$scrypt$ln=4294967310,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=18446744073709551630,r=8,p=5$" SALT "$" KEY,
	"$scrypt$ln=16,r=1,p=5$" SALT "$" KEY,	/* N < 2^(16 r) */
	/* bcrypt: costs, letters, lengths. */
	"$2b$03$" BCRYPT_KEY, "$2b$16$" BCRYPT_KEY, "$2b$31$" BCRYPT_KEY,
	"$2b$99$" BCRYPT_KEY, "$2b$4$" BCRYPT_KEY "a", "$2b$ 4$" BCRYPT_KEY,
	"$2x$04$" BCRYPT_KEY, "$2$04$a" BCRYPT_KEY, "$2b$04$", "$2b$04",
	"$2b$04$" BCRYPT_KEY "a", "$2b$04_" BCRYPT_KEY, "$2B$04$" BCRYPT_KEY,
	"$2b$04$GFNs7J2rK.ULTl4Hwxx6aexBrvE/WLBE2FCYTEIm5a3OZo4yiLUK$",
	"$2b$04$GFNs7J2rK.ULTl4Hwxx6aexBrvE/WLBE2FCYTEIm5a3OZo4yiLUK",
};

/* What password.c asked scrypt for; it works only while real is set. */
static struct {
	int		real;
	int		failing;
	int		calls;
	uint64_t	n;
	uint64_t	r;
	uint64_t	p;
} scrypt = { .real = 1 };

/* Stands before OpenSSL's own. */
int
EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt,
    size_t saltlen, uint64_t N, uint64_t r, uint64_t p, uint64_t maxmem,
    unsigned char *key, size_t keylen)
{
	static __typeof__(EVP_PBE_scrypt)	*next;

	if (scrypt.failing)
		return (0);
	if (!scrypt.real) {
		scrypt.calls++;
		scrypt.n = N;
		scrypt.r = r;
		scrypt.p = p;
		memset(key, 0, keylen);
		return (1);
	}
	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "EVP_PBE_scrypt");

	return (next(pass, passlen, salt, saltlen, N, r, p, maxmem, key,
	    keylen));
}

static double
seconds_verify(const char *stored)
{
	struct timespec		start, end;
	enum password_result	result;
	double			took, best = 1e9;
	int			i;

	for (i = 0; i < 2; i++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
		result = password_verify("wrong", 5, stored);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
		CHECK(result != PASSWORD_OK && result != PASSWORD_OK_REHASH,
		    "%d", result);
		took = (double)(end.tv_sec - start.tv_sec) +
		    (double)(end.tv_nsec - start.tv_nsec) / 1e9;
		if (took < best)
			best = took;
	}

	return (best);
}

static void
test_verify(void)
{
	const struct verdict	*v;
	enum password_result	result;
	size_t			i;
	char			*copy;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		v = &verdicts[i];
		/* On the heap without a NUL: ASan sees an overrun. */
		copy = malloc(v->len > 0 ? v->len : 1);
		memcpy(copy, v->password, v->len);
		result = password_verify(copy, v->len, v->stored);
		CHECK(result == v->result, "row of line %d: %d", v->line,
		    result);
		free(copy);
	}
}

/* The same work, whatever is wrong with what is stored. */
static void
test_unusable(void)
{
	enum password_result	result;
	size_t			i;

	scrypt.real = 0;
	for (i = 0; i < sizeof(unusable) / sizeof(unusable[0]); i++) {
		scrypt.calls = 0;
		result = password_verify(PASSWORD, sizeof(PASSWORD) - 1,
		    unusable[i]);
		CHECK(result == PASSWORD_UNUSABLE, "%s: %d", unusable[i],
		    result);
		CHECK(scrypt.calls == 1 && scrypt.n == 1 << 14 &&
		    scrypt.r == 8 && scrypt.p == 5, "%s: %d times", unusable[i],
		    scrypt.calls);
	}

	/* A key of zeros is what the stand-in for scrypt derives. */
	scrypt.calls = 0;
	result = password_verify("", 0, NULL);
	CHECK(result == PASSWORD_WRONG, "%d", result);
	CHECK(scrypt.calls == 1 && scrypt.n == 1 << 14 && scrypt.r == 8 &&
	    scrypt.p == 5, "nobody: %d times", scrypt.calls);
	scrypt.real = 1;
}

static void
test_cost(void)
{
	double	nobody, known, bcrypt;

	nobody = seconds_verify(NULL);
	known = seconds_verify(STORED);
	bcrypt = seconds_verify(
	    "$2b$12$h59XJwnTqpCO27cIt0M0Ge4xUWzIyshvajEtVCmst5teyn9oFJrAu");
	CHECK(nobody > known * 0.7 && nobody < known * 1.4,
	    "%.0f ms for nobody, %.0f for a user", nobody * 1e3, known * 1e3);
	printf("nobody %.0f ms, scrypt %.0f ms, bcrypt of cost 12 %.0f ms\n",
	    nobody * 1e3, known * 1e3, bcrypt * 1e3);
}

static void
test_hash(void)
{
	char	first[PASSWORD_HASH_MAX], second[PASSWORD_HASH_MAX], *exact;
	size_t	len;
	int	ok;

	ok = password_hash("s\0cret", 6, first, sizeof(first));
	len = strlen(first);
	CHECK(ok == 1, "%d", ok);
	CHECK(len == sizeof(STORED) - 1 &&
	    strncmp(first, OURS, sizeof(OURS) - 1) == 0, "%s", first);
	CHECK(password_verify("s\0cret", 6, first) == PASSWORD_OK, "%s", first);
	CHECK(password_verify("s\0creT", 6, first) == PASSWORD_WRONG, "%s",
	    first);

	ok = password_hash("s\0cret", 6, second, sizeof(second));
	CHECK(ok == 1 && strcmp(first, second) != 0, "one salt for two");
	CHECK(strncmp(first + sizeof(OURS) - 1, second + sizeof(OURS) - 1,
	    sizeof(SALT) - 1) != 0, "one salt for two");

	/* Exactly fitting, one short of it, none. */
	scrypt.real = 0;
	exact = malloc(len + 1);
	CHECK(password_hash("a", 1, exact, len + 1) == 1, "does not fit");
	CHECK(password_hash("a", 1, exact, len) == 0 && exact[0] == '\0',
	    "too small is accepted");
	CHECK(password_hash("a", 1, exact, 0) == 0, "nothing is accepted");
	free(exact);
	scrypt.real = 1;
}

/* A system out of memory lets nobody in and stores nothing. */
static void
test_failing(void)
{
	char	out[PASSWORD_HASH_MAX] = "before";

	scrypt.failing = 1;
	CHECK(password_hash("a", 1, out, sizeof(out)) == 0 && out[0] == '\0',
	    "%s", out);
	CHECK(password_verify(PASSWORD, sizeof(PASSWORD) - 1, STORED) ==
	    PASSWORD_UNUSABLE, "let in");
	CHECK(password_verify(PASSWORD, sizeof(PASSWORD) - 1, NULL) ==
	    PASSWORD_WRONG, "let in");
	scrypt.failing = 0;
}

static void *
thread_main(void *wrong)
{
	const struct verdict	*v;
	size_t			i;

	for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		v = &verdicts[i];
		if (strncmp(v->stored, "$2b$12", 6) == 0 ||
		    (i >= 2 && strncmp(v->stored, "$2", 2) != 0))
			continue;
		if (password_verify(v->password, v->len, v->stored) !=
		    v->result)
			*(int *)wrong = v->line;
	}

	return (NULL);
}

static void
test_threads(void)
{
	pthread_t	threads[3];
	int		wrong[3] = { 0 };
	size_t		i;

	for (i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, thread_main, &wrong[i]);
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], NULL);
		CHECK(wrong[i] == 0, "row of line %d", wrong[i]);
	}
}

int
main(void)
{
	test_verify();
	test_unusable();
	test_cost();
	test_hash();
	test_failing();
	test_threads();

	return (check_end());
}
