#ifndef PARLEY_TLS_TLS_SIGN_H
#define PARLEY_TLS_TLS_SIGN_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

/*
 * A key for SSL_CTX_use_PrivateKey that holds only the certificate's public
 * half; what is to be signed goes through tls_sign_remote. The caller frees
 * it. NULL, with one line in error, for kinds other than RSA and EC.
 */
EVP_PKEY	*tls_sign_proxy(X509 *, char *error, size_t size) MUST_CHECK;

/*
 * Has the key manager sign for the handshake that is being driven, which is
 * parked meanwhile. Returns the signature's length, or 0. In tls_handshake.c.
 */
size_t	tls_sign_remote(const uint8_t *key, uint32_t operation,
	    const uint8_t *data, size_t len, uint8_t *out, size_t size)
	    MUST_CHECK;

#endif
