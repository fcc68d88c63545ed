#ifndef PARLEY_HTTP_OCTET_H
#define PARLEY_HTTP_OCTET_H

#include <stdint.h>

#include "data/span.h"

/*
 * What an octet may be part of. A table, because every octet of every head is
 * looked up in it.
 */
#define OCTET_TOKEN	0x01	/* tchar, RFC 9110 section 5.6.2 */
#define OCTET_TEXT	0x02	/* in a field value: also HTAB, SP, obs-text */
#define OCTET_HOST	0x04	/* unreserved and sub-delims, RFC 3986 section 2 */
#define OCTET_HEX	0x08
#define OCTET_TARGET	0x10	/* in a request target: visible, and no '#' */

#define OCTET_PLAIN	(OCTET_TEXT | OCTET_TARGET)
#define OCTET_WORD	(OCTET_PLAIN | OCTET_TOKEN | OCTET_HOST)

static const uint8_t octet_classes[256] = {
	['\t'] = OCTET_TEXT,
	[' '] = OCTET_TEXT,
	['!'] = OCTET_WORD,
	['"'] = OCTET_PLAIN,
	['#'] = OCTET_TEXT | OCTET_TOKEN,
	['$'] = OCTET_WORD,
	['%'] = OCTET_PLAIN | OCTET_TOKEN,
	['&' ... '\''] = OCTET_WORD,
	['(' ... ')'] = OCTET_PLAIN | OCTET_HOST,
	['*' ... '+'] = OCTET_WORD,
	[','] = OCTET_PLAIN | OCTET_HOST,
	['-' ... '.'] = OCTET_WORD,
	['/'] = OCTET_PLAIN,
	['0' ... '9'] = OCTET_WORD | OCTET_HEX,
	[':'] = OCTET_PLAIN,
	[';'] = OCTET_PLAIN | OCTET_HOST,
	['<'] = OCTET_PLAIN,
	['='] = OCTET_PLAIN | OCTET_HOST,
	['>' ... '@'] = OCTET_PLAIN,
	['A' ... 'F'] = OCTET_WORD | OCTET_HEX,
	['G' ... 'Z'] = OCTET_WORD,
	['[' ... ']'] = OCTET_PLAIN,
	['^'] = OCTET_PLAIN | OCTET_TOKEN,
	['_'] = OCTET_WORD,
	['`'] = OCTET_PLAIN | OCTET_TOKEN,
	['a' ... 'f'] = OCTET_WORD | OCTET_HEX,
	['g' ... 'z'] = OCTET_WORD,
	['{'] = OCTET_PLAIN,
	['|'] = OCTET_PLAIN | OCTET_TOKEN,
	['}'] = OCTET_PLAIN,
	['~'] = OCTET_WORD,
	[0x80 ... 0xff] = OCTET_TEXT,
};

static inline int
octet_is(char c, int class)
{
	return ((octet_classes[(unsigned char)c] & class) != 0);
}

static inline int
octets_are(struct span s, int class)
{
	size_t	i;

	for (i = 0; i < s.len; i++) {
		if (!octet_is(s.data[i], class))
			return (0);
	}

	return (1);
}

/* Without the spaces and tabs at both ends. */
static inline struct span
octets_trim(struct span s)
{
	while (s.len > 0 && (s.data[0] == ' ' || s.data[0] == '\t')) {
		s.data++;
		s.len--;
	}
	while (s.len > 0 &&
	    (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;

	return (s);
}

/* What stands before the first c, or all of it. */
static inline struct span
octets_before(struct span s, char c)
{
	const char	*found;

	found = memchr(s.data, c, s.len);
	if (found != NULL)
		s.len = (size_t)(found - s.data);

	return (s);
}

#endif
