#include <ctype.h>
#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include "data/json_read.h"
#include "identity/jws.h"

#define JWS_MAX		8192	/* octets: far above what LiveKit sends */
#define JWS_SIGNATURE	43	/* base64url of a SHA-256, without padding */

/* {"alg":"HS256","typ":"JWT"} */
#define JWS_HEADER	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."

/* What EVP_EncodeBlock() writes of so many octets, its NUL included. */
#define BASE64_SIZE(n)	(4 * (((n) + 2) / 3) + 1)

static int	signature_make(struct span, const void *, size_t, char *);
static size_t	base64url_encode(char *, const void *, size_t);
static int	signature_right(struct span, size_t, const void *, size_t);
static int	part_read(struct arena *, struct span, struct value *);
static int	base64url_decode(struct arena *, struct span, char **,
		    size_t *);

int
jws_sign(struct span claims, const void *secret, size_t len, char *out,
    size_t size)
{
	struct span	signing;
	size_t		n;

	if (claims.len > JWS_MAX || size < sizeof(JWS_HEADER) - 1 +
	    BASE64_SIZE(claims.len) + 1 + BASE64_SIZE(SHA256_DIGEST_LENGTH))
		return (0);

	n = sizeof(JWS_HEADER) - 1;
	memcpy(out, JWS_HEADER, n);
	n += base64url_encode(out + n, claims.data, claims.len);
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

/* In constant time, as text: base64url has one spelling of it (no padding). */
static int
signature_right(struct span token, size_t signed_len, const void *secret,
    size_t len)
{
	struct span	signing = { token.data, signed_len };
	char		text[BASE64_SIZE(SHA256_DIGEST_LENGTH)];
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

	(void)base64url_encode(out, mac, sizeof(mac));
	OPENSSL_cleanse(mac, sizeof(mac));

	return (1);
}

/* RFC 7515 section 2: without padding. Returns the length. */
static size_t
base64url_encode(char *out, const void *octets, size_t len)
{
	size_t	i, n;

	(void)EVP_EncodeBlock((unsigned char *)out, octets, (int)len);
	n = (len * 4 + 2) / 3;
	for (i = 0; i < n; i++) {
		if (out[i] == '+')
			out[i] = '-';
		else if (out[i] == '/')
			out[i] = '_';
	}
	out[n] = '\0';

	return (n);
}

static int
part_read(struct arena *arena, struct span part, struct value *out)
{
	const char	*why;
	char		*json;
	size_t		len, offset;

	return (base64url_decode(arena, part, &json, &len) &&
	    json_read(arena, json, len, out, &offset, &why) == JSON_OK &&
	    out->type == VALUE_OBJECT);
}

static int
base64url_decode(struct arena *arena, struct span in, char **out, size_t *len)
{
	unsigned char	*text;
	size_t		i, padded;
	int		n;

	if (in.len == 0 || in.len % 4 == 1)
		return (0);

	padded = (in.len + 3) / 4 * 4;
	text = arena_alloc(arena, padded);
	for (i = 0; i < in.len; i++) {
		/* EVP_DecodeBlock() passes over blanks, and takes + and /. */
		if (!isalnum((unsigned char)in.data[i]) &&
		    in.data[i] != '-' && in.data[i] != '_')
			return (0);
		text[i] = (unsigned char)(in.data[i] == '-' ? '+' :
		    in.data[i] == '_' ? '/' : in.data[i]);
	}
	memset(text + in.len, '=', padded - in.len);

	*out = arena_alloc(arena, padded);
	n = EVP_DecodeBlock((unsigned char *)*out, text, (int)padded);
	if (n < 0)
		return (0);
	*len = (size_t)n - (padded - in.len);

	return (1);
}
