#include <ctype.h>
#include <string.h>

#include "data/email.h"

int
email_normalize(struct arena *arena, struct span text, struct span *out,
    const char **why)
{
	const char	*at;
	char		*copy, *p;

	at = memchr(text.data, '@', text.len);
	if (at == NULL || at == text.data) {
		*why = "An email address must have an @-sign.";
		return (0);
	}
	if (memchr(at, '.', text.len - (size_t)(at - text.data)) == NULL) {
		*why = "The part after the @-sign is not valid. "
		    "It should have a period.";
		return (0);
	}

	copy = arena_strndup(arena, text.data, text.len);
	for (p = copy + (at - text.data); *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	out->data = copy;
	out->len = text.len;

	return (1);
}
