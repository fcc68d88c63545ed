/* Any octets as what is stored for a password, and any password. */
/* sources: src/identity/password.c src/data/base64.c */
/* libraries: -lcrypto */

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>

#include <crypt.h>

#include <openssl/evp.h>

#include "identity/password.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

#define PASSWORD_MAX	600

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int		derived;	/* calls of scrypt and bcrypt */
static volatile char	touched;	/* makes ASan see what is read */

/*
 * Stands before OpenSSL's, which would take a quarter of a second: nothing it
 * is asked for may be dear, and its key is zeros.
 */
int
EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt,
    size_t saltlen, uint64_t N, uint64_t r, uint64_t p, uint64_t maxmem,
    unsigned char *key, size_t keylen)
{
	size_t	i;

	derived++;
	for (i = 0; i < passlen; i++)
		touched ^= pass[i];
	for (i = 0; i < saltlen; i++)
		touched ^= (char)salt[i];

	HOLDS(N >= 2 && (N & (N - 1)) == 0 && N <= 1 << 20);
	HOLDS(r >= 1 && p >= 1 && (r >= 4 || N < (uint64_t)1 << (16 * r)));
	HOLDS(128 * N * r <= 64 << 20);
	HOLDS(128 * N * r * p <= (uint64_t)640 << 20);
	HOLDS(128 * (N * r + r * p + 2 * r) <= maxmem);
	HOLDS(saltlen >= 8 && keylen >= 16 && keylen <= 64);
	memset(key, 0, keylen);

	return (1);
}

/* Stands before libcrypt's, and knows one key. */
char *
crypt_rn(const char *phrase, const char *setting, void *data, int size)
{
	char	*out = data;

	derived++;
	HOLDS(size >= 32768 && strlen(phrase) <= 72);
	HOLDS(strlen(setting) == 60 && setting[0] == '$' && setting[1] == '2');
	HOLDS(isdigit(setting[4]) && isdigit(setting[5]));
	HOLDS(atoi(setting + 4) >= 4 && atoi(setting + 4) <= 15);
	memcpy(out, setting, 29);
	memset(out + 29, '.', 31);
	out[60] = '\0';

	return (out);
}

/* The key of zeros, in the only way that it may be spelt. */
static int
key_is_zero(const char *stored)
{
	const char	*key;
	char		zero;

	key = strrchr(stored, '$');
	zero = 'A';
	if (strncmp(stored, "$2", 2) == 0) {
		key = stored + 28;
		zero = '.';
	}
	for (key++; *key == zero; key++)
		continue;

	return (*key == '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum password_result	result;
	char			*stored, *password, made[PASSWORD_HASH_MAX];
	size_t			len;

	/* The first octet says how much is the password, scaled. */
	if (size == 0)
		return (0);
	len = (size_t)data[0] * PASSWORD_MAX / 255;
	data++;
	size--;
	if (len > size)
		len = size;

	password = malloc(len > 0 ? len : 1);
	memcpy(password, data, len);
	stored = malloc(size - len + 1);
	memcpy(stored, data + len, size - len);
	stored[size - len] = '\0';

	derived = 0;
	result = password_verify(password, len, stored);
	HOLDS(derived == 1);
	if (result == PASSWORD_OK || result == PASSWORD_OK_REHASH)
		HOLDS(key_is_zero(stored));
	if (result == PASSWORD_OK)
		HOLDS(strncmp(stored, "$scrypt$ln=", 11) == 0);

	HOLDS(password_verify(password, len, NULL) == PASSWORD_WRONG);
	HOLDS(password_hash(password, len, made, sizeof(made)) == 1);
	HOLDS(password_verify(password, len, made) == PASSWORD_OK);
	free(password);
	free(stored);

	return (0);
}
