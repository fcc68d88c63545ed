#ifndef PARLEY_TLS_TLS_TICKET_H
#define PARLEY_TLS_TLS_TICKET_H

#include <openssl/ssl.h>

#include <stdint.h>

/*
 * Keys of session tickets, the same in all workers, so that a session begun
 * with one resumes with any. The parent draws one secret before it forks; each
 * process steps it forward by itself as the hours pass, forgetting the secret
 * before: whoever takes a worker over cannot read tickets of hours long gone.
 */
#define TLS_TICKET_SECONDS	(4 * 3600)	/* a key issues for so long */

/* Draws the secret; in the parent, before it forks. Returns 1, or 0. */
int	tls_ticket_init(uint64_t now);

/* Steps forward to now (seconds that never go back). */
void	tls_ticket_advance(uint64_t now);

/* The clock of the two above. */
uint64_t	tls_ticket_clock(void);

/* For SSL_CTX_set_tlsext_ticket_key_evp_cb. */
int	tls_ticket_key(SSL *, unsigned char *name, unsigned char *iv,
	    EVP_CIPHER_CTX *, EVP_MAC_CTX *, int encrypting);

#endif
