#ifndef PARLEY_HTTP_FRAMING_H
#define PARLEY_HTTP_FRAMING_H

#include "http/head.h"

/*
 * What the fields of one head say about where the request ends and whether the
 * connection stays. Zero it before the first field.
 */
struct framing {
	int	hosts;		/* lines */
	int	lengths;
	int	codings;
	int	chunked;	/* chunked was named */
	int	unknown;	/* so was a coding that we do not know */
	int	malformed;	/* codings in no list, or in a wrong order */
	int	close;		/* connection options */
	int	keep_alive;
};

/*
 * Takes note of one field, with head's minor set and its host when the target
 * has one. Returns 0, or 400 when the field alone makes the message ambiguous.
 */
int	framing_read(struct head *, struct framing *,
	    const struct head_field *) MUST_CHECK;

/*
 * Once all fields were read: fills in head's chunked and keep_alive. Returns
 * 0, or 400 or 501 as RFC 9112 sections 3.2, 6.1, 6.3 and 9.3 ask.
 */
int	framing_decide(struct head *, const struct framing *) MUST_CHECK;

#endif
