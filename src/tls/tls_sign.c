/* The methods below are deprecated since 3.0, and what a provider is not. */
#define OPENSSL_API_COMPAT	10101

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <string.h>

#include "tls/tls_key.h"
#include "tls/tls_sign.h"

static int		sign_prepare(void);
static void		sign_forget_id(void *, void *, CRYPTO_EX_DATA *, int,
			    long, void *);
static EVP_PKEY		*proxy_rsa(EVP_PKEY *, uint8_t *);
static EVP_PKEY		*proxy_ec(EVP_PKEY *, uint8_t *);
static int		rsa_external(RSA *);
static int		rsa_private_encrypt(int, const unsigned char *,
			    unsigned char *, RSA *, int);
static int		rsa_private_decrypt(int, const unsigned char *,
			    unsigned char *, RSA *, int);
static int		ec_sign(int, const unsigned char *, int,
			    unsigned char *, unsigned int *, const BIGNUM *,
			    const BIGNUM *, EC_KEY *);
static ECDSA_SIG	*ec_sign_sig(const unsigned char *, int,
			    const BIGNUM *, const BIGNUM *, EC_KEY *);

static RSA_METHOD	*rsa_method;
static EC_KEY_METHOD	*ec_method;
static int		rsa_index = -1, ec_index = -1;

EVP_PKEY *
tls_sign_proxy(X509 *cert, char *error, size_t size)
{
	EVP_PKEY	*public, *proxy;
	uint8_t		*spki, *id;
	int		kind, len;

	spki = NULL;
	public = X509_get0_pubkey(cert);
	kind = public != NULL ? EVP_PKEY_get_base_id(public) : 0;
	if (kind != EVP_PKEY_EC && (kind != EVP_PKEY_RSA ||
	    EVP_PKEY_get_size(public) > TLS_BLOCK_MAX)) {
		tls_refuse(error, size, "the certificate's key must be RSA "
		    "(at most %d bits) or EC (P-256, P-384)",
		    TLS_BLOCK_MAX * 8);
		return (NULL);
	}
	if ((len = i2d_PUBKEY(public, &spki)) <= 0 || !sign_prepare() ||
	    (id = OPENSSL_malloc(TLS_KEY_ID_LEN)) == NULL) {
		tls_refuse(error, size, "OpenSSL: %s", tls_reason());
		OPENSSL_free(spki);
		return (NULL);
	}
	tls_key_id(spki, (size_t)len, id);
	OPENSSL_free(spki);

	proxy = kind == EVP_PKEY_RSA ? proxy_rsa(public, id) :
	    proxy_ec(public, id);
	if (proxy == NULL)
		tls_refuse(error, size, "OpenSSL: %s", tls_reason());

	return (proxy);
}

/* Once a process. */
static int
sign_prepare(void)
{
	int	(*setup)(EC_KEY *, BN_CTX *, BIGNUM **, BIGNUM **);

	if (ec_method != NULL)
		return (1);

	rsa_index = RSA_get_ex_new_index(0, NULL, NULL, NULL, sign_forget_id);
	ec_index = EC_KEY_get_ex_new_index(0, NULL, NULL, NULL,
	    sign_forget_id);
	if (rsa_index == -1 || ec_index == -1)
		return (0);

	if ((rsa_method = RSA_meth_dup(RSA_get_default_method())) == NULL ||
	    RSA_meth_set1_name(rsa_method, "parley key manager") != 1 ||
	    RSA_meth_set_flags(rsa_method, RSA_METHOD_FLAG_NO_CHECK) != 1 ||
	    RSA_meth_set_init(rsa_method, rsa_external) != 1 ||
	    RSA_meth_set_priv_enc(rsa_method, rsa_private_encrypt) != 1 ||
	    RSA_meth_set_priv_dec(rsa_method, rsa_private_decrypt) != 1)
		return (0);

	ec_method = EC_KEY_METHOD_new(EC_KEY_get_default_method());
	if (ec_method == NULL)
		return (0);
	EC_KEY_METHOD_get_sign(ec_method, NULL, &setup, NULL);
	EC_KEY_METHOD_set_sign(ec_method, ec_sign, setup, ec_sign_sig);

	return (1);
}

static void
sign_forget_id(void *parent, void *id, CRYPTO_EX_DATA *data, int index,
    long argl, void *argp)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)argl;
	(void)argp;
	OPENSSL_free(id);
}

