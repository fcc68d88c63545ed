#include "data/utf8.h"

/*
 * Lead octets of two and more, and what the second octet may be. The narrower
 * ranges are what keeps out overlong forms (E0, F0), surrogates (ED) and what
 * lies beyond U+10FFFF (F4). RFC 3629, section 4.
 */
static const struct {
	unsigned char	first, last;	/* lead octets of this row */
	unsigned char	low, high;	/* their second octet */
	unsigned char	len;
	unsigned char	mask;		/* bits the lead octet carries */
} leads[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f },
	{ 0xe1, 0xec, 0x80, 0xbf, 3, 0x0f },
	{ 0xed, 0xed, 0x80, 0x9f, 3, 0x0f },
	{ 0xee, 0xef, 0x80, 0xbf, 3, 0x0f },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4, 0x07 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4, 0x07 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4, 0x07 },
};

#define LEADS	(sizeof(leads) / sizeof(leads[0]))

int32_t
utf8_next(struct span text, size_t *used)
{
	unsigned char	c, low, high;
	int32_t		point;
	size_t		i, row;

	c = (unsigned char)text.data[0];
	*used = 1;
	if (c < 0x80)
		return (c);

	for (row = 0; row < LEADS; row++) {
		if (c >= leads[row].first && c <= leads[row].last)
			break;
	}
	if (row == LEADS)
		return (UTF8_BAD);

	point = c & leads[row].mask;
	low = leads[row].low;
	high = leads[row].high;

	for (i = 1; i < leads[row].len; i++) {
		if (i >= text.len)
			return (UTF8_BAD);
		c = (unsigned char)text.data[i];
		if (c < low || c > high)
			return (UTF8_BAD);
		point = (point << 6) | (c & 0x3f);
		*used = i + 1;
		low = 0x80;
		high = 0xbf;
	}

	return (point);
}

size_t
utf8_put(char *out, int32_t point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return (1);
	}
	if (point < 0x800) {
		out[0] = (char)(0xc0 | (point >> 6));
		out[1] = (char)(0x80 | (point & 0x3f));
		return (2);
	}
	if (point < 0x10000) {
		out[0] = (char)(0xe0 | (point >> 12));
		out[1] = (char)(0x80 | ((point >> 6) & 0x3f));
		out[2] = (char)(0x80 | (point & 0x3f));
		return (3);
	}
	out[0] = (char)(0xf0 | (point >> 18));
	out[1] = (char)(0x80 | ((point >> 12) & 0x3f));
	out[2] = (char)(0x80 | ((point >> 6) & 0x3f));
	out[3] = (char)(0x80 | (point & 0x3f));

	return (4);
}

int
utf8_valid(struct span text)
{
	size_t	used;

	while (text.len > 0) {
		if (utf8_next(text, &used) == UTF8_BAD)
			return (0);
		text.data += used;
		text.len -= used;
	}

	return (1);
}

size_t
utf8_length(struct span text)
{
	size_t	i, count;

	count = 0;
	for (i = 0; i < text.len; i++) {
		if (((unsigned char)text.data[i] & 0xc0) != 0x80)
			count++;
	}

	return (count);
}
