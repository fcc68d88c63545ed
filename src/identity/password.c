#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <crypt.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "data/base64.h"
#include "identity/password.h"

/* What password_hash() uses: 16 MiB, five times over. */
#define SCRYPT_LN		14	/* N = 2^14 */
#define SCRYPT_R		8
#define SCRYPT_P		5
#define SALT_SIZE		16
#define KEY_SIZE		32

/*
 * What password_verify() takes. Each number is bounded first, so that none of
 * the products below can overflow.
 */
#define SCRYPT_LN_MAX		20
#define SCRYPT_R_MAX		32
#define SCRYPT_P_MAX		64
#define SCRYPT_MEMORY_MAX	((uint64_t)64 << 20)
#define SCRYPT_WORK_MAX		8	/* times our own */
/* OpenSSL counts some blocks beside the big one. */
#define SCRYPT_MEMORY_SLACK	((uint64_t)1 << 20)
#define SALT_MIN		8
#define SALT_MAX		64
#define KEY_MIN			16	/* fewer octets are guessed too soon */
#define KEY_MAX			64

#define BCRYPT_LEN		60	/* `$2b$12$', 22 of salt, 31 of key */
#define BCRYPT_KEY		29	/* where the key begins */
#define BCRYPT_COST_MIN		4
#define BCRYPT_COST_MAX		15	/* two seconds; 12 is usual */
#define BCRYPT_PASSWORD_MAX	72

#define BCRYPT_ALPHABET							\
	"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* A stored scrypt hash, read. */
struct scrypt {
	unsigned int	ln;
	unsigned int	r;
	unsigned int	p;
	unsigned char	salt[SALT_MAX];
	size_t		salt_len;
	unsigned char	key[KEY_MAX];
	size_t		key_len;
};

static int		scrypt_parse(struct scrypt *, const char *);
static int		scrypt_affordable(const struct scrypt *);
static int		scrypt_weak(const struct scrypt *);
static uint64_t		scrypt_memory(const struct scrypt *);
static uint64_t		scrypt_work(const struct scrypt *);
static int		scrypt_derive(const struct scrypt *, const char *,
			    size_t, unsigned char *);
static enum password_result	scrypt_verify(const struct scrypt *,
				    const char *, size_t);
static int		bcrypt_usable(const char *);
static enum password_result	bcrypt_verify(const char *, const char *,
				    size_t);
static int		number_take(const char **, const char *, unsigned int,
			    unsigned int *);
static int		base64_take(const char **, unsigned char *, size_t,
			    size_t, size_t *);

/* What is compared with when nothing else is: its salt and key are zero. */
static const struct scrypt	ours = {
	.ln = SCRYPT_LN,
	.r = SCRYPT_R,
	.p = SCRYPT_P,
	.salt_len = SALT_SIZE,
	.key_len = KEY_SIZE
};

int
password_hash(const char *password, size_t len, char *out, size_t outlen)
{
	struct scrypt	scrypt = ours;
	char		salt[BASE64_LEN(SALT_SIZE) + 1];
	char		key[BASE64_LEN(KEY_SIZE) + 1];
	int		written = 0, ret = 0;

	if (outlen > 0)
		out[0] = '\0';

	if (RAND_bytes(scrypt.salt, SALT_SIZE) != 1 ||
	    !scrypt_derive(&scrypt, password, len, scrypt.key))
		goto cleanup;

	(void)base64_encode(BASE64_STANDARD, salt, scrypt.salt, SALT_SIZE);
	(void)base64_encode(BASE64_STANDARD, key, scrypt.key, KEY_SIZE);
	written = snprintf(out, outlen, "$scrypt$ln=%u,r=%u,p=%u$%s$%s",
	    scrypt.ln, scrypt.r, scrypt.p, salt, key);
	if (written < 0 || (size_t)written >= outlen) {
		if (outlen > 0)
			OPENSSL_cleanse(out, outlen);
		goto cleanup;
	}
	ret = 1;

cleanup:
	OPENSSL_cleanse(&scrypt, sizeof(scrypt));
	OPENSSL_cleanse(key, sizeof(key));

	return (ret);
}

enum password_result
password_verify(const char *password, size_t len, const char *stored)
{
	struct scrypt		scrypt;
	enum password_result	result;

	if (stored != NULL && bcrypt_usable(stored))
		return (bcrypt_verify(stored, password, len));

	if (stored != NULL && scrypt_parse(&scrypt, stored)) {
		result = scrypt_verify(&scrypt, password, len);
	} else {
		/* The verdict is known; its time must not tell why. */
		(void)scrypt_verify(&ours, password, len);
		result = stored == NULL ? PASSWORD_WRONG : PASSWORD_UNUSABLE;
	}
	OPENSSL_cleanse(&scrypt, sizeof(scrypt));

	return (result);
}

/* Returns 1 for a PHC string that we can and want to compare with. */
static int
scrypt_parse(struct scrypt *scrypt, const char *stored)
{
	const char	*p = stored;

	memset(scrypt, 0, sizeof(*scrypt));

	return (number_take(&p, "$scrypt$ln=", SCRYPT_LN_MAX, &scrypt->ln) &&
	    number_take(&p, ",r=", SCRYPT_R_MAX, &scrypt->r) &&
	    number_take(&p, ",p=", SCRYPT_P_MAX, &scrypt->p) &&
	    base64_take(&p, scrypt->salt, SALT_MIN, SALT_MAX,
	    &scrypt->salt_len) &&
	    base64_take(&p, scrypt->key, KEY_MIN, KEY_MAX,
	    &scrypt->key_len) &&
	    *p == '\0' && scrypt_affordable(scrypt));
}

