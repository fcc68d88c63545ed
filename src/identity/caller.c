#include "identity/caller.h"
#include "settings.h"

/* No part has a line break: token.c takes none in a subject or a session. */
char *
caller_text(struct arena *arena, const struct token_claims *claims,
    const char *address, const char *request_id)
{
	time_t	issued;

	if (claims->subject[0] == '\0' || claims->session[0] != '\0')
		return (arena_printf(arena, "%s\n%s\n%s\n%s", claims->subject,
		    claims->session, address, request_id));

	/* The old service's tokens say only when they expire. */
	issued = claims->issued;
	if (issued == 0)
		issued = claims->expires -
		    settings->access_token_expire_minutes * 60L;

	return (arena_printf(arena, "%s\n\n%s\n%s\n%lld", claims->subject,
	    address, request_id, (long long)issued));
}
