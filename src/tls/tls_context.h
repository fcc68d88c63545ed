#ifndef PARLEY_TLS_TLS_CONTEXT_H
#define PARLEY_TLS_TLS_CONTEXT_H

#include <openssl/ssl.h>

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"
#include "tls/tls_wire.h"

#define TLS_CHAIN_MAX	(256 * 1024)

/*
 * A certificate chain: PEM, the leaf first; public throughout. Zeroed it is
 * empty.
 */
struct tls_chain {
	char	*pem;
	size_t	len;
	uint8_t	*spki;		/* the leaf's public key in DER */
	size_t	spki_len;
	char	until[32];	/* the leaf's notAfter */
};

/*
 * Takes a copy of a chain. Refuses what does not parse, a leaf outside its
 * time, and what OpenSSL would not serve. Returns 1, or 0 with one line in
 * error and the chain empty.
 */
int	tls_chain_init(struct tls_chain *, const char *pem, size_t len,
	    char *error, size_t size) MUST_CHECK;
void	tls_chain_cleanup(struct tls_chain *);

/*
 * The context that serves a chain: TLS 1.2 and 1.3, signatures by the key
 * manager, stateless tickets, http/1.1. The caller frees it; NULL with one
 * line in error when OpenSSL refuses the chain.
 */
SSL_CTX	*tls_context_new(const char *pem, size_t len, char *error,
	    size_t size) MUST_CHECK;

#endif
