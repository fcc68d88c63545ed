/*
 * Reads records (four octets of length, little end first, then that many octets
 * of an address) and prints a line a record: "= " and the normal form in hex,
 * or "! " and the reason in hex. tests/unit/test_email_oracle.py compares them
 * with what pydantic says.
 */
/* sources: src/data/email.c src/data/email_chars.c src/data/email_domain.c
   src/data/arena.c src/data/utf8.c */
/* libraries: -lidn2 -lunistring */

#include <stdio.h>
#include <stdlib.h>

#include "data/email.h"

int
main(void)
{
	const char	*why;
	struct arena	arena;
	struct span	text, out;
	unsigned char	size[4];
	size_t		i;
	char		*octets;

	arena_init(&arena);
	while (fread(size, sizeof(size), 1, stdin) == 1) {
		text.len = (size_t)size[0] | (size_t)size[1] << 8 |
		    (size_t)size[2] << 16 | (size_t)size[3] << 24;

		/* Exactly as long, so that ASan sees a step too far. */
		octets = malloc(text.len);
		if (octets == NULL ||
		    fread(octets, 1, text.len, stdin) != text.len)
			return (1);
		text.data = octets;

		if (email_normalize(&arena, text, &out, &why)) {
			printf("= ");
		} else {
			printf("! ");
			out.data = why;
			out.len = strlen(why);
		}
		for (i = 0; i < out.len; i++)
			printf("%02x", (unsigned char)out.data[i]);
		printf("\n");
		arena_cleanup(&arena);
		free(octets);
	}

	return (0);
}
