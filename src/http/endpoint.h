#ifndef PARLEY_HTTP_ENDPOINT_H
#define PARLEY_HTTP_ENDPOINT_H

#include "http/exchange.h"

/*
 * The way of a request through the house, once for all endpoints: the route's
 * row, the caller's token, the input table, then the row's statement (whose
 * outcome is the answer) or its page.
 */
page_step	endpoint_begin;

/*
 * Runs the route's own statement: $1 is the caller when the route asks for
 * one, then come the inputs in the order of the route's fields, then
 * extra values. next gets the result; see exchange_statement().
 */
void	endpoint_statement(struct exchange *, page_step *next,
	    enum statement_id, const char *const *extra, int nextra);

/*
 * Runs a statement about what the path names: as above, but of the inputs only
 * the path's are passed, and one extra value (or NULL). For pages that do more
 * with the others.
 */
void	endpoint_path_statement(struct exchange *, page_step *next,
	    enum statement_id, const char *extra);

/*
 * Reads the request's access token into x->caller; 0 when there is none that
 * is right. For routes that only some callers need one for.
 */
int	endpoint_caller(struct exchange *);

/* What statements take as the caller: see identity/caller.h. */
const char	*endpoint_caller_text(struct exchange *);

#endif
