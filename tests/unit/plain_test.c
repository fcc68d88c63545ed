/* Octets that need no escape: as one octet after the other would say. */
/* sources: */

#include "data/plain.h"

#include "check.h"

static size_t
one_by_one(const char *text, size_t len, int ascii)
{
	unsigned char	octet;
	size_t		i;

	for (i = 0; i < len; i++) {
		octet = (unsigned char)text[i];
		if (octet < 0x20 || octet == 0x7f || octet == '"' ||
		    octet == '\\' || (ascii && octet > 0x7f))
			break;
	}

	return (i);
}

int
main(void)
{
	char	text[24];
	size_t	len, at;
	int	octet, ascii;

	/* Every octet at every place of texts of one to three words. */
	for (len = 1; len <= sizeof(text); len++) {
		for (at = 0; at < len; at++) {
			for (octet = 0; octet < 512; octet++) {
				ascii = octet >= 256;
				memset(text, octet % 2 ? 'a' : ' ', len);
				text[at] = (char)octet;
				CHECK(plain_octets(text, len, ascii) ==
				    one_by_one(text, len, ascii),
				    "%d at %zu of %zu", octet, at, len);
			}
		}
	}

	return (check_end());
}
