/* Access tokens: which are taken, and what we make ourselves. */
/* sources: src/identity/token.c src/data/base64.c */
/* libraries: -ljwt -lcrypto */

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>

#include <jwt.h>

#include "identity/token.h"

#include "check.h"
#include "jws.h"

#define NOW		((time_t)1757066400)
#define EXP		"1757068200"		/* in half an hour */
#define SECRET		"a-test-secret-of-32-octets-length"
#define HEAD		"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define HEAD64		"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"
/* With the id of SECRET: what we write. */
#define KEYED64		"eyJhbGciOiJIUzI1NiIsImtpZCI6ImZjYTBiZDlhIiwidHlwIjoiSldUIn0"
#define SUB		"\"sub\":\"testuser\""

/* What python-jose 3.3 and PyJWT 2.10 write for testuser. */
#define OLD_256								\
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0."	\
	"AmkBSROES7vDbSaXWctL2Dn97NGBj9PukVSZEI1pwpc"
#define OLD_384								\
	"eyJhbGciOiJIUzM4NCIsInR5cCI6IkpXVCJ9."			\
	"eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0."		\
	"QgS6f610-s4x0CPKQrqNCk0Ggfev6Dyw6FWLMyRu38MWwaEXxHIZ-M_FK34ZZoof"
#define OLD_512								\
	"eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9."			\
	"eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0."		\
	"JrQarXQ4wHwswq08YWDupyJSFbVWyR7oxP1S3E8fGeJeccrIKku2YhUpuRDR"	\
	"iTmpjdIBZIJYeS3Y40sJ0jQGHQ"

#define NINE		"abcdefghi"
#define SIXTY		NINE NINE NINE NINE NINE NINE "123456"
#define LONG_255	SIXTY SIXTY SIXTY SIXTY NINE "123456"

struct body {
	int			line;
	const char		*json;
	size_t			len;
	enum token_result	result;
	time_t			expires;
};

#define ROW(json, result, expires)					\
	{ __LINE__, json, sizeof(json) - 1, result, expires }
#define GOOD(json, expires)	ROW(json, TOKEN_OK, expires)
#define BAD(json)		ROW(json, TOKEN_INVALID, 0)
#define LATE(json)		ROW(json, TOKEN_EXPIRED, 0)

