#include <stdint.h>
#include <stdlib.h>

#include <jwt.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "data/base64.h"
#include "data/hex.h"
#include "identity/token.h"

#define SECRET_MAX		65536

/* Whole seconds beyond this are not exact in JSON (RFC 8259 section 6). */
#define DATE_MAX		(((int64_t)1 << 53) - 1)

#define SIGNATURE_MAX		BASE64_LEN(EVP_MAX_MD_SIZE)

/* RFC 7518 section 3.2. */
struct token_algorithm {
	const char	*name;
	jwt_alg_t	alg;
	const EVP_MD	*(*digest)(void);
};

/* A date in a token: not there, read, or there and no date. */
enum date_result {
	DATE_NONE,
	DATE_OK,
	DATE_BAD
};

static void			key_id(struct token_key *);
static int			token_split(struct span, size_t *);
static const struct token_key	*key_find(const struct token_keys *,
				    struct span, size_t);
static size_t			signature_make(const struct token_algorithm *,
				    const struct token_key *, struct span,
				    char *);
static int			claims_write(jwt_t *, const char *,
				    const char *, int64_t, int64_t);
static enum token_result	claims_read(jwt_t *, time_t,
				    struct token_claims *);
static int			header_known(jwt_t *,
				    const struct token_algorithm *);
static int			claim_present(jwt_t *, const char *);
static enum date_result		date_read(jwt_t *, const char *, int64_t *);
static int			text_read(jwt_t *, const char *, char *,
				    size_t);
static int			text_valid(const char *, size_t);

static const struct token_algorithm	algorithms[] = {
	{ "HS256", JWT_ALG_HS256, EVP_sha256 },
	{ "HS384", JWT_ALG_HS384, EVP_sha384 },
	{ "HS512", JWT_ALG_HS512, EVP_sha512 }
};

/*
 * Claims of tokens that are meant for somebody else: a principal that "aud"
 * does not name must refuse (RFC 7519 section 4.1.3), and "video" is LiveKit's,
 * should its secret be the same as ours. Its tokens travel in URLs.
 */
static const char *const	foreign[] = { "aud", "video" };

int
token_keys_init(struct token_keys *keys, const char *algorithm,
    const void *secret, size_t len)
{
	size_t	i;

	memset(keys, 0, sizeof(*keys));
	for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
		if (strcmp(algorithms[i].name, algorithm) == 0)
			keys->algorithm = &algorithms[i];
	}

	return (keys->algorithm != NULL && token_keys_add(keys, secret, len));
}

int
token_keys_add(struct token_keys *keys, const void *secret, size_t len)
{
	if (keys->count == TOKEN_KEYS_MAX || len == 0 || len > SECRET_MAX)
		return (0);

	keys->keys[keys->count].secret = secret;
	keys->keys[keys->count].len = len;
	key_id(&keys->keys[keys->count]);
	keys->count++;

	return (1);
}

/*
 * What people can tell keys apart by. It says no more of the secret than any
 * signature does.
 */
static void
key_id(struct token_key *key)
{
	static const unsigned char	text[] = "parley key id";
	unsigned char			mac[EVP_MAX_MD_SIZE] = { 0 };
	unsigned int			len;

	(void)HMAC(EVP_sha256(), key->secret, (int)key->len, text,
	    sizeof(text) - 1, mac, &len);
	hex_write(key->id, mac, TOKEN_KEY_ID_SIZE / 2);
	OPENSSL_cleanse(mac, sizeof(mac));
}

