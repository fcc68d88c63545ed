/* Any octets as an access token, and any head and body signed as one. */
/* sources: src/identity/token.c src/data/base64.c */
/* libraries: -ljwt -lcrypto */

#include <stdint.h>
#include <stdlib.h>

#include <jwt.h>

#include "identity/token.h"

#include "../unit/jws.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

#define NOW		((time_t)1757066400)
#define SECRET		"a-test-secret-of-32-octets-length"
#define SECRET_LEN	(sizeof(SECRET) - 1)
#define SIGNED_MAX	6000

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct token_keys	keys;

static enum token_result
verify(const void *token, size_t len, struct token_claims *claims)
{
	enum token_result	result;
	char			*copy;

	/* No NUL behind it, so that ASan sees an overrun. */
	copy = malloc(len > 0 ? len : 1);
	if (len > 0)
		memcpy(copy, token, len);
	result = token_verify(&keys, (struct span){ copy, len }, NOW, claims);
	free(copy);

	return (result);
}

/* What a caller may rely on in claims that were accepted. */
static void
claims_check(const struct token_claims *claims)
{
	size_t	i;

	HOLDS(claims->expires > NOW);
	HOLDS(claims->subject[0] != '\0');
	HOLDS(memchr(claims->subject, '\0', sizeof(claims->subject)) != NULL);
	HOLDS(memchr(claims->session, '\0', sizeof(claims->session)) != NULL);
	for (i = 0; claims->subject[i] != '\0'; i++)
		HOLDS((unsigned char)claims->subject[i] >= ' ');
}

/* Nobody has signed these but whoever made the corpus: libjwt is the judge. */
static void
fuzz_raw(const uint8_t *data, size_t size)
{
	struct token_claims	claims;
	jwt_t			*jwt = NULL;
	char			*text;

	if (verify(data, size, &claims) != TOKEN_OK)
		return;

	text = strndup((const char *)data, size);
	HOLDS(strlen(text) == size);
	HOLDS(jwt_decode(&jwt, text, (const unsigned char *)SECRET,
	    SECRET_LEN) == 0);
	HOLDS(jwt_get_alg(jwt) == JWT_ALG_HS256);
	HOLDS(strcmp(jwt_get_grant(jwt, "sub"), claims.subject) == 0);
	claims_check(&claims);
	jwt_free(jwt);
	free(text);
}

/* Signs a head and a body, and then changes one bit of the token. */
static void
fuzz_signed(const uint8_t *data, size_t size, size_t where)
{
	struct token_claims	claims;
	char			token[JWS_MAX];
	const uint8_t		*body;
	size_t			len, head_len;

	/* The head ends at the first line feed. */
	if (size > SIGNED_MAX || size == 0 ||
	    (body = memchr(data, '\n', size)) == NULL)
		return;
	head_len = (size_t)(body - data);
	body++;

	len = jws_make(token, EVP_sha256(), SECRET, SECRET_LEN, data, head_len,
	    body, size - head_len - 1);
	if (verify(token, len, &claims) == TOKEN_OK)
		claims_check(&claims);

	token[where / 8 % len] ^= (char)(1 << where % 8);
	HOLDS(verify(token, len, &claims) == TOKEN_INVALID);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (keys.count == 0)
		HOLDS(token_keys_init(&keys, "HS256", SECRET, SECRET_LEN));

	/* A first octet that no token has asks for the rest to be signed. */
	if (size > 3 && data[0] == '{')
		fuzz_signed(data + 3, size - 3,
		    (size_t)data[1] << 8 | data[2]);
	else
		fuzz_raw(data, size);

	return (0);
}