/* Bodies that were signed as they should be. */
static const struct body bodies[] = {
	GOOD("{" SUB ",\"exp\":" EXP "}", 1757068200),
	GOOD("{\"exp\":" EXP "," SUB "}", 1757068200),
	GOOD(" {\n" SUB " , \"exp\" : " EXP "\t}\r\n", 1757068200),
	GOOD("{" SUB ",\"exp\":" EXP ",\"other\":[{\"deep\":null}]}",
	    1757068200),
	GOOD("{" SUB ",\"exp\":" EXP ",\"iat\":9999999999}", 1757068200),
	GOOD("{" SUB ",\"exp\":9007199254740991}", 9007199254740991),

	/* Dates: the last second, fractions, exponents, not a number. */
	GOOD("{" SUB ",\"exp\":1757066401}", 1757066401),
	LATE("{" SUB ",\"exp\":1757066400}"),
	LATE("{" SUB ",\"exp\":1757066399}"),
	LATE("{" SUB ",\"exp\":0}"),
	LATE("{" SUB ",\"exp\":-1}"),
	LATE("{" SUB ",\"exp\":-0.5}"),
	GOOD("{" SUB ",\"exp\":1757066400.5}", 1757066401),
	GOOD("{" SUB ",\"exp\":1757066401.0}", 1757066401),
	LATE("{" SUB ",\"exp\":1757066400.0}"),
	LATE("{" SUB ",\"exp\":1757066399.9}"),
	GOOD("{" SUB ",\"exp\":1.757068200e9}", 1757068200),
	GOOD("{" SUB ",\"exp\":1757068200E+0}", 1757068200),
	BAD("{" SUB "}"),
	BAD("{" SUB ",\"exp\":null}"),
	BAD("{" SUB ",\"exp\":true}"),
	BAD("{" SUB ",\"exp\":\"" EXP "\"}"),
	BAD("{" SUB ",\"exp\":[" EXP "]}"),
	BAD("{" SUB ",\"exp\":{}}"),
	BAD("{" SUB ",\"EXP\":" EXP "}"),
	BAD("{" SUB ",\"exp\":9007199254740992}"),
	BAD("{" SUB ",\"exp\":9007199254740993}"),
	BAD("{" SUB ",\"exp\":9223372036854775807}"),
	BAD("{" SUB ",\"exp\":99999999999999999999}"),
	BAD("{" SUB ",\"exp\":1e30}"),
	BAD("{" SUB ",\"exp\":1e999}"),
	BAD("{" SUB ",\"exp\":-1e30}"),
	BAD("{" SUB ",\"exp\":NaN}"),
	BAD("{" SUB ",\"exp\":Infinity}"),
	BAD("{" SUB ",\"exp\":0x7fffffff}"),

	GOOD("{" SUB ",\"exp\":" EXP ",\"nbf\":1757066400}", 1757068200),
	GOOD("{" SUB ",\"exp\":" EXP ",\"nbf\":1757066399.5}", 1757068200),
	GOOD("{" SUB ",\"exp\":" EXP ",\"nbf\":0}", 1757068200),
	BAD("{" SUB ",\"exp\":" EXP ",\"nbf\":1757066401}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"nbf\":1757066400.5}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"nbf\":null}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"nbf\":\"0\"}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"nbf\":1e30}"),

	BAD("{\"exp\":" EXP "}"),
	BAD("{\"sub\":null,\"exp\":" EXP "}"),
	BAD("{\"sub\":7,\"exp\":" EXP "}"),
	BAD("{\"sub\":[\"testuser\"],\"exp\":" EXP "}"),
	BAD("{\"sub\":\"\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\\u0000b\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\\nb\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\\u001fb\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\\u007fb\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\x01\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"a\xff\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"\\ud800\",\"exp\":" EXP "}"),
	BAD("{\"sub\":\"1" LONG_255 "\",\"exp\":" EXP "}"),
	/* Wrong in itself comes before expired. */
	BAD("{\"sub\":\"\",\"exp\":1}"),

	GOOD("{" SUB ",\"exp\":" EXP ",\"sid\":\"x\"}", 1757068200),
	BAD("{" SUB ",\"exp\":" EXP ",\"sid\":\"\"}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"sid\":null}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"sid\":7}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"sid\":\"a\\n\"}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"sid\":\"" SIXTY "1234\"}"),

	/* For somebody else. */
	BAD("{" SUB ",\"exp\":" EXP ",\"aud\":\"parley\"}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"aud\":null}"),
	BAD("{" SUB ",\"exp\":" EXP ",\"iss\":\"devkey\","
	    "\"video\":{\"roomJoin\":true}}"),

	/* Repeated keys: whatever is decided, one value is. */
	GOOD("{\"sub\":\"eve\"," SUB ",\"exp\":1,\"exp\":" EXP "}", 1757068200),
	LATE("{" SUB ",\"exp\":" EXP ",\"exp\":1}"),

	BAD("{}"), BAD("[]"), BAD("null"), BAD("\"sub\""), BAD("7"), BAD("{"),
	BAD(" "), BAD("\0"), BAD("{" SUB ",\"exp\":" EXP ",}"),
	BAD("{" SUB ",\"exp\":" EXP "}}"), BAD("{" SUB ",\"exp\":" EXP "} x"),
	BAD("[{" SUB ",\"exp\":" EXP "}]"),
	BAD("\xef\xbb\xbf{" SUB ",\"exp\":" EXP "}"),
};

/* Heads over a good body, signed by HMAC with SHA-256. */
static const struct body heads[] = {
	GOOD(HEAD, 0),
	GOOD("{\"typ\":\"JWT\",\"alg\":\"HS256\"}", 0),
	GOOD("{\"alg\":\"HS256\"}", 0),
	GOOD("{\"alg\":\"HS256\",\"typ\":\"jwt\"}", 0),
	GOOD("{\"alg\":\"HS256\",\"kid\":\"../../etc/passwd\"}", 0),
	BAD("{\"alg\":\"none\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"None\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"NONE\"}"),
	BAD("{\"alg\":\"HS384\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"HS512\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"RS256\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"ES256\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"PS256\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"hs256\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"HS256 \",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":\"\",\"typ\":\"JWT\"}"),
	BAD("{\"alg\":null,\"typ\":\"JWT\"}"),
	BAD("{\"alg\":256,\"typ\":\"JWT\"}"),
	BAD("{\"alg\":[\"HS256\"],\"typ\":\"JWT\"}"),
	BAD("{\"typ\":\"JWT\"}"),
	BAD("{\"ALG\":\"HS256\"}"),
	BAD("{\"alg\":\"HS256\",\"typ\":\"refresh\"}"),
	BAD("{\"alg\":\"HS256\",\"typ\":null}"),
	BAD("{\"alg\":\"HS256\",\"typ\":7}"),
	BAD("{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}"),
	BAD("{\"alg\":\"HS256\",\"crit\":null}"),
	BAD("{}"), BAD("[]"), BAD("\"HS256\""), BAD("HS256"), BAD("\0"),
	BAD("[\"alg\",\"HS256\"]"),
};

