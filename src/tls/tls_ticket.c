#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <string.h>
#include <time.h>

#include "tls/tls_ticket.h"

#define SECRET_LEN	32	/* what HMAC-SHA256 gives */
#define NAME_LEN	16	/* fixed by OpenSSL, as RFC 5077 4 has it */

struct ticket_key {
	uint8_t	name[SECRET_LEN];
	uint8_t	cipher[SECRET_LEN];
	uint8_t	mac[SECRET_LEN];
};

static void	ticket_derive(const char *, uint8_t *);
static void	ticket_use(void);
static const EVP_CIPHER	*ticket_cipher(void);

static uint8_t			ticket_secret[SECRET_LEN];
static uint64_t			ticket_epoch;
static struct ticket_key	ticket_current, ticket_previous;

int
tls_ticket_init(uint64_t now)
{
	if (RAND_bytes(ticket_secret, sizeof(ticket_secret)) != 1 ||
	    RAND_bytes((unsigned char *)&ticket_previous,
	    sizeof(ticket_previous)) != 1)
		return (0);

	ticket_epoch = now / TLS_TICKET_SECONDS;
	ticket_use();

	return (1);
}

void
tls_ticket_advance(uint64_t now)
{
	uint8_t	next[SECRET_LEN];

	while (ticket_epoch < now / TLS_TICKET_SECONDS) {
		ticket_derive("next", next);
		memcpy(ticket_secret, next, sizeof(ticket_secret));
		OPENSSL_cleanse(next, sizeof(next));
		ticket_epoch++;
		ticket_previous = ticket_current;
		ticket_use();
	}
}

uint64_t
tls_ticket_clock(void)
{
	struct timespec	ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);

	return ((uint64_t)ts.tv_sec);
}

int
tls_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypting)
{
	const EVP_CIPHER	*aes = ticket_cipher();
	struct ticket_key	*key;
	OSSL_PARAM		params[3];
	char			digest[] = "SHA256";

	(void)ssl;
	tls_ticket_advance(tls_ticket_clock());

	key = &ticket_current;
	if (encrypting) {
		memcpy(name, key->name, NAME_LEN);
		if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(aes)) != 1)
			return (-1);
	} else if (memcmp(name, key->name, NAME_LEN) != 0) {
		key = &ticket_previous;
		if (memcmp(name, key->name, NAME_LEN) != 0)
			return (0);
	}

	params[0] = OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY,
	    key->mac, sizeof(key->mac));
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
	    digest, 0);
	params[2] = OSSL_PARAM_construct_end();
	if (EVP_MAC_CTX_set_params(mac, params) != 1 ||
	    EVP_CipherInit_ex(cipher, aes, NULL, key->cipher, iv,
	    encrypting) != 1)
		return (-1);

	/* 2: good, and to be replaced by one under the current key. */
	return (key == &ticket_previous ? 2 : 1);
}

/* EVP_aes_256_cbc() is looked up anew each time that it is used. */
static const EVP_CIPHER *
ticket_cipher(void)
{
	static EVP_CIPHER	*found;

	if (found == NULL)
		found = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);

	return (found != NULL ? found : EVP_aes_256_cbc());
}

static void
ticket_use(void)
{
	ticket_derive("name", ticket_current.name);
	ticket_derive("cipher", ticket_current.cipher);
	ticket_derive("mac", ticket_current.mac);
}

static void
ticket_derive(const char *purpose, uint8_t *out)
{
	(void)HMAC(EVP_sha256(), ticket_secret, sizeof(ticket_secret),
	    (const unsigned char *)purpose, strlen(purpose), out, NULL);
}
