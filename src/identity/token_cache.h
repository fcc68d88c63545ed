#ifndef PARLEY_IDENTITY_TOKEN_CACHE_H
#define PARLEY_IDENTITY_TOKEN_CACHE_H

#include "identity/token.h"

/*
 * Remembers the claims of tokens that were verified: to check a signature and
 * read what was signed costs forty times as much as to find it here. One a
 * process. Only good tokens are kept, a bounded number of them, each until it
 * expires; a token that is forged, even by one octet, is never found.
 */

#define TOKEN_CACHE_SIZE	4096	/* tokens */
#define TOKEN_CACHE_TOKEN_MAX	512	/* octets; longer ones are not kept */

/* As token_verify(), by the memory where it can be. */
enum token_result	token_cache_verify(const struct token_keys *,
			    struct span token, time_t now,
			    struct token_claims *claims) MUST_CHECK;

/* Wipes what has expired; to be called now and then. */
void			token_cache_sweep(time_t now);

/* Wipes everything: before a key is forgotten. */
void			token_cache_clear(void);

#endif
