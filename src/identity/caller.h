#ifndef PARLEY_IDENTITY_CALLER_H
#define PARLEY_IDENTITY_CALLER_H

#include "data/arena.h"
#include "identity/token.h"

/*
 * What statements take as the caller, in one text: the claims of the access
 * token (all zeros for a client that has none), where the request comes from
 * and its id. sql/functions/caller.sql and audit.sql take it apart again.
 */
char	*caller_text(struct arena *, const struct token_claims *,
	    const char *address, const char *request_id);

#endif
