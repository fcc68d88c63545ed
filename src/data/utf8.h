#ifndef PARLEY_DATA_UTF8_H
#define PARLEY_DATA_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

#define UTF8_BAD	(-1)	/* no code point: ill-formed here */
#define UTF8_MAX	4	/* octets of the longest code point */

/*
 * The code point at the start of text, which must not be empty, and in *used
 * its octets. UTF8_BAD where RFC 3629 is broken (overlong forms, surrogates,
 * beyond U+10FFFF, cut short); *used is then what one U+FFFD stands for: the
 * longest start of a code point, at least one octet.
 */
int32_t	utf8_next(struct span text, size_t *used);

/* Writes the octets of a code point and returns how many (1 to UTF8_MAX). */
size_t	utf8_put(char *out, int32_t point);

/* True when all of text is well-formed UTF-8. */
int	utf8_valid(struct span text);

/* Code points in well-formed text. */
size_t	utf8_length(struct span text);

#endif