/* Also that N < 2^(128 * r / 8), which RFC 7914 section 2 demands. */
static int
scrypt_affordable(const struct scrypt *scrypt)
{
	return (scrypt->ln < 16 * scrypt->r &&
	    scrypt_memory(scrypt) <= SCRYPT_MEMORY_MAX &&
	    scrypt_work(scrypt) <= SCRYPT_WORK_MAX * scrypt_work(&ours));
}

static int
scrypt_weak(const struct scrypt *scrypt)
{
	return (scrypt_memory(scrypt) < scrypt_memory(&ours) ||
	    scrypt_work(scrypt) < scrypt_work(&ours) ||
	    scrypt->salt_len < SALT_SIZE || scrypt->key_len < KEY_SIZE);
}

/* Octets that all of its steps work on (RFC 7914 section 2). */
static uint64_t
scrypt_memory(const struct scrypt *scrypt)
{
	return (((uint64_t)128 << scrypt->ln) * scrypt->r);
}

static uint64_t
scrypt_work(const struct scrypt *scrypt)
{
	return (scrypt_memory(scrypt) * scrypt->p);
}

/* Derives scrypt->key_len octets. */
static int
scrypt_derive(const struct scrypt *scrypt, const char *password, size_t len,
    unsigned char *key)
{
	return (EVP_PBE_scrypt(password, len, scrypt->salt, scrypt->salt_len,
	    (uint64_t)1 << scrypt->ln, scrypt->r, scrypt->p,
	    SCRYPT_MEMORY_MAX + SCRYPT_MEMORY_SLACK, key,
	    scrypt->key_len) == 1);
}

static enum password_result
scrypt_verify(const struct scrypt *scrypt, const char *password, size_t len)
{
	unsigned char		key[KEY_MAX];
	enum password_result	result;

	if (!scrypt_derive(scrypt, password, len, key))
		result = PASSWORD_UNUSABLE;
	else if (CRYPTO_memcmp(key, scrypt->key, scrypt->key_len) != 0)
		result = PASSWORD_WRONG;
	else
		result = scrypt_weak(scrypt) ? PASSWORD_OK_REHASH : PASSWORD_OK;
	OPENSSL_cleanse(key, sizeof(key));

	return (result);
}

/* Returns 1 for what libcrypt's bcrypt takes, at a cost that we bear. */
static int
bcrypt_usable(const char *stored)
{
	int	cost;

	if (strlen(stored) != BCRYPT_LEN || strncmp(stored, "$2", 2) != 0 ||
	    strchr("aby", stored[2]) == NULL || stored[3] != '$' ||
	    !isdigit((unsigned char)stored[4]) ||
	    !isdigit((unsigned char)stored[5]) || stored[6] != '$' ||
	    strspn(stored + 7, BCRYPT_ALPHABET) != BCRYPT_LEN - 7)
		return (0);
	cost = (stored[4] - '0') * 10 + stored[5] - '0';

	return (cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX);
}

static enum password_result
bcrypt_verify(const char *stored, const char *password, size_t len)
{
	struct crypt_data	*data;
	enum password_result	result = PASSWORD_UNUSABLE;
	char			phrase[BCRYPT_PASSWORD_MAX + 1];
	const char		*output;
	size_t			used;

	/*
	 * Cut here: libcrypt would cut at the same place, but refuses what is
	 * longer than its own buffer, 512 octets.
	 */
	used = len < BCRYPT_PASSWORD_MAX ? len : BCRYPT_PASSWORD_MAX;
	memcpy(phrase, password, used);
	phrase[used] = '\0';

	/* 32 KiB: too much for a thread's stack. */
	if ((data = OPENSSL_zalloc(sizeof(*data))) == NULL)
		goto cleanup;
	output = crypt_rn(phrase, stored, data, (int)sizeof(*data));
	if (output == NULL || strlen(output) != BCRYPT_LEN)
		goto cleanup;

	/*
	 * Only the keys: libcrypt writes the salt back with its two unused bits
	 * cleared, while old releases of passlib stored any.
	 */
	if (CRYPTO_memcmp(output + BCRYPT_KEY, stored + BCRYPT_KEY,
	    BCRYPT_LEN - BCRYPT_KEY) == 0 &&
	    memchr(password, '\0', len) == NULL)
		result = PASSWORD_OK_REHASH;
	else
		result = PASSWORD_WRONG;

cleanup:
	OPENSSL_clear_free(data, sizeof(*data));
	OPENSSL_cleanse(phrase, sizeof(phrase));

	return (result);
}

/* Takes a name and the number 1 to max behind it, written as PHC demands. */
static int
number_take(const char **p, const char *name, unsigned int max,
    unsigned int *number)
{
	unsigned int	value = 0;
	size_t		len = strlen(name);

	if (strncmp(*p, name, len) != 0)
		return (0);
	*p += len;

	/* No sign, no leading zero: one number has one spelling. */
	if (**p == '0')
		return (0);
	for (; isdigit((unsigned char)**p); (*p)++) {
		value = value * 10 + (unsigned int)(**p - '0');
		if (value > max)
			return (0);
	}
	*number = value;

	return (value > 0);
}

/* Takes `$' and base64 without padding that gives min to max octets. */
static int
base64_take(const char **p, unsigned char *out, size_t min, size_t max,
    size_t *len)
{
	struct span	text;

	if (**p != '$')
		return (0);
	text.data = *p + 1;
	text.len = strcspn(text.data, "$");
	*len = BASE64_OCTETS(text.len);
	if (*len < min || *len > max ||
	    !base64_decode(BASE64_STANDARD, out, text))
		return (0);
	*p = text.data + text.len;

	return (1);
}
