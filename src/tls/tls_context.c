#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

#include "tls/tls_context.h"
#include "tls/tls_key.h"
#include "tls/tls_sign.h"
#include "tls/tls_ticket.h"

/* Forward secrecy and AEAD only; the order is the server's (RFC 9325 4.2). */
#define CIPHERS_1_2							\
	"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"	\
	"ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"	\
	"ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* SHA-256 and AES-128 cost half, and nobody breaks either. */
#define CIPHERS_1_3							\
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"		\
	"TLS_CHACHA20_POLY1305_SHA256"
#define SESSION_CONTEXT	"parley"

static int	context_settle(SSL_CTX *);
static int	context_load(SSL_CTX *, const char *, size_t, char *, size_t);
static int	context_alpn(SSL *, const unsigned char **, unsigned char *,
		    const unsigned char *, unsigned int, void *);
static int	chain_end(void);
static int	chain_describe(struct tls_chain *, X509 *, char *, size_t);

int
tls_chain_init(struct tls_chain *chain, const char *pem, size_t len,
    char *error, size_t size)
{
	SSL_CTX	*ctx;
	int	ret;

	memset(chain, 0, sizeof(*chain));
	if ((ctx = tls_context_new(pem, len, error, size)) == NULL)
		return (0);

	ret = chain_describe(chain, SSL_CTX_get0_certificate(ctx), error,
	    size);
	if (ret) {
		if ((chain->pem = malloc(len)) == NULL) {
			ret = tls_refuse(error, size, "out of memory");
		} else {
			memcpy(chain->pem, pem, len);
			chain->len = len;
		}
	}
	SSL_CTX_free(ctx);
	if (!ret)
		tls_chain_cleanup(chain);

	return (ret);
}

void
tls_chain_cleanup(struct tls_chain *chain)
{
	free(chain->pem);
	OPENSSL_free(chain->spki);
	memset(chain, 0, sizeof(*chain));
}

SSL_CTX *
tls_context_new(const char *pem, size_t len, char *error, size_t size)
{
	SSL_CTX	*ctx;

	ERR_clear_error();
	if ((ctx = SSL_CTX_new(TLS_server_method())) == NULL ||
	    !context_settle(ctx)) {
		tls_refuse(error, size, "OpenSSL: %s", tls_reason());
	} else if (context_load(ctx, pem, len, error, size)) {
		return (ctx);
	}
	SSL_CTX_free(ctx);

	return (NULL);
}

static int
context_settle(SSL_CTX *ctx)
{
	char	groups[] = "X25519:P-256:P-384";	/* a macro wants char * */

	SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE |
	    SSL_OP_PRIORITIZE_CHACHA | SSL_OP_NO_COMPRESSION |
	    SSL_OP_NO_RENEGOTIATION);

	/*
	 * Kore may send again from another buffer what it could not send. Who
	 * waits keeps no buffers: data/openssl_memory.h.
	 */
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
	    SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);

	/* Sessions live in the clients' tickets alone. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_timeout(ctx, TLS_TICKET_SECONDS);
	SSL_CTX_set_num_tickets(ctx, 1);	/* each costs an encryption */

	/* A record in one read, not its length first. */
	SSL_CTX_set_read_ahead(ctx, 1);
	SSL_CTX_set_alpn_select_cb(ctx, context_alpn, NULL);

	return (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION) == 1 &&
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_1_2) == 1 &&
	    SSL_CTX_set_ciphersuites(ctx, CIPHERS_1_3) == 1 &&
	    SSL_CTX_set1_groups_list(ctx, groups) == 1 &&
	    SSL_CTX_set_session_id_context(ctx,
	    (const unsigned char *)SESSION_CONTEXT,
	    sizeof(SESSION_CONTEXT) - 1) == 1 &&
	    SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, tls_ticket_key) == 1);
}

static int
context_load(SSL_CTX *ctx, const char *pem, size_t len, char *error,
    size_t size)
{
	BIO		*in;
	X509		*cert;
	EVP_PKEY	*key;
	int		n, ret;

	if ((in = BIO_new_mem_buf(pem, (int)len)) == NULL)
		return (tls_refuse(error, size, "out of memory"));

	ret = 1;
	for (n = 0; ret; n++) {
		cert = PEM_read_bio_X509(in, NULL, NULL, NULL);
		if (cert == NULL)
			break;
		if (n == 0) {
			ret = SSL_CTX_use_certificate(ctx, cert);
			X509_free(cert);
		} else if ((ret = SSL_CTX_add0_chain_cert(ctx, cert)) != 1) {
			X509_free(cert);
		}
	}
	BIO_free(in);

	if (!ret)
		return (tls_refuse(error, size, "certificate %d is refused: %s",
		    n, tls_reason()));
	if (n == 0 && chain_end())
		return (tls_refuse(error, size, "holds no certificate in PEM "
		    "form"));
	if (!chain_end())
		return (tls_refuse(error, size,
		    "certificate %d cannot be read as PEM (%s)", n + 1,
		    tls_reason()));

	key = tls_sign_proxy(SSL_CTX_get0_certificate(ctx), error, size);
	if (key == NULL)
		return (0);
	ret = SSL_CTX_use_PrivateKey(ctx, key);
	EVP_PKEY_free(key);
	if (ret != 1)
		return (tls_refuse(error, size, "the certificate's key is "
		    "refused: %s", tls_reason()));

	return (1);
}

/* True when reading PEM stopped because nothing more was there. */
static int
chain_end(void)
{
	unsigned long	last;

	last = ERR_peek_last_error();
	if (ERR_GET_LIB(last) != ERR_LIB_PEM ||
	    ERR_GET_REASON(last) != PEM_R_NO_START_LINE)
		return (0);
	ERR_clear_error();

	return (1);
}

static int
chain_describe(struct tls_chain *chain, X509 *leaf, char *error, size_t size)
{
	BIO	*out;
	int	len;

	if (X509_cmp_time(X509_get0_notBefore(leaf), NULL) >= 0)
		return (tls_refuse(error, size,
		    "the certificate is not valid yet"));
	if ((out = BIO_new(BIO_s_mem())) == NULL)
		return (tls_refuse(error, size, "out of memory"));
	(void)ASN1_TIME_print(out, X509_get0_notAfter(leaf));
	if ((len = BIO_read(out, chain->until, sizeof(chain->until) - 1)) < 0)
		len = 0;
	chain->until[len] = '\0';
	BIO_free(out);
	if (X509_cmp_time(X509_get0_notAfter(leaf), NULL) <= 0)
		return (tls_refuse(error, size,
		    "the certificate expired on %s", chain->until));

	len = i2d_PUBKEY(X509_get0_pubkey(leaf), &chain->spki);
	if (len <= 0 || len > TLS_SPKI_MAX)
		return (tls_refuse(error, size,
		    "the certificate's public key is of no use"));
	chain->spki_len = (size_t)len;

	return (1);
}

/* RFC 7301 3.2: a client that names only what we do not speak is told so. */
static int
context_alpn(SSL *ssl, const unsigned char **out, unsigned char *outlen,
    const unsigned char *in, unsigned int inlen, void *arg)
{
	static const unsigned char	ours[] = "\x08http/1.1\x08http/1.0";
	unsigned char			*chosen;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, outlen, ours, sizeof(ours) - 1, in,
	    inlen) != OPENSSL_NPN_NEGOTIATED)
		return (SSL_TLSEXT_ERR_ALERT_FATAL);
	*out = chosen;

	return (SSL_TLSEXT_ERR_OK);
}
