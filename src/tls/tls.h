#ifndef PARLEY_TLS_TLS_H
#define PARLEY_TLS_TLS_H

#include <stddef.h>

#include "data/span.h"

/*
 * TLS of the binary. Kore's own does not work on OpenSSL 3, so only its split
 * is kept: private keys live in the key manager process and nowhere else. A
 * worker builds its context from the public chain; when a handshake needs a
 * signature the worker asks the key manager over a socket of its own, parks
 * the handshake and goes on with other connections until the answer comes.
 *
 *	tls_reload.c	the parent: files, SIGHUP, start of the key manager
 *	tls_keys.c	the key manager process
 *	tls_key.c	one key: parse, prove, sign
 *	tls_context.c	the worker's SSL_CTX; tls_ticket.c its session tickets
 *	tls_handshake.c	the worker's handshakes; tls_sign.c asks for signatures
 *	tls_socket.c	how OpenSSL reads and writes a connection's socket
 *
 * Needs these at link time:
 *	--wrap=kore_worker_init --wrap=kore_keymgr_run
 *	--wrap=kore_module_reload
 */
struct connection;
struct kore_domain;
struct kore_server;

/*
 * Looks at a certificate chain (PEM, leaf first) and its key as tls_configure
 * does, without keeping anything: for `parley check`. Returns 1, or 0 with one
 * line in error. The key is only read in a short-lived child, so that none of
 * its bytes are left in a process that forks workers.
 */
int	tls_check_files(const char *cert_file, const char *key_file,
	    char *error, size_t size) MUST_CHECK;

/*
 * Makes the server speak TLS with this pair of files; domain is the one its
 * routes are attached to. To be called once, in kore_parent_configure. The
 * paths are copied and read again at SIGHUP. Refuses what cannot be read or
 * parsed, a key that does not belong to the first certificate, kinds other
 * than RSA (2048 to 8192 bits) and EC, encrypted keys, and a certificate
 * outside its time. Returns 1, or 0 with one line in error.
 */
int	tls_configure(struct kore_server *, struct kore_domain *domain,
	    const char *cert_file, const char *key_file, char *error,
	    size_t size) MUST_CHECK;

/*
 * Readies a worker, first or restarted: to be called in kore_worker_configure.
 * Does nothing when there is no TLS listener; ends the worker when the context
 * cannot be built, which tls_configure has ruled out.
 */
void	tls_worker_init(void);

/* The handshake of a connection that was just accepted is ours from here. */
void	tls_handshake_await(struct connection *);

/*
 * Whether clients are shaking hands (for less than two seconds), or did so an
 * instant ago. Worth waiting for at SIGTERM: they have connected, and their
 * requests follow.
 */
int	tls_worker_active(void);

/*
 * Says that this worker will make no further handshake. At SIGTERM the key
 * manager signs until every worker has said so (a worker that exits says so by
 * itself), 9 seconds at most. May be called without TLS, and twice.
 */
void	tls_worker_drained(void);

#endif