/* No three parts of base64url, whoever signed. */
static const char *const shapes[] = {
	"", ".", "..", "...", "a", "a.b", HEAD64, HEAD64 ".", HEAD64 "..",
	"Bearer " OLD_256, " " OLD_256, OLD_256 " ", OLD_256 "\n", OLD_256 "=",
	OLD_256 ".", "." OLD_256, OLD_256 "." OLD_256, OLD_256 "A",
	OLD_256 "AAAA", OLD_256 OLD_256,
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0.",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0",
	HEAD64 "..AmkBSROES7vDbSaXWctL2Dn97NGBj9PukVSZEI1pwpc",
	".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0."
	"AmkBSROES7vDbSaXWctL2Dn97NGBj9PukVSZEI1pwpc",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0=."
	"AmkBSROES7vDbSaXWctL2Dn97NGBj9PukVSZEI1pwpc",
	/* The signature's last two bits are not used: `d' is as `c'. */
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0."
	"AmkBSROES7vDbSaXWctL2Dn97NGBj9PukVSZEI1pwpd",
	/* Unsigned: {"alg":"none"}. */
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0.",
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0",
	"eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0"
	".AA",
};

/* The same for these, with a good signature added to each. */
static const char *const signed_shapes[] = {
	".", HEAD64 ".", ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0",
	HEAD64, HEAD64 ".A", "A.e30", HEAD64 ".e30.e30", HEAD64 ".e30.",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0AA",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0=",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0+",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0/",
	HEAD64 ".eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0\n",
	HEAD64 ". eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0",
	HEAD64 "=.eyJzdWIiOiJ0ZXN0dXNlciIsImV4cCI6MTc1NzA2ODIwMH0",
};

static struct token_keys	keys;
static int			decoded;	/* tokens that libjwt saw */

/* Stands before libjwt's own. */
int
jwt_decode(jwt_t **jwt, const char *token, const unsigned char *key, int len)
{
	static __typeof__(jwt_decode)	*next;

	decoded++;
	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "jwt_decode");

	return (next(jwt, token, key, len));
}

/* Verifies a copy on the heap without a NUL, so that ASan sees an overrun. */
static enum token_result
verify(const struct token_keys *with, const char *token, size_t len,
    struct token_claims *claims)
{
	struct token_claims	none;
	enum token_result	result;
	char			*copy;

	memset(&none, 0, sizeof(none));
	memset(claims, 0xa5, sizeof(*claims));
	copy = malloc(len > 0 ? len : 1);
	memcpy(copy, token, len);
	result = token_verify(with, (struct span){ copy, len }, NOW, claims);
	if (result != TOKEN_OK)
		CHECK(memcmp(claims->subject, none.subject,
		    sizeof(none.subject)) == 0 && memcmp(claims->session,
		    none.session, sizeof(none.session)) == 0 &&
		    claims->expires == 0, "claims are left: %s",
		    claims->subject);
	free(copy);

	return (result);
}

static void
test_bodies(void)
{
	struct token_claims	claims;
	enum token_result	result;
	char			token[JWS_MAX];
	size_t			i, len;

	for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		len = jws_make(token, EVP_sha256(), SECRET, sizeof(SECRET) - 1,
		    HEAD, sizeof(HEAD) - 1, bodies[i].json, bodies[i].len);
		result = verify(&keys, token, len, &claims);
		CHECK(result == bodies[i].result, "row of line %d: %d",
		    bodies[i].line, result);
		CHECK(claims.expires == bodies[i].expires,
		    "row of line %d: %lld", bodies[i].line,
		    (long long)claims.expires);
		if (result == TOKEN_OK)
			CHECK(strcmp(claims.subject, "testuser") == 0,
			    "row of line %d: %s", bodies[i].line,
			    claims.subject);
	}
}

