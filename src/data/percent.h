#ifndef PARLEY_DATA_PERCENT_H
#define PARLEY_DATA_PERCENT_H

#include "data/arena.h"
#include "data/span.h"

/*
 * The octet that "%XX" at the start of text stands for, or -1 when it does not
 * start with a percent sign and two hexadecimal digits.
 */
int	percent_octet(struct span text);

/*
 * Decodes a path segment (RFC 3986, section 2.1) into the arena, with a NUL
 * behind the end. "%2F" becomes a slash, so split the path first. False, and
 * out untouched, for a percent sign without its two digits and for a result
 * that is not UTF-8 or holds a NUL octet.
 */
int	percent_decode(struct arena *, struct span text, struct span *out)
	    MUST_CHECK;

#endif
