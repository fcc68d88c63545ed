#ifndef PARLEY_HTTP_ACCEPT_H
#define PARLEY_HTTP_ACCEPT_H

#include "http/head.h"

/*
 * Which of two media types a request would rather have (RFC 9110 section
 * 12.5.1). Only whether the second is wanted more is told: the first is what
 * everybody gets who does not say, or whom nothing would please.
 */
int	accept_prefers(const struct head *, const char *second,
	    const char *first);

#endif