static void
test_heads(void)
{
	struct token_claims	claims;
	enum token_result	result;
	char			token[JWS_MAX];
	size_t			i, len;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		len = jws_make(token, EVP_sha256(), SECRET, sizeof(SECRET) - 1,
		    heads[i].json, heads[i].len, bodies[0].json,
		    bodies[0].len);
		result = verify(&keys, token, len, &claims);
		CHECK(result == heads[i].result, "row of line %d: %d",
		    heads[i].line, result);
	}
}

/* libjwt is handed nothing but what has our signature and three parts. */
static void
test_shapes(void)
{
	struct token_claims	claims;
	char			token[JWS_MAX];
	size_t			i, len;

	for (i = 0; i < sizeof(signed_shapes) / sizeof(signed_shapes[0]); i++) {
		decoded = 0;
		len = strlen(signed_shapes[i]);
		memcpy(token, signed_shapes[i], len);
		len = jws_append_signature(token, len, EVP_sha256(), SECRET,
		    sizeof(SECRET) - 1);
		CHECK(verify(&keys, token, len, &claims) == TOKEN_INVALID &&
		    decoded == 0, "%s", token);
	}
	for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		decoded = 0;
		CHECK(verify(&keys, shapes[i], strlen(shapes[i]), &claims) ==
		    TOKEN_INVALID && decoded == 0, "%s", shapes[i]);
	}
	CHECK(verify(&keys, OLD_256 "\0", sizeof(OLD_256), &claims) ==
	    TOKEN_INVALID, "a NUL behind it");
	CHECK(token_verify(&keys, (struct span){ NULL, 0 }, NOW, &claims) ==
	    TOKEN_INVALID, "nothing");
}

/* Every octet of a good token counts, and so does its end. */
static void
test_every_octet(void)
{
	struct token_claims	claims;
	char			token[sizeof(OLD_256)];
	size_t			i, len = sizeof(OLD_256) - 1;
	int			bit;

	CHECK(verify(&keys, OLD_256, len, &claims) == TOKEN_OK, "unchanged");
	decoded = 0;
	for (i = 0; i < len; i++) {
		CHECK(verify(&keys, OLD_256, i, &claims) == TOKEN_INVALID,
		    "cut to %zu", i);
		for (bit = 0; bit < 8; bit++) {
			memcpy(token, OLD_256, sizeof(token));
			token[i] = (char)(token[i] ^ (1 << bit));
			CHECK(verify(&keys, token, len, &claims) ==
			    TOKEN_INVALID, "bit %d of octet %zu", bit, i);
		}
	}
	CHECK(decoded == 0, "%d changed ones were handed to libjwt", decoded);
}

static void
test_algorithms(void)
{
	static const char *const	names[] = { "HS256", "HS384", "HS512" };
	static const char *const	old[] = { OLD_256, OLD_384, OLD_512 };
	static const char *const	unknown[] = { "", "none", "HS1",
	    "hs256", "HS2560", "RS256", "HS256 " };
	struct token_keys		those;
	struct token_claims		claims;
	enum token_result		result;
	size_t				i, j;

	for (i = 0; i < 3; i++) {
		CHECK(token_keys_init(&those, names[i], SECRET,
		    sizeof(SECRET) - 1) == 1, "%s", names[i]);
		for (j = 0; j < 3; j++) {
			result = verify(&those, old[j], strlen(old[j]),
			    &claims);
			CHECK(result == (i == j ? TOKEN_OK : TOKEN_INVALID),
			    "%s as %s: %d", names[j], names[i], result);
		}
	}
	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		CHECK(token_keys_init(&those, unknown[i], SECRET,
		    sizeof(SECRET) - 1) == 0, "%s", unknown[i]);
		CHECK(verify(&those, OLD_256, sizeof(OLD_256) - 1, &claims) ==
		    TOKEN_INVALID, "%s", unknown[i]);
	}
}

