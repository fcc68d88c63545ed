/* Signatures of webhooks: HS256 over these octets, and nothing else. */
/* sources: src/identity/jws.c src/data/arena.c src/data/base64.c
   src/data/buffer.c src/data/json_read.c src/data/json_scan.c
   src/data/utf8.c
   tests/unit/kore_stubs.c
   kore:json.c kore:buf.c kore:mem.c kore:pool.c kore:utils.c */
/* libraries: -lcrypto */

#include <sys/types.h>
#include <stdlib.h>

#include <kore/kore.h>

#include "identity/jws.h"

#include "check.h"
#include "jws.h"

#define SECRET	"secret-key-padded-for-minimum-len!!"
#define HEAD	"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define HEAD64	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
#define BODY	"{\"iss\":\"devkey\",\"exp\":1700000600}"

/* As LiveKit's own packages make it: livekit-facts.md, b1. */
#define GOLDEN								\
	HEAD64 ".eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJ1LTEiLCJuYmYiOjE3MDAwMDAw"	\
	       "MDAsImV4cCI6MTcwMDAwMDYwMCwidmlkZW8iOnsicm9vbSI6InItMSIsInJvb21K"	\
	"b2luIjp0cnVlfX0.mqZJhXAB1E4drSeIyTrdA05jXWfL7OqzJrUPLr7FgnQ"

static struct arena	arena;

/* Verifies a copy on the heap without a NUL, so that ASan sees an overrun. */
static int
verify(const char *token, size_t len, const char *secret, size_t secret_len,
    struct value *claims)
{
	char	*copy;
	int	right;

	copy = malloc(len > 0 ? len : 1);
	memcpy(copy, token, len);
	right = jws_verify(&arena, (struct span){ copy, len }, secret,
	    secret_len, claims);
	free(copy);

	return (right);
}

/* Signs a head and a body; whether that is taken. */
static int
taken(const EVP_MD *digest, const char *head, const char *body)
{
	struct value	claims;
	char		token[JWS_MAX];
	size_t		len;

	len = jws_make(token, digest, SECRET, sizeof(SECRET) - 1, head,
	    strlen(head), body, strlen(body));

	return (verify(token, len, SECRET, sizeof(SECRET) - 1, &claims));
}

static void
test_golden(void)
{
	const struct value	*issuer, *exp;
	struct value		claims;
	char			token[sizeof(GOLDEN)];
	size_t			i, len = sizeof(GOLDEN) - 1;
	int			bit;

	CHECK(verify(GOLDEN, len, SECRET, sizeof(SECRET) - 1, &claims) == 1,
	    "the golden one");
	issuer = value_member(&claims, "iss");
	exp = value_member(&claims, "exp");
	CHECK(issuer != NULL && span_is(issuer->text, "devkey"), "iss");
	CHECK(exp != NULL && exp->type == VALUE_INTEGER &&
	    exp->integer == 1700000600, "exp");

	for (i = 0; i < len; i++) {
		CHECK(verify(GOLDEN, i, SECRET, sizeof(SECRET) - 1,
		    &claims) == 0, "cut to %zu", i);
		for (bit = 0; bit < 8; bit++) {
			memcpy(token, GOLDEN, sizeof(token));
			token[i] = (char)(token[i] ^ (1 << bit));
			CHECK(verify(token, len, SECRET, sizeof(SECRET) - 1,
			    &claims) == 0, "bit %d of octet %zu", bit, i);
		}
	}
}

/* What we sign is what LiveKit's own packages would, and fits or is refused. */
static void
test_sign(void)
{
	static const char	claims[] = "{\"iss\":\"devkey\",\"sub\":\"u-1\","
	    "\"nbf\":1700000000,\"exp\":1700000600,"
	    "\"video\":{\"room\":\"r-1\",\"roomJoin\":true}}";
	static char		large[9000];
	struct value		read;
	struct span		span;
	size_t			size, len;
	char			*out;
	int			made;

	for (size = 0; size < sizeof(GOLDEN) + 8; size++) {
		out = malloc(size > 0 ? size : 1);
		made = jws_sign(SPAN(claims), SECRET, sizeof(SECRET) - 1, out,
		    size);
		CHECK(made == (size >= sizeof(GOLDEN)), "%zu octets", size);
		CHECK(!made || strcmp(out, GOLDEN) == 0, "%s", out);
		free(out);
	}

	memset(large, ' ', sizeof(large));
	large[0] = '{';
	out = malloc(4 * sizeof(large));
	for (len = 2; len < 4000; len += 7) {
		large[len - 1] = '}';
		span.data = large;
		span.len = len;
		CHECK(jws_sign(span, SECRET, sizeof(SECRET) - 1, out,
		    4 * sizeof(large)) == 1, "%zu octets", len);
		CHECK(verify(out, strlen(out), SECRET, sizeof(SECRET) - 1,
		    &read) == 1, "%zu octets are read", len);
		large[len - 1] = ' ';
	}
	span.len = sizeof(large);
	CHECK(jws_sign(span, SECRET, sizeof(SECRET) - 1, out,
	    4 * sizeof(large)) == 0, "too large");
	CHECK(jws_sign(SPAN(claims), "", 0, out, 4 * sizeof(large)) == 0,
	    "no secret");
	free(out);
}

