#ifndef PARLEY_DATA_PASSPHRASE_H
#define PARLEY_DATA_PASSPHRASE_H

#include "data/span.h"

/*
 * Passwords as people type them: any Unicode, and as keyboards spell the same
 * text in several ways, in one normal form, NFKC (NIST SP 800-63B section
 * 3.1.1.2). What is hashed and counted is that form.
 */

/*
 * The normal form of UTF-8, with a NUL behind it, and its octets in *len. NULL
 * when memory is short or text is no UTF-8. Free it with passphrase_free().
 */
char	*passphrase_normal(struct span, size_t *len) MUST_CHECK;

/* Wipes and frees; NULL is nothing. */
void	passphrase_free(char *, size_t len);

/*
 * Characters of the normal form. More than any password may have, without
 * looking closer, for a text that cannot come down to so few.
 */
size_t	passphrase_length(struct span);

/* Takes the most common passwords, one a line; NULL for none. Copied. */
void	passphrase_init(const char *common);

/* Whether it is one of those, letters of ASCII in any case. */
int	passphrase_is_common(struct span);

#endif
