#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "data/base64.h"
#include "data/json_read.h"
#include "identity/jws.h"

#define JWS_MAX		8192	/* octets: far above what LiveKit sends */
#define JWS_SIGNATURE	BASE64_LEN(SHA256_DIGEST_LENGTH)

/* {"alg":"HS256","typ":"JWT"} */
#define JWS_HEADER	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

static int	signature_make(struct span, const void *, size_t, char *);
static int	signature_right(struct span, size_t, const void *, size_t);
static int	part_read(struct arena *, struct span, struct value *);

int
jws_sign(struct span claims, const void *secret, size_t len, char *out,
    size_t size)
{
	struct span	signing;
	size_t		n;

	if (claims.len > JWS_MAX || size < sizeof(JWS_HEADER) - 1 +
	    BASE64_LEN(claims.len) + 1 + JWS_SIGNATURE + 1)
		return (0);

	n = sizeof(JWS_HEADER) - 1;
	memcpy(out, JWS_HEADER, n);
	n += base64_encode(BASE64_URL, out + n, claims.data, claims.len);
	signing.data = out;
	signing.len = n;
	if (!signature_make(signing, secret, len, out + n + 1))
		return (0);
	out[n] = '.';

	return (1);
}

int
jws_verify(struct arena *arena, struct span token, const void *secret,
    size_t len, struct value *claims)
{
	const struct value	*alg;
	struct value		header;
	struct span		parts[2];
	const char		*dot, *last;

	if (token.len == 0 || token.len > JWS_MAX ||
	    (dot = memchr(token.data, '.', token.len)) == NULL ||
	    (last = memchr(dot + 1, '.', token.len -
	    (size_t)(dot + 1 - token.data))) == NULL)
		return (0);

	if (!signature_right(token, (size_t)(last - token.data), secret, len))
		return (0);

	parts[0].data = token.data;
	parts[0].len = (size_t)(dot - token.data);
	parts[1].data = dot + 1;
	parts[1].len = (size_t)(last - dot - 1);
	if (!part_read(arena, parts[0], &header) ||
	    !part_read(arena, parts[1], claims))
		return (0);

	/* RFC 7515 4.1.11: what we do not know and must is refused. */
	if (value_member(&header, "crit") != NULL)
		return (0);

	alg = value_member(&header, "alg");

	return (alg != NULL && alg->type == VALUE_STRING &&
	    span_is(alg->text, "HS256"));
}

/* In constant time, as text: base64 without padding has one spelling of it. */
static int
signature_right(struct span token, size_t signed_len, const void *secret,
    size_t len)
{
	struct span	signing = { token.data, signed_len };
	char		text[JWS_SIGNATURE + 1];
	int		right;

	if (token.len - signed_len - 1 != JWS_SIGNATURE ||
	    !signature_make(signing, secret, len, text))
		return (0);

	right = CRYPTO_memcmp(text, token.data + signed_len + 1,
	    JWS_SIGNATURE) == 0;
	OPENSSL_cleanse(text, sizeof(text));

	return (right);
}

/* Writes the signature and a NUL to out. */
static int
signature_make(struct span signing, const void *secret, size_t len, char *out)
{
	unsigned char	mac[SHA256_DIGEST_LENGTH];

	if (len == 0 || len > INT_MAX || HMAC(EVP_sha256(), secret, (int)len,
	    (const unsigned char *)signing.data, signing.len, mac,
	    NULL) == NULL)
		return (0);

	(void)base64_encode(BASE64_URL, out, mac, sizeof(mac));
	OPENSSL_cleanse(mac, sizeof(mac));

	return (1);
}

static int
part_read(struct arena *arena, struct span part, struct value *out)
{
	const char	*why;
	char		*json;
	size_t		len, offset;

	len = BASE64_OCTETS(part.len);
	json = arena_alloc(arena, len + 1);

	return (base64_decode(BASE64_URL, json, part) &&
	    json_read(arena, json, len, out, &offset, &why) == JSON_OK &&
	    out->type == VALUE_OBJECT);
}
