#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tls/tls_key.h"

#define PSS_TRAILER	0xbc	/* RFC 8017 9.1.1 step 12 */
#define DIGEST_MIN	20
#define DIGEST_MAX	64

static int	no_passphrase(char *, int, int, void *);
static int	key_fits(EVP_PKEY *, char *, size_t);
static int	key_proves(EVP_PKEY *, EVP_PKEY *);
static int	request_fits(EVP_PKEY *, uint32_t, const uint8_t *, size_t);

int
tls_refuse(char *error, size_t size, const char *fmt, ...)
{
	va_list	args;

	va_start(args, fmt);
	(void)vsnprintf(error, size, fmt, args);
	va_end(args);

	return (0);
}

const char *
tls_reason(void)
{
	const char	*reason;

	reason = ERR_reason_error_string(ERR_peek_last_error());
	ERR_clear_error();

	return (reason != NULL ? reason : "unknown reason");
}

void
tls_key_id(const uint8_t *spki, size_t len, uint8_t id[TLS_KEY_ID_LEN])
{
	SHA256(spki, len, id);
}

EVP_PKEY *
tls_key_parse(const void *pem, size_t len, const uint8_t *spki,
    size_t spki_len, char *error, size_t size)
{
	int		encrypted, ret;
	BIO		*in;
	EVP_PKEY	*key, *public;

	ret = 0;
	encrypted = 0;
	key = NULL;
	public = NULL;
	ERR_clear_error();

	if ((in = BIO_new_mem_buf(pem, (int)len)) == NULL ||
	    (public = d2i_PUBKEY(NULL, &spki, (long)spki_len)) == NULL) {
		tls_refuse(error, size, "%s", tls_reason());
		goto cleanup;
	}

	key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, &encrypted);
	if (encrypted) {
		tls_refuse(error, size, "the key is encrypted; "
		    "it has to be stored without a passphrase");
		goto cleanup;
	}
	if (key == NULL) {
		tls_refuse(error, size, "holds no private key in PEM form");
		goto cleanup;
	}
	if (!key_fits(key, error, size))
		goto cleanup;

	/* The second catches a key whose public half alone is right. */
	if (EVP_PKEY_eq(key, public) != 1 || !key_proves(key, public)) {
		tls_refuse(error, size,
		    "the key does not belong to the certificate");
		goto cleanup;
	}
	ret = 1;

cleanup:
	BIO_free(in);
	EVP_PKEY_free(public);
	ERR_clear_error();
	if (!ret) {
		EVP_PKEY_free(key);
		key = NULL;
	}

	return (key);
}

/* OpenSSL would ask on the terminal. */
static int
no_passphrase(char *buf, int size, int writing, void *encrypted)
{
	(void)buf;
	(void)size;
	(void)writing;
	*(int *)encrypted = 1;

	return (-1);
}

static int
key_fits(EVP_PKEY *key, char *error, size_t size)
{
	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		if (EVP_PKEY_get_size(key) > TLS_BLOCK_MAX)
			return (tls_refuse(error, size,
			    "the RSA key has %d bits, at most %d work",
			    EVP_PKEY_get_bits(key), TLS_BLOCK_MAX * 8));
		return (1);
	case EVP_PKEY_EC:
		return (1);
	default:
		return (tls_refuse(error, size,
		    "the key is neither RSA nor EC (P-256, P-384)"));
	}
}

static int
key_proves(EVP_PKEY *key, EVP_PKEY *public)
{
	int		ret;
	size_t		len;
	EVP_PKEY_CTX	*ctx;
	uint32_t	operation;
	uint8_t		digest[SHA256_DIGEST_LENGTH], sig[TLS_BLOCK_MAX];

	memset(digest, 0x5a, sizeof(digest));
	operation = EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ?
	    TLS_SIGN_RSA_PKCS1 : TLS_SIGN_ECDSA;
	len = tls_key_sign(key, operation, digest, sizeof(digest), sig,
	    sizeof(sig));
	if (len == 0)
		return (0);

	ret = (ctx = EVP_PKEY_CTX_new(public, NULL)) != NULL &&
	    EVP_PKEY_verify_init(ctx) == 1 &&
	    EVP_PKEY_verify(ctx, sig, len, digest, sizeof(digest)) == 1;
	EVP_PKEY_CTX_free(ctx);

	return (ret);
}

size_t
tls_key_sign(EVP_PKEY *key, uint32_t operation, const uint8_t *data,
    size_t len, uint8_t *out, size_t size)
{
	int		ret, padding;
	EVP_PKEY_CTX	*ctx;

	if (!request_fits(key, operation, data, len))
		return (0);

	padding = operation == TLS_SIGN_RSA_PSS ?
	    RSA_NO_PADDING : RSA_PKCS1_PADDING;
	ret = (ctx = EVP_PKEY_CTX_new(key, NULL)) != NULL &&
	    EVP_PKEY_sign_init(ctx) == 1 &&
	    (operation == TLS_SIGN_ECDSA ||
	    EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1) &&
	    EVP_PKEY_sign(ctx, out, &size, data, len) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ret)
		ERR_clear_error();

	return (ret ? size : 0);
}

/*
 * A worker that was taken over must not find a general oracle here: only what
 * TLS signs has one of these forms (RFC 8446 4.4.3, RFC 5246 7.4.3).
 */
static int
request_fits(EVP_PKEY *key, uint32_t operation, const uint8_t *data,
    size_t len)
{
	int	kind;
	size_t	block;

	kind = EVP_PKEY_get_base_id(key);
	block = (size_t)EVP_PKEY_get_size(key);

	switch (operation) {
	case TLS_SIGN_RSA_PKCS1:
		return (kind == EVP_PKEY_RSA && len >= DIGEST_MIN &&
		    len + RSA_PKCS1_PADDING_SIZE <= block);
	case TLS_SIGN_RSA_PSS:
		return (kind == EVP_PKEY_RSA && len == block &&
		    data[len - 1] == PSS_TRAILER);
	case TLS_SIGN_ECDSA:
		return (kind == EVP_PKEY_EC && len >= DIGEST_MIN &&
		    len <= DIGEST_MAX);
	default:
		return (0);
	}
}