/* 8,192 octets are looked at, not one more. */
static void
test_length(void)
{
	struct token_claims	claims;
	char			token[JWS_MAX], body[8192];
	size_t			len, blanks, longest = 0;
	int			used;

	for (blanks = 5980; blanks < 6100; blanks++) {
		used = snprintf(body, sizeof(body), "%*s{" SUB ",\"exp\":" EXP
		    "}", (int)blanks, "");
		len = jws_make(token, EVP_sha256(), SECRET, sizeof(SECRET) - 1,
		    HEAD, sizeof(HEAD) - 1, body, (size_t)used);
		CHECK(verify(&keys, token, len, &claims) == (len <= 8192 ?
		    TOKEN_OK : TOKEN_INVALID), "of %zu octets", len);
		if (len <= 8192)
			longest = len;
	}
	CHECK(longest > 8188, "%zu", longest);
}

static void
test_keys(void)
{
	static const char	secrets[5][9] = { "first\0 1", "second\0 ",
	    "third\0 3", "fourth\0 ", "fifth\0 5" };
	struct token_keys	those, one;
	struct token_claims	claims;
	char			token[TOKEN_MAX], huge[65537] = { 0 };
	size_t			i;

	CHECK(token_keys_init(&those, "HS256", secrets[0], 8) == 1, "first");
	for (i = 1; i < 4; i++)
		CHECK(token_keys_add(&those, secrets[i], 8) == 1, "%zu", i);
	CHECK(token_keys_add(&those, secrets[4], 8) == 0, "a fifth");

	/* All verify, the first signs, and NULs in secrets count. */
	for (i = 0; i < 5; i++) {
		CHECK(token_keys_init(&one, "HS256", secrets[i], 8) == 1,
		    "%zu", i);
		CHECK(token_issue(&one, "a", NULL, NOW, 60, token,
		    sizeof(token)) == 1, "%zu", i);
		CHECK(verify(&those, token, strlen(token), &claims) ==
		    (i < 4 ? TOKEN_OK : TOKEN_INVALID), "%zu", i);
		CHECK(token_keys_init(&one, "HS256", secrets[i], 5) == 1,
		    "%zu", i);
		CHECK(verify(&one, token, strlen(token), &claims) ==
		    TOKEN_INVALID, "%zu", i);
	}
	CHECK(token_issue(&those, "a", NULL, NOW, 60, token,
	    sizeof(token)) == 1, "issue");
	CHECK(token_keys_init(&one, "HS256", secrets[0], 8) == 1, "first");
	CHECK(verify(&one, token, strlen(token), &claims) == TOKEN_OK,
	    "the first does not sign");

	token_keys_cleanup(&those);
	CHECK(verify(&those, token, strlen(token), &claims) == TOKEN_INVALID,
	    "no keys");
	CHECK(token_issue(&those, "a", NULL, NOW, 60, token,
	    sizeof(token)) == 0, "no keys");
	CHECK(token_keys_init(&those, "HS256", "", 0) == 0, "empty");
	CHECK(token_keys_init(&those, "HS256", huge, 65536) == 1, "64 KiB");
	CHECK(token_keys_init(&those, "HS256", huge, 65537) == 0, "more");
}

/* As Python's hmac makes them of the same claims. */
static void
test_issue(void)
{
	struct token_keys	those;
	struct token_claims	claims;
	char			out[TOKEN_MAX];

	CHECK(token_issue(&keys, "testuser", NULL, NOW, 1800, out,
	    sizeof(out)) == 1 && strcmp(out, KEYED64
	    ".eyJleHAiOjE3NTcwNjgyMDAsImlhdCI6MTc1NzA2NjQwMCwic3ViIjoidGVzdHVz"
	    "ZXIifQ.BqK6fJoAMDv_hgI6wEnt5SGLKuU--wS369-F2JMkaB0") == 0,
	    "%s", out);
	CHECK(token_issue(&keys, "testuser", "7f9c", NOW, 1800, out,
	    sizeof(out)) == 1 && strcmp(out, KEYED64
	    ".eyJleHAiOjE3NTcwNjgyMDAsImlhdCI6MTc1NzA2NjQwMCwic2lkIjoiN2Y5YyIs"
	    "InN1YiI6InRlc3R1c2VyIn0"
	    ".V3HhFDFyJA6Q9X5VoDzUo9fUdGqNyZM8ko0nGW7Tz_8") == 0, "%s", out);
	CHECK(verify(&keys, out, strlen(out), &claims) == TOKEN_OK &&
	    strcmp(claims.subject, "testuser") == 0 &&
	    strcmp(claims.session, "7f9c") == 0 &&
	    claims.expires == NOW + 1800, "%s", claims.session);

	CHECK(token_keys_init(&those, "HS512", SECRET, sizeof(SECRET) - 1) == 1,
	    "HS512");
	CHECK(token_issue(&those, "testuser", NULL, NOW, 1800, out,
	    sizeof(out)) == 1 && strcmp(out,
	    "eyJhbGciOiJIUzUxMiIsImtpZCI6ImZjYTBiZDlhIiwidHlwIjoiSldUIn0"
	    ".eyJleHAiOjE3NTcwNjgyMDAsImlhdCI6MTc1NzA2NjQwMCwic3ViIjoidGVzdHVz"
	    "ZXIifQ.CpTGcI_eUYoBO73uta41b0WauLyOyX3VMh179DLvA135psQMgYgwAx5Wi2"
	    "wmtsYzvnXsMvQXJVqQEvuP7mVuOw") == 0, "%s", out);
	CHECK(verify(&those, out, strlen(out), &claims) == TOKEN_OK, "%s", out);
	CHECK(verify(&keys, out, strlen(out), &claims) == TOKEN_INVALID, "%s",
	    out);
}

