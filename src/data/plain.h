#ifndef PARLEY_DATA_PLAIN_H
#define PARLEY_DATA_PLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * How many octets at the beginning of a text stand for themselves in a JSON
 * string (RFC 8259 section 7): no control, no quotation mark, no reverse
 * solidus and, for the sake of terminals, no DEL. With ascii, nothing above
 * that either. Eight are looked at at a time.
 */
static inline size_t
plain_octets(const char *text, size_t len, int ascii)
{
	const unsigned char	*in = (const unsigned char *)text;
	const uint64_t		ones = 0x0101010101010101, high = ones << 7;
	uint64_t		word, quote, slash, delete, found;
	size_t			i;

	for (i = 0; len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, in + i, sizeof(word));
		quote = word ^ ones * '"';
		slash = word ^ ones * '\\';
		delete = word ^ ones * 0x7f;
		found = (word - ones * 0x20) & ~word;
		found |= (quote - ones) & ~quote;
		found |= (slash - ones) & ~slash;
		found |= (delete - ones) & ~delete;
		if (ascii)
			found |= word;
		if (found & high)
			break;
	}
	while (i < len && in[i] >= 0x20 && in[i] != '"' && in[i] != '\\' &&
	    in[i] != 0x7f && (!ascii || in[i] < 0x80))
		i++;

	return (i);
}

#endif