void
token_keys_cleanup(struct token_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

int
token_issue(const struct token_keys *keys, const char *subject,
    const char *session, time_t now, long lifetime, char *out, size_t outlen)
{
	jwt_t	*jwt = NULL;
	char	*text = NULL;
	int64_t	expires;
	size_t	len;
	int	ret = 0;

	if (outlen > 0)
		out[0] = '\0';

	if (keys->count == 0 || lifetime <= 0 ||
	    __builtin_add_overflow((int64_t)now, (int64_t)lifetime, &expires) ||
	    expires > DATE_MAX || !text_valid(subject, TOKEN_SUBJECT_SIZE) ||
	    (session != NULL && !text_valid(session, TOKEN_SESSION_SIZE)))
		return (0);

	if (jwt_new(&jwt) != 0 ||
	    !claims_write(jwt, subject, session, now, expires) ||
	    jwt_set_alg(jwt, keys->algorithm->alg, keys->keys[0].secret,
	    (int)keys->keys[0].len) != 0 ||
	    jwt_add_header(jwt, "kid", keys->keys[0].id) != 0 ||
	    (text = jwt_encode_str(jwt)) == NULL)
		goto cleanup;

	len = strlen(text);
	if (len < outlen) {
		memcpy(out, text, len + 1);
		ret = 1;
	}

cleanup:
	if (text != NULL)
		OPENSSL_cleanse(text, strlen(text));
	free(text);	/* jwt_free_str() is not in libjwt 1.10 */
	jwt_free(jwt);	/* wipes its copy of the secret */

	return (ret);
}

enum token_result
token_verify(const struct token_keys *keys, struct span token, time_t now,
    struct token_claims *claims)
{
	const struct token_key	*key;
	enum token_result	result = TOKEN_INVALID;
	jwt_t			*jwt = NULL;
	char			copy[TOKEN_VERIFY_MAX + 1];
	size_t			len = 0;

	memset(claims, 0, sizeof(*claims));
	if (token.len > TOKEN_VERIFY_MAX || !token_split(token, &len))
		return (TOKEN_INVALID);

	/*
	 * The signature is ours to check, before libjwt sees anything: libjwt
	 * 1.10 compares it with strcmp(), whose time tells how much was right;
	 * parses what nobody has vouched for first; and lets the token choose
	 * the algorithm.
	 */
	if ((key = key_find(keys, token, len)) == NULL)
		return (TOKEN_INVALID);

	memcpy(copy, token.data, token.len);
	copy[token.len] = '\0';
	if (jwt_decode(&jwt, copy, key->secret, (int)key->len) == 0 &&
	    header_known(jwt, keys->algorithm))
		result = claims_read(jwt, now, claims);
	jwt_free(jwt);
	OPENSSL_cleanse(copy, token.len);

	if (result != TOKEN_OK)
		memset(claims, 0, sizeof(*claims));

	return (result);
}

/*
 * Returns 1 for three parts of base64url, none of them empty, and the octets
 * before the second dot, which are what is signed (RFC 7515 section 7.1).
 */
static int
token_split(struct span token, size_t *signed_len)
{
	size_t	i = 0, start;
	int	part;

	for (part = 1; part <= 3; part++) {
		start = i;
		while (i < token.len && base64_is(BASE64_URL, token.data[i]))
			i++;
		/* One character over a group of four is no octet. */
		if (i == start || (i - start) % 4 == 1)
			return (0);
		if (part == 3)
			break;

		if (i == token.len || token.data[i] != '.')
			return (0);
		*signed_len = i++;
	}

	return (i == token.len);
}

/* The key that signed the first len octets, or NULL. */
static const struct token_key *
key_find(const struct token_keys *keys, struct span token, size_t len)
{
	const struct token_key	*found = NULL;
	struct span		text, theirs;
	char			ours[SIGNATURE_MAX + 1];
	size_t			i, ours_len;

	text.data = token.data;
	text.len = len;
	theirs.data = token.data + len + 1;
	theirs.len = token.len - len - 1;

	for (i = 0; i < keys->count && found == NULL; i++) {
		ours_len = signature_make(keys->algorithm, &keys->keys[i], text,
		    ours);
		if (ours_len > 0 && ours_len == theirs.len &&
		    CRYPTO_memcmp(ours, theirs.data, ours_len) == 0)
			found = &keys->keys[i];
	}
	OPENSSL_cleanse(ours, sizeof(ours));

	return (found);
}

/* Writes the signature as base64url and returns its length, 0 on failure. */
static size_t
signature_make(const struct token_algorithm *algorithm,
    const struct token_key *key, struct span text, char *out)
{
	unsigned char	mac[EVP_MAX_MD_SIZE];
	unsigned int	mac_len = 0;
	size_t		len = 0;

	if (HMAC(algorithm->digest(), key->secret, (int)key->len,
	    (const unsigned char *)text.data, text.len, mac,
	    &mac_len) != NULL)
		len = base64_encode(BASE64_URL, out, mac, mac_len);
	OPENSSL_cleanse(mac, sizeof(mac));

	return (len);
}

static int
claims_write(jwt_t *jwt, const char *subject, const char *session, int64_t now,
    int64_t expires)
{
	return (jwt_add_grant(jwt, "sub", subject) == 0 &&
	    jwt_add_grant_int(jwt, "iat", now) == 0 &&
	    jwt_add_grant_int(jwt, "exp", expires) == 0 &&
	    (session == NULL || jwt_add_grant(jwt, "sid", session) == 0));
}

/* Judges a token that one of our keys has signed. */
static enum token_result
claims_read(jwt_t *jwt, time_t now, struct token_claims *claims)
{
	int64_t			expires, begins, issued;
	enum date_result	begin;
	size_t			i;

	for (i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		if (claim_present(jwt, foreign[i]))
			return (TOKEN_INVALID);
	}

	if (!text_read(jwt, "sub", claims->subject, sizeof(claims->subject)) ||
	    (claim_present(jwt, "sid") && !text_read(jwt, "sid",
	    claims->session, sizeof(claims->session))))
		return (TOKEN_INVALID);

	/* RFC 7519 sections 4.1.4 and 4.1.5. */
	if (date_read(jwt, "exp", &expires) != DATE_OK)
		return (TOKEN_INVALID);
	begin = date_read(jwt, "nbf", &begins);
	if (begin == DATE_BAD || (begin == DATE_OK && now < begins))
		return (TOKEN_INVALID);
	if (now >= expires)
		return (TOKEN_EXPIRED);
	claims->expires = expires;
	if (date_read(jwt, "iat", &issued) == DATE_OK)
		claims->issued = issued;

	return (TOKEN_OK);
}

/*
 * The algorithm is the one we sign with (RFC 8725 section 3.1), the type, if
 * given, a JWT's, and nothing is asked of us that we do not know: a token with
 * "crit" must then be refused (RFC 7515 section 4.1.11).
 */
static int
header_known(jwt_t *jwt, const struct token_algorithm *algorithm)
{
	const char	*alg, *type;
	char		*present;
	int		known;

	alg = jwt_get_header(jwt, "alg");
	if (alg == NULL || strcmp(alg, algorithm->name) != 0)
		return (0);

	if ((present = jwt_get_headers_json(jwt, "typ")) != NULL) {
		free(present);
		type = jwt_get_header(jwt, "typ");
		if (type == NULL || strcasecmp(type, "JWT") != 0)
			return (0);
	}

	present = jwt_get_headers_json(jwt, "crit");
	known = present == NULL;
	free(present);

	return (known);
}

static int
claim_present(jwt_t *jwt, const char *name)
{
	char	*json;
	int	present;

	json = jwt_get_grants_json(jwt, name);
	present = json != NULL;
	free(json);

	return (present);
}

/*
 * A NumericDate (RFC 7519 section 2), whole or not, as the first whole second
 * that is not before it: to a clock of whole seconds the same moment.
 */
static enum date_result
date_read(jwt_t *jwt, const char *name, int64_t *date)
{
	char	*json, *end;
	double	value;
	int	ok;

	if ((json = jwt_get_grants_json(jwt, name)) == NULL)
		return (DATE_NONE);

	/* What is no number of JSON's is none of strtod()'s here either. */
	value = strtod(json, &end);
	ok = *end == '\0' && value >= -(double)DATE_MAX &&
	    value <= (double)DATE_MAX;
	free(json);
	if (!ok)
		return (DATE_BAD);

	*date = (int64_t)value;
	if ((double)*date < value)
		(*date)++;

	return (DATE_OK);
}

/* Copies a string of the token's; 0 when it is none or one we do not take. */
static int
text_read(jwt_t *jwt, const char *name, char *out, size_t size)
{
	const char	*text;

	text = jwt_get_grant(jwt, name);
	if (text == NULL || !text_valid(text, size))
		return (0);
	memcpy(out, text, strlen(text) + 1);

	return (1);
}

/* Something, that fits in size with its NUL, without control characters. */
static int
text_valid(const char *text, size_t size)
{
	size_t	i;

	for (i = 0; text[i] != '\0'; i++) {
		if (i + 1 == size || (unsigned char)text[i] < 0x20 ||
		    text[i] == 0x7f)
			return (0);
	}

	return (i > 0);
}