static void
test_issue_limits(void)
{
	static const char *const	refused[] = { "", "a\n", "\x7f", "\xff",
	    "1" LONG_255 };
	struct token_keys		those;
	struct token_claims		claims;
	char				out[TOKEN_MAX], subject[256], *exact;
	char				session[64];
	size_t				i, len;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		memset(out, 'x', sizeof(out));
		CHECK(token_issue(&keys, refused[i], NULL, NOW, 60, out,
		    sizeof(out)) == 0 && out[0] == '\0', "%s", refused[i]);
		CHECK(token_issue(&keys, "a", refused[i], NOW, 60, out,
		    sizeof(out)) == 0, "%s", refused[i]);
	}
	CHECK(token_issue(&keys, "a", SIXTY "1234", NOW, 60, out,
	    sizeof(out)) == 0, "a session of 64");
	CHECK(token_issue(&keys, "a", NULL, NOW, 0, out, sizeof(out)) == 0,
	    "0");
	CHECK(token_issue(&keys, "a", NULL, NOW, -1, out, sizeof(out)) == 0,
	    "-1");
	CHECK(token_issue(&keys, "a", NULL, NOW, INT64_MAX, out,
	    sizeof(out)) == 0, "overflow");
	CHECK(token_issue(&keys, "a", NULL, NOW, (long)1 << 53, out,
	    sizeof(out)) == 0, "beyond what can be read");

	/* The longest there is: everything escaped, the longest signature. */
	memset(subject, '"', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	memset(session, '\\', sizeof(session) - 1);
	session[sizeof(session) - 1] = '\0';
	CHECK(token_keys_init(&those, "HS512", SECRET, sizeof(SECRET) - 1) == 1,
	    "HS512");
	CHECK(token_issue(&those, subject, session, NOW, 9007197497674591, out,
	    sizeof(out)) == 1, "TOKEN_MAX is too small");
	CHECK(verify(&those, out, strlen(out), &claims) == TOKEN_OK &&
	    strcmp(claims.subject, subject) == 0 &&
	    strcmp(claims.session, session) == 0, "%s", out);

	len = strlen(out);
	exact = malloc(len + 1);
	CHECK(token_issue(&those, subject, session, NOW, 9007197497674591,
	    exact, len + 1) == 1 && strcmp(exact, out) == 0, "exactly");
	CHECK(token_issue(&those, subject, session, NOW, 9007197497674591,
	    exact, len) == 0 && exact[0] == '\0', "one short");
	CHECK(token_issue(&those, subject, session, NOW, 9007197497674591,
	    exact, 0) == 0, "nothing");
	free(exact);

	CHECK(token_issue(&keys, "zo\xc3\xab/\xe2\x98\x83", NULL, NOW, 60, out,
	    sizeof(out)) == 1 && verify(&keys, out, strlen(out), &claims) ==
	    TOKEN_OK && strcmp(claims.subject, "zo\xc3\xab/\xe2\x98\x83") == 0,
	    "UTF-8");
}

int
main(void)
{
	CHECK(token_keys_init(&keys, "HS256", SECRET, sizeof(SECRET) - 1) == 1,
	    "keys");
	test_bodies();
	test_heads();
	test_shapes();
	test_every_octet();
	test_algorithms();
	test_length();
	test_keys();
	test_issue();
	test_issue_limits();

	return (check_end());
}