/* Takes the id, also when it fails. */
static EVP_PKEY *
proxy_rsa(EVP_PKEY *public, uint8_t *id)
{
	RSA		*rsa;
	EVP_PKEY	*proxy;

	/* A copy: the one inside the certificate is cached and shared. */
	rsa = RSAPublicKey_dup(EVP_PKEY_get0_RSA(public));
	if (rsa == NULL || RSA_set_ex_data(rsa, rsa_index, id) != 1) {
		OPENSSL_free(id);
		RSA_free(rsa);
		return (NULL);
	}
	if (RSA_set_method(rsa, rsa_method) != 1 ||
	    (proxy = EVP_PKEY_new()) == NULL) {
		RSA_free(rsa);
		return (NULL);
	}
	if (EVP_PKEY_assign_RSA(proxy, rsa) != 1) {
		RSA_free(rsa);
		EVP_PKEY_free(proxy);
		return (NULL);
	}

	return (proxy);
}

static EVP_PKEY *
proxy_ec(EVP_PKEY *public, uint8_t *id)
{
	EC_KEY		*ec;
	EVP_PKEY	*proxy;

	ec = EC_KEY_dup(EVP_PKEY_get0_EC_KEY(public));
	if (ec == NULL || EC_KEY_set_ex_data(ec, ec_index, id) != 1) {
		OPENSSL_free(id);
		EC_KEY_free(ec);
		return (NULL);
	}
	if (EC_KEY_set_method(ec, ec_method) != 1 ||
	    (proxy = EVP_PKEY_new()) == NULL) {
		EC_KEY_free(ec);
		return (NULL);
	}
	if (EVP_PKEY_assign_EC_KEY(proxy, ec) != 1) {
		EC_KEY_free(ec);
		EVP_PKEY_free(proxy);
		return (NULL);
	}

	return (proxy);
}

/* Tells OpenSSL that the private numbers are elsewhere. */
static int
rsa_external(RSA *rsa)
{
	RSA_set_flags(rsa, RSA_FLAG_CACHE_PUBLIC | RSA_FLAG_EXT_PKEY |
	    RSA_METHOD_FLAG_NO_CHECK);

	return (1);
}

/*
 * PSS comes here encoded to a whole block and without padding; the signatures
 * of TLS 1.2's older algorithms as a DigestInfo to be padded.
 */
static int
rsa_private_encrypt(int len, const unsigned char *from, unsigned char *to,
    RSA *rsa, int padding)
{
	size_t		signature;
	uint32_t	operation;

	switch (padding) {
	case RSA_PKCS1_PADDING:
		operation = TLS_SIGN_RSA_PKCS1;
		break;
	case RSA_NO_PADDING:
		operation = TLS_SIGN_RSA_PSS;
		break;
	default:
		return (-1);
	}

	signature = tls_sign_remote(RSA_get_ex_data(rsa, rsa_index),
	    operation, from, (size_t)len, to, (size_t)RSA_size(rsa));

	return (signature == (size_t)RSA_size(rsa) ? (int)signature : -1);
}

/* Only RSA key exchange needs it, which is not offered. */
static int
rsa_private_decrypt(int len, const unsigned char *from, unsigned char *to,
    RSA *rsa, int padding)
{
	(void)len;
	(void)from;
	(void)to;
	(void)rsa;
	(void)padding;

	return (-1);
}

static int
ec_sign(int type, const unsigned char *digest, int len, unsigned char *sig,
    unsigned int *siglen, const BIGNUM *kinv, const BIGNUM *r, EC_KEY *ec)
{
	(void)type;
	(void)kinv;
	(void)r;
	*siglen = (unsigned int)tls_sign_remote(EC_KEY_get_ex_data(ec,
	    ec_index), TLS_SIGN_ECDSA, digest, (size_t)len, sig,
	    (size_t)ECDSA_size(ec));

	return (*siglen != 0);
}

static ECDSA_SIG *
ec_sign_sig(const unsigned char *digest, int len, const BIGNUM *kinv,
    const BIGNUM *r, EC_KEY *ec)
{
	unsigned char		sig[TLS_BLOCK_MAX];
	const unsigned char	*in = sig;
	size_t			siglen;

	(void)kinv;
	(void)r;
	siglen = tls_sign_remote(EC_KEY_get_ex_data(ec, ec_index),
	    TLS_SIGN_ECDSA, digest, (size_t)len, sig, sizeof(sig));
	if (siglen == 0)
		return (NULL);

	return (d2i_ECDSA_SIG(NULL, &in, (long)siglen));
}
