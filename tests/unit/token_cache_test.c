/* The memory of verified tokens: never more generous than token_verify(). */
/* sources: src/identity/token_cache.c src/identity/token.c src/data/base64.c */
/* libraries: -ljwt -lcrypto */

#include <stdio.h>
#include <stdlib.h>

#include "identity/token_cache.h"

#include "check.h"

#define NOW	((time_t)1757066400)
#define SECRET	"a-test-secret-of-32-octets-length"

static struct token_keys	keys;

static void
keys_ready(const char *secret)
{
	CHECK(token_keys_init(&keys, "HS256", secret, strlen(secret)),
	    "keys");
}

static struct span
issue(char *out, int number, long lifetime)
{
	char		subject[32];
	struct span	token;

	(void)snprintf(subject, sizeof(subject), "user%d", number);
	CHECK(token_issue(&keys, subject, "a-session", NOW, lifetime, out,
	    TOKEN_MAX), "token");
	token.data = out;
	token.len = strlen(out);

	return (token);
}

/* Twice: from the signature, and from memory. */
static void
test_same_answer(void)
{
	struct token_claims	first, again;
	char			text[TOKEN_MAX];
	struct span		token;

	token = issue(text, 1, 60);
	CHECK(token_cache_verify(&keys, token, NOW, &first) == TOKEN_OK, "verdict");
	CHECK(token_cache_verify(&keys, token, NOW, &again) == TOKEN_OK, "verdict");
	CHECK(memcmp(&first, &again, sizeof(first)) == 0, "claims");
	CHECK(strcmp(again.subject, "user1") == 0, "%s", again.subject);
	CHECK(strcmp(again.session, "a-session") == 0, "%s", again.session);
}

static void
test_expiry(void)
{
	struct token_claims	claims;
	char			text[TOKEN_MAX];
	struct span		token;

	token = issue(text, 2, 60);
	CHECK(token_cache_verify(&keys, token, NOW + 59, &claims) == TOKEN_OK, "verdict");
	CHECK(token_cache_verify(&keys, token, NOW + 59, &claims) == TOKEN_OK, "verdict");
	CHECK(token_cache_verify(&keys, token, NOW + 60, &claims) == TOKEN_EXPIRED, "verdict");
	token_cache_sweep(NOW + 60);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_OK, "verdict");
}

/* Each octet of a token that is remembered, changed. */
static void
test_forged(void)
{
	struct token_claims	claims;
	char			text[TOKEN_MAX], kept;
	struct span		token;
	size_t			i;

	token = issue(text, 3, 60);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_OK, "verdict");
	for (i = 0; i < token.len; i++) {
		kept = text[i];
		text[i] = kept == 'A' ? 'B' : 'A';
		CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_INVALID, "verdict");
		CHECK(claims.subject[0] == '\0', "claims");
		text[i] = kept;
	}
	token.len--;
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_INVALID, "verdict");
}

static void
test_keys(void)
{
	struct token_claims	claims;
	char			text[TOKEN_MAX];
	struct span		token;

	token = issue(text, 4, 60);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_OK, "verdict");
	token_keys_cleanup(&keys);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_INVALID, "verdict");
	keys_ready("another-test-secret-of-32-octets.");
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_INVALID, "verdict");
	keys_ready(SECRET);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_OK, "verdict");
}

/* Three times as many as there is room for: all right, whichever are kept. */
static void
test_crowd(void)
{
	struct token_claims	claims;
	char			text[TOKEN_MAX], subject[32];
	struct span		token;
	int			i, round;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < TOKEN_CACHE_SIZE * 3; i++) {
			token = issue(text, i, 60 + i % 7);
			CHECK(token_cache_verify(&keys, token, NOW,
			    &claims) == TOKEN_OK, "verdict");
			(void)snprintf(subject, sizeof(subject), "user%d", i);
			CHECK(strcmp(claims.subject, subject) == 0, "%s", claims.subject);
		}
	}
}

/* As the clock is set back a token may not be valid yet. */
static void
test_clock(void)
{
	struct token_claims	claims;
	char			text[TOKEN_MAX];
	struct span		token;

	token = issue(text, 5, 60);
	CHECK(token_cache_verify(&keys, token, NOW, &claims) == TOKEN_OK, "verdict");
	CHECK(token_cache_verify(&keys, token, NOW - 5, &claims) == TOKEN_OK, "verdict");
}

int
main(void)
{
	keys_ready(SECRET);
	test_same_answer();
	test_expiry();
	test_forged();
	test_keys();
	test_crowd();
	test_clock();

	return (check_end());
}
