/*
 * What cookie.c refers to, so that it can be linked without the server: a list
 * of origins with one in it, and a reply of which the last field is kept.
 */
#include <stdio.h>

#include "http/cors.h"
#include "http/reply.h"

#include "cookie_stubs.h"

char	stub_header[STUB_HEADER_SIZE];

int
cors_origin_listed(struct span origin)
{
	return (span_is(origin, STUB_ORIGIN));
}

void
reply_header(struct exchange *x, const char *name, const char *value)
{
	(void)x;
	(void)snprintf(stub_header, sizeof(stub_header), "%s: %s", name,
	    value);
}
