#include <stdio.h>
#include <string.h>

#include "identity/caller.h"
#include "settings.h"

/* No part has a line break: token.c takes none in a subject or a session. */
char *
caller_text(struct arena *arena, const struct token_claims *claims,
    const char *address, const char *request_id)
{
	const char	*parts[5] = { claims->subject, claims->session,
	    address, request_id, "" };
	char		issued[24], *text, *p;
	size_t		len[5], total;
	time_t		when;
	int		i;

	/* The old service's tokens say only when they expire. */
	if (claims->subject[0] != '\0' && claims->session[0] == '\0') {
		when = claims->issued;
		if (when == 0)
			when = claims->expires -
			    settings->access_token_expire_minutes * 60L;
		(void)snprintf(issued, sizeof(issued), "%lld",
		    (long long)when);
		parts[4] = issued;
	}

	total = 0;
	for (i = 0; i < 5; i++)
		total += (len[i] = strlen(parts[i])) + 1;
	text = p = arena_alloc(arena, total);
	for (i = 0; i < 5; i++) {
		memcpy(p, parts[i], len[i]);
		p += len[i];
		*p++ = '\n';
	}
	/* An empty last part has no line. */
	p[len[4] == 0 ? -2 : -1] = '\0';

	return (text);
}
