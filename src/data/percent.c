#include "data/hex.h"
#include "data/percent.h"
#include "data/utf8.h"

int
percent_octet(struct span text)
{
	int	high, low;

	if (text.len < 3 || text.data[0] != '%')
		return (-1);

	high = hex_digit(text.data[1]);
	low = hex_digit(text.data[2]);
	if (high == -1 || low == -1)
		return (-1);

	return (high * 16 + low);
}

int
percent_decode(struct arena *arena, struct span text, struct span *out)
{
	struct span	decoded;
	char		*octets;
	int		octet;

	octets = arena_alloc(arena, text.len + 1);
	decoded.data = octets;
	decoded.len = 0;

	while (text.len > 0) {
		octet = (unsigned char)text.data[0];
		if (octet == '%') {
			octet = percent_octet(text);
			if (octet == -1)
				return (0);
			text.data += 2;
			text.len -= 2;
		}
		if (octet == '\0')
			return (0);
		octets[decoded.len++] = (char)octet;
		text.data++;
		text.len--;
	}
	octets[decoded.len] = '\0';

	if (!utf8_valid(decoded))
		return (0);
	*out = decoded;

	return (1);
}
