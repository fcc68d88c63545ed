#ifndef PARLEY_HTTP_NEGOTIATE_H
#define PARLEY_HTTP_NEGOTIATE_H

#include "data/span.h"

/*
 * Which of several answers a request asks for (RFC 9110 sections 12 and 13).
 * The fields may be NULL; what is malformed in one is as if it were not there.
 */

enum coding {
	CODING_IDENTITY,
	CODING_GZIP,
	CODING_BROTLI,
	CODING__MAX
};

/* "gzip", ... as in Content-Encoding. */
const char	*coding_name(enum coding);

/*
 * What Accept-Encoding likes best of the codings there are, the smaller one
 * when it likes several as much; there[] is true for these. Identity is always
 * there, and taken when nothing is acceptable.
 */
enum coding	negotiate_coding(const struct span *, const int there[]);

/* Whether Accept would rather have the type than application/json. */
int		negotiate_over_json(const struct span *, const char *type);

/*
 * Whether If-None-Match names the entity tag, which is in its quotes and
 * strong: a client that has it needs nothing new.
 */
int		negotiate_has_tag(const struct span *, const char *tag);

#endif
