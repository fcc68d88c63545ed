#ifndef PARLEY_TLS_TLS_KEY_H
#define PARLEY_TLS_TLS_KEY_H

#include <openssl/evp.h>

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"
#include "tls/tls_wire.h"

/* Writes one line into error and returns 0, so that a caller can return it. */
int	tls_refuse(char *error, size_t size, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));

/* The newest reason in OpenSSL's error queue, which it empties. */
const char	*tls_reason(void);

/* Names a public key, given in DER (SubjectPublicKeyInfo, RFC 5280 4.1.2.7). */
void	tls_key_id(const uint8_t *spki, size_t len,
	    uint8_t id[TLS_KEY_ID_LEN]);

/*
 * Parses a private key and proves that it belongs to the public one by signing
 * and verifying. Returns a key that the caller frees, or NULL with one line in
 * error. Never asks for a passphrase.
 */
EVP_PKEY	*tls_key_parse(const void *pem, size_t len,
		    const uint8_t *spki, size_t spki_len, char *error,
		    size_t size) MUST_CHECK;

/*
 * Signs what a handshake gave. Returns the signature's length, or 0 when the
 * operation does not fit the key, the data is not of the operation's form, or
 * out is too small. Any thread may call it on any key.
 */
size_t	tls_key_sign(EVP_PKEY *, uint32_t operation, const uint8_t *data,
	    size_t len, uint8_t *out, size_t size) MUST_CHECK;

#endif
