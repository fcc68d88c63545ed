#ifndef PARLEY_DATA_EMAIL_CHARS_H
#define PARLEY_DATA_EMAIL_CHARS_H

#include <stdint.h>

#include "data/arena.h"

/*
 * What both sides of an address ask of their characters. All text is
 * well-formed UTF-8; a reason is what pydantic would print, NULL when nothing
 * is wrong.
 */

/* Whether a character is what is looked for; first: it opens the text. */
typedef int	email_char_test(uint32_t point, int first);

/* Before and the distinct characters that are bad, or NULL when none is. */
const char	*email_chars_refuse(struct arena *, struct span,
		    email_char_test *bad, const char *before);

/*
 * The same for what is unsafe: control, format and unassigned characters,
 * spaces, and a mark that opens the text and has nothing to stand on.
 */
const char	*email_chars_refuse_unsafe(struct arena *, struct span);

/* A piece of ASCII that must not stand at a place, and the reason then. */
struct email_rule {
	enum { EMAIL_AT_END, EMAIL_AT_START, EMAIL_ANYWHERE } place;
	const char	*piece;
	const char	*why;
};

/* The reason of the first rule that a text breaks, or NULL. */
const char	*email_rules_refuse(struct span, const struct email_rule *,
		    size_t);

/* True when text starts with, or ends in, an ASCII piece. */
int		email_starts(struct span, const char *);
int		email_ends(struct span, const char *);

/* True when there is no octet above 0x7f. */
int		email_is_ascii(struct span);

/* ASCII letters in lower case, in the arena. */
struct span	email_lower(struct arena *, struct span);

/* "(1 character too many)" and the like. */
const char	*email_too_many(struct arena *, size_t many, const char *unit);

#endif