static void
test_secrets(void)
{
	struct value	claims;

	CHECK(verify(GOLDEN, sizeof(GOLDEN) - 1, SECRET, sizeof(SECRET) - 2,
	    &claims) == 0, "a shorter secret");
	CHECK(verify(GOLDEN, sizeof(GOLDEN) - 1, SECRET "!", sizeof(SECRET),
	    &claims) == 0, "a longer secret");
	CHECK(verify(GOLDEN, sizeof(GOLDEN) - 1, "", 0, &claims) == 0,
	    "no secret");
}

static void
test_heads(void)
{
	static const char *const	bad[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"HS384\"}",
		"{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}",
		"{\"alg\":\"hs256\"}", "{\"alg\":\"HS256 \"}",
		"{\"alg\":\"\"}", "{\"alg\":null}", "{\"alg\":[\"HS256\"]}",
		"{\"alg\":256}", "{\"typ\":\"JWT\"}", "{}", "[]", "\"HS256\"",
		"HS256", "{\"ALG\":\"HS256\"}",
		"{\"alg\":\"HS256\",\"alg\":\"none\"}",
		"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
		"{\"alg\":\"HS256\",\"crit\":null}",
	};
	size_t				i;

	CHECK(taken(EVP_sha256(), HEAD, BODY) == 1, "as it should be");
	CHECK(taken(EVP_sha256(), "{\"alg\":\"HS256\"}", BODY) == 1,
	    "without typ, as LiveKit's node package");
	CHECK(taken(EVP_sha384(), "{\"alg\":\"HS384\"}", BODY) == 0, "HS384");
	CHECK(taken(EVP_sha512(), "{\"alg\":\"HS512\"}", BODY) == 0, "HS512");
	CHECK(taken(EVP_sha512(), HEAD, BODY) == 0, "HS512 said to be HS256");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(taken(EVP_sha256(), bad[i], BODY) == 0, "%s", bad[i]);
}

static void
test_bodies(void)
{
	static const char *const	bad[] = { "[]", "null", "7", "\"x\"",
	    "{", "{}}", "not JSON", " ", "\n", "{\"a\":\xff}" };
	size_t				i;

	CHECK(taken(EVP_sha256(), HEAD, "{}") == 1, "no claims");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(taken(EVP_sha256(), HEAD, bad[i]) == 0, "%s", bad[i]);
}

/* What is no base64url in three parts, also when it is rightly signed. */
static void
test_shapes(void)
{
	static const char *const	bad[] = { "", ".", "..", HEAD64,
	    HEAD64 ".", "." HEAD64, ".e30", HEAD64 ".e30=", HEAD64 ".e30\n",
	    HEAD64 ". e30", HEAD64 ".e3 0", HEAD64 ".e30.e30", HEAD64 ".e",
	    HEAD64 ".e30e3", HEAD64 ".e31", HEAD64 ".e30+", HEAD64 ".e30/",
	    HEAD64 "=.e30", HEAD64 "..e30", " " HEAD64 ".e30",
	    HEAD64 ".\xc3\xbc" "30" };
	struct value			claims;
	char				token[JWS_MAX];
	size_t				i, len;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(verify(bad[i], strlen(bad[i]), SECRET,
		    sizeof(SECRET) - 1, &claims) == 0, "%s", bad[i]);
		len = strlen(bad[i]);
		memcpy(token, bad[i], len);
		len = jws_append_signature(token, len, EVP_sha256(), SECRET,
		    sizeof(SECRET) - 1);
		CHECK(verify(token, len, SECRET, sizeof(SECRET) - 1,
		    &claims) == 0, "signed: %s", bad[i]);
	}
	CHECK(verify(GOLDEN "A", sizeof(GOLDEN), SECRET, sizeof(SECRET) - 1,
	    &claims) == 0, "longer");
	CHECK(verify(GOLDEN "=", sizeof(GOLDEN), SECRET, sizeof(SECRET) - 1,
	    &claims) == 0, "padded");
	CHECK(verify(GOLDEN "\0", sizeof(GOLDEN), SECRET, sizeof(SECRET) - 1,
	    &claims) == 0, "a NUL behind it");
	CHECK(jws_verify(&arena, (struct span){ NULL, 0 }, SECRET,
	    sizeof(SECRET) - 1, &claims) == 0, "nothing");
}

/* Not so long that somebody could keep us busy. */
static void
test_length(void)
{
	struct value	claims;
	char		token[JWS_MAX], body[9000];
	size_t		len, blanks;
	int		used, right;

	for (blanks = 0; blanks < 8900; blanks += 50) {
		used = snprintf(body, sizeof(body), "{%*s}", (int)blanks, "");
		len = jws_make(token, EVP_sha256(), SECRET, sizeof(SECRET) - 1,
		    HEAD, sizeof(HEAD) - 1, body, (size_t)used);
		right = verify(token, len, SECRET, sizeof(SECRET) - 1,
		    &claims);
		CHECK(right == (len <= 8192), "%zu octets", len);
	}
}

int
main(void)
{
	kore_mem_init();
	arena_init(&arena);
	test_golden();
	test_sign();
	test_secrets();
	test_heads();
	test_bodies();
	test_shapes();
	test_length();
	arena_cleanup(&arena);

	return (check_end());
}
