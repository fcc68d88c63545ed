#include <stdint.h>

#include "data/base64.h"

#define NO_DIGIT	64

static unsigned int	digit(enum base64, char);

static const char	digits[][65] = {
	[BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/",
	[BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789-_",
};

size_t
base64_encode(enum base64 alphabet, char *out, const void *octets, size_t len)
{
	const uint8_t	*in = octets;
	uint32_t	bits = 0;	/* the lowest held are still to come */
	int		held = 0;
	size_t		i, n = 0;

	for (i = 0; i < len; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			out[n++] = digits[alphabet][bits >> (held - 6) & 63];
	}
	if (held > 0)
		out[n++] = digits[alphabet][bits << (6 - held) & 63];
	out[n] = '\0';

	return (n);
}

int
base64_decode(enum base64 alphabet, void *octets, struct span text)
{
	uint8_t		*out = octets;
	uint32_t	bits = 0;
	unsigned int	value;
	int		held = 0;
	size_t		i;

	for (i = 0; i < text.len; i++) {
		if ((value = digit(alphabet, text.data[i])) == NO_DIGIT)
			return (0);
		bits = bits << 6 | value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			*out++ = (uint8_t)(bits >> held);
		}
	}

	/* Six bits are a character that belongs to no octet. */
	return (held < 6 && (bits & ((1U << held) - 1)) == 0);
}

int
base64_is(enum base64 alphabet, char c)
{
	return (digit(alphabet, c) != NO_DIGIT);
}

static unsigned int
digit(enum base64 alphabet, char c)
{
	if (c >= 'A' && c <= 'Z')
		return ((unsigned int)(c - 'A'));
	if (c >= 'a' && c <= 'z')
		return ((unsigned int)(c - 'a') + 26);
	if (c >= '0' && c <= '9')
		return ((unsigned int)(c - '0') + 52);
	if (c == digits[alphabet][62])
		return (62);
	if (c == digits[alphabet][63])
		return (63);

	return (NO_DIGIT);
}
