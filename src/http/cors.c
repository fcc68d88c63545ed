#include <string.h>

#include "http/cors.h"
#include "settings.h"

#define CORS_MAX_AGE	"600"	/* seconds, what browsers take at most */

static int	field_is_token_list(const struct span *);

void
cors_headers(struct buffer *out, const struct head *head)
{
	const struct span	*origin;

	if (settings->ncors_origins == 0) {
		buffer_append_string(out, "Access-Control-Allow-Origin: *\r\n");
	} else {
		/* The answer differs by origin: caches must know. */
		buffer_append_string(out, "Vary: Origin\r\n");
		origin = head_field(head, "origin");
		if (origin == NULL || !cors_origin_listed(*origin))
			return;
		buffer_append_string(out, "Access-Control-Allow-Origin: ");
		buffer_append(out, origin->data, origin->len);
		buffer_append_string(out,
		    "\r\nAccess-Control-Allow-Credentials: true\r\n");
	}
	buffer_append_string(out, "Access-Control-Expose-Headers: "
	    "X-Request-Id, Retry-After, Link, RateLimit, "
	    "RateLimit-Policy\r\n");
}

void
cors_preflight_headers(struct buffer *out, const struct head *head,
    const char *allow)
{
	const struct span	*asked;

	buffer_printf(out, "Access-Control-Allow-Methods: %s\r\n"
	    "Access-Control-Max-Age: " CORS_MAX_AGE "\r\n", allow);

	/* All that it asks for; a star would not cover Authorization. */
	asked = head_field(head, "access-control-request-headers");
	if (asked != NULL && field_is_token_list(asked)) {
		buffer_append_string(out, "Access-Control-Allow-Headers: ");
		buffer_append(out, asked->data, asked->len);
		buffer_append_string(out, "\r\n");
	}
}

int
cors_origin_listed(struct span origin)
{
	size_t	i;

	for (i = 0; i < settings->ncors_origins; i++) {
		if (span_is(origin, settings->cors_origins[i]) ||
		    strcmp(settings->cors_origins[i], "*") == 0)
			return (1);
	}

	return (0);
}

/* Nothing is repeated into an answer but the characters of header names. */
static int
field_is_token_list(const struct span *value)
{
	static const char	allowed[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_, ";
	size_t			i;

	for (i = 0; i < value->len; i++) {
		if (strchr(allowed, value->data[i]) == NULL ||
		    value->data[i] == '\0')
			return (0);
	}

	return (value->len > 0);
}
