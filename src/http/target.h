#ifndef PARLEY_HTTP_TARGET_H
#define PARLEY_HTTP_TARGET_H

#include "http/head.h"

/*
 * Takes the request target apart into head's path and query, and its host when
 * it is in absolute form (RFC 9112 section 3.2). head's method must be set and
 * every octet of the target of class OCTET_TARGET. Returns 0, or 400 when the
 * target has none of the forms that its method may have.
 */
int	target_parse(struct head *, struct span) MUST_CHECK;

/* Whether it is host [":" port] of RFC 3986 with a host that is not empty. */
int	target_host_valid(struct span) MUST_CHECK;

#endif
