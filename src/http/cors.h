#ifndef PARLEY_HTTP_CORS_H
#define PARLEY_HTTP_CORS_H

#include "data/buffer.h"
#include "http/head.h"

/*
 * Appends the header lines by which browsers let other origins read an answer
 * (Fetch standard, "HTTP extensions"): any origin without credentials by
 * default, those of CORS_ORIGINS with credentials when that is set.
 */
void	cors_headers(struct buffer *, const struct head *);

/* What a preflight asks for on top: methods, headers, how long it holds. */
void	cors_preflight_headers(struct buffer *, const struct head *,
	    const char *allow);

/* Whether an Origin is one of CORS_ORIGINS. */
int	cors_origin_listed(struct span origin);

#endif
