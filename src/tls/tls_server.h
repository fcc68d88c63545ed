#ifndef PARLEY_TLS_TLS_SERVER_H
#define PARLEY_TLS_TLS_SERVER_H

#include "tls/tls_context.h"

/*
 * What the parent serves. Each worker inherits it with the fork, so that one
 * started anew has the certificate of the day.
 */
struct tls_server {
	struct kore_domain	*domain;	/* NULL: no TLS */
	char			*cert_file;
	char			*key_file;
	struct tls_chain	chain;
};

extern struct tls_server	tls_server;

/* From the parent to the workers: a new chain, in PEM. */
#define TLS_MSG_CHAIN	230

#endif
