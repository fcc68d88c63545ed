#ifndef PARLEY_TLS_TLS_SOCKET_H
#define PARLEY_TLS_TLS_SOCKET_H

#include <openssl/ssl.h>

#include "data/span.h"

struct connection;

/*
 * The socket of a connection, as OpenSSL reads and writes it: what OpenSSL's
 * own does, in fewer steps.
 */

/* Gives a connection's SSL its socket. Returns 1, or 0 without memory. */
int	tls_socket_attach(struct connection *) MUST_CHECK;

/*
 * SSL_read. *drained is set when there was nothing more: nothing that SSL_read
 * holds back, and nothing that the socket held when it was read.
 */
int	tls_socket_read(SSL *, void *, int size, int *drained);

#endif
