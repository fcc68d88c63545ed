#include <string.h>

#include "http/cookie.h"
#include "http/cors.h"
#include "http/octet.h"
#include "http/reply.h"

/*
 * The prefix has browsers insist on Secure, Path=/ and no Domain, so that no
 * other host of the same domain can set it (RFC 6265bis section 4.1.3.2).
 */
#define COOKIE		"__Host-parley"
#define COOKIE_PLAIN	"parley"	/* not all browsers take Secure there */

static struct span	find(const struct exchange *, const char *);
static int	is_plain(const struct exchange *);
static int	is_own(const struct exchange *, struct span);
static int	is_loopback(struct span);
static int	field_begins(const struct exchange *, const char *,
		    const char *);

enum origin
cookie_origin(const struct exchange *x)
{
	const struct span	*origin, *site;

	/* Scripts cannot set it; it is right behind whatever proxy. */
	site = head_field(&x->head, "sec-fetch-site");
	if (site != NULL && span_is(*site, "same-origin"))
		return (ORIGIN_OURS);

	origin = head_field(&x->head, "origin");
	if (origin != NULL)
		return (cors_origin_listed(*origin) || is_own(x, *origin) ?
		    ORIGIN_OURS : ORIGIN_FOREIGN);

	return (site == NULL || span_is(*site, "none") ? ORIGIN_UNSAID :
	    ORIGIN_FOREIGN);
}

int
cookie_sent(const struct exchange *x)
{
	return (find(x, COOKIE).len > 0 || find(x, COOKIE_PLAIN).len > 0);
}

struct span
cookie_read(const struct exchange *x)
{
	return (find(x, is_plain(x) ? COOKIE_PLAIN : COOKIE));
}

void
cookie_write(struct exchange *x, const char *value, int seconds)
{
	int	plain;

	if (cookie_origin(x) == ORIGIN_FOREIGN)
		return;

	plain = is_plain(x);
	reply_header(x, "Set-Cookie", arena_printf(&x->arena,
	    "%s=%s; Path=/; Max-Age=%d; HttpOnly%s; SameSite=Strict",
	    plain ? COOKIE_PLAIN : COOKIE, value, seconds,
	    plain ? "" : "; Secure"));
}

/* RFC 6265 section 4.2.1 */
static struct span
find(const struct exchange *x, const char *wanted)
{
	static const struct span	none = { "", 0 };
	const struct span		*field;
	struct span			rest, pair, name;

	field = head_field(&x->head, "cookie");
	if (field == NULL)
		return (none);

	for (rest = *field; rest.len > 0;) {
		pair = octets_before(rest, ';');
		rest.data += pair.len;
		rest.len -= pair.len;
		if (rest.len > 0) {
			rest.data++;
			rest.len--;
		}
		pair = octets_trim(pair);
		name = octets_before(pair, '=');
		if (name.len < pair.len && span_is(name, wanted)) {
			pair.data += name.len + 1;
			pair.len -= name.len + 1;
			return (pair);
		}
	}

	return (none);
}

/*
 * Whether the browser came by plain HTTP to this very machine, as developers
 * do. A proxy that ends TLS may stand here too and call us localhost; then it,
 * or the page's origin, says https.
 */
static int
is_plain(const struct exchange *x)
{
	return (!x->tls && is_loopback(x->head.host) &&
	    !field_begins(x, "x-forwarded-proto", "https") &&
	    !field_begins(x, "origin", "https://"));
}

static int
is_own(const struct exchange *x, struct span origin)
{
	struct span	host = x->head.host;
	const char	*scheme, *port;
	size_t		len;

	scheme = is_plain(x) ? "http://" : "https://";
	len = strlen(scheme);
	if (origin.len <= len || strncasecmp(origin.data, scheme, len) != 0)
		return (0);
	origin.data += len;
	origin.len -= len;

	/* Browsers leave the scheme's own port out; others may not. */
	port = is_plain(x) ? ":80" : ":443";
	len = strlen(port);
	if (host.len > len &&
	    memcmp(host.data + host.len - len, port, len) == 0)
		host.len -= len;

	return (host.len == origin.len &&
	    strncasecmp(host.data, origin.data, host.len) == 0);
}

/* localhost, 127.0.0.0/8 or [::1], whatever the port. */
static int
is_loopback(struct span host)
{
	if (host.len > 0 && host.data[0] == '[')
		return (host.len >= 5 && memcmp(host.data, "[::1]", 5) == 0);
	host = octets_before(host, ':');

	return (span_is_nocase(host, "localhost") ||
	    (host.len > 4 && memcmp(host.data, "127.", 4) == 0 &&
	    strspn(host.data, "0123456789.") >= host.len));
}

static int
field_begins(const struct exchange *x, const char *name, const char *want)
{
	const struct span	*field;

	field = head_field(&x->head, name);

	return (field != NULL && field->len >= strlen(want) &&
	    strncasecmp(field->data, want, strlen(want)) == 0);
}
