/* Any octets as an e-mail address. */
/* sources: src/data/email.c src/data/email_chars.c src/data/email_domain.c
   src/data/arena.c src/data/utf8.c */
/* libraries: -lidn2 -lunistring */

#include <stdint.h>
#include <stdlib.h>

#include "data/email.h"
#include "data/utf8.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena	arena;
	struct span	again, out, text;
	const char	*why;

	text.data = (const char *)data;
	text.len = size;
	arena_init(&arena);

	if (email_normalize(&arena, text, &out, &why)) {
		HOLDS(out.len >= 5 && out.len <= 254);
		HOLDS(strlen(out.data) == out.len && utf8_valid(out));
		HOLDS(strchr(out.data, '@') == strrchr(out.data, '@'));
		HOLDS(strpbrk(out.data, " \t\r\n\"\\<>()[],;:") == NULL);

		/* The normal form is a fixed point. */
		HOLDS(email_normalize(&arena, out, &again, &why));
		HOLDS(span_is(again, out.data));
	} else {
		HOLDS(why[0] != '\0');
		HOLDS(utf8_valid((struct span){ why, strlen(why) }));
	}

	arena_cleanup(&arena);

	return (0);
}
