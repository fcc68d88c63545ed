#ifndef PARLEY_DATA_FORM_H
#define PARLEY_DATA_FORM_H

#include <stddef.h>

#include "data/arena.h"
#include "data/span.h"
#include "data/value.h"

#define FORM_PAIRS_MAX	1000

/*
 * Reads application/x-www-form-urlencoded, or a query without its question
 * mark, by the parser of the URL standard (section 5.1): nothing is malformed.
 * A percent sign without two digits stands for itself, a pair is split at its
 * first '=', so that "password=a=b" works unencoded, and octets that are not
 * UTF-8 become U+FFFD.
 *
 * Gives an object whose members are strings, in the order of the text, all in
 * the arena. False only for more than FORM_PAIRS_MAX pairs.
 */
int	form_read(struct arena *, const char *data, size_t len,
	    struct value *out) MUST_CHECK;

#endif
