#include <string.h>

#include "http/asset.h"
#include "http/reply.h"
#include "pages/pages.h"
#include "settings.h"
#include "settings_url.h"

/*
 * What browsers are shown: the client under /app/, the documentation. Content
 * Security Policy Level 3: nothing is loaded but from here, no script stands
 * in a page, nobody may frame one.
 */
#define POLICY_BASE							\
	"default-src 'none'; script-src 'self'; font-src 'self'; "	\
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; "	\
	"frame-ancestors 'none'; "

/* Previews of the camera and pictures that people paste are blobs. */
#define POLICY_CLIENT							\
	POLICY_BASE "style-src 'self'; img-src 'self' data: blob:; "	\
	"media-src 'self' blob:; worker-src 'self' blob:; connect-src 'self'"

/* Both viewers write styles into their page; Redoc searches in a worker. */
#define POLICY_DOCS							\
	POLICY_BASE "style-src 'self' 'unsafe-inline'; "		\
	"img-src 'self' data:; worker-src blob:; connect-src 'self'"

#define PERMISSIONS							\
	"camera=(self), microphone=(self), display-capture=(self), "	\
	"fullscreen=(self), autoplay=(self), geolocation=(), payment=(), " \
	"usb=(), serial=(), hid=(), midi=()"

static void		page_reply(struct exchange *, const char *,
			    const char *);
static void		html_headers(struct exchange *, const char *);
static const char	*client_policy(struct arena *);
static int		names_file(struct span);

void
site_openapi(struct exchange *x)
{
	asset_reply(x, 200, asset_find("/openapi.json"));
}

/*
 * The client has paths of its own, and all of them are one page: a reload or
 * a shared link finds it, while a file that is gone is 404.
 */
void
site_client(struct exchange *x)
{
	const struct asset	*asset;
	const char		*path;

	/* The page's links are relative to this. */
	if (span_is(x->head.path, "/app")) {
		reply_redirect(x, 308, "/app/");
		return;
	}

	path = arena_printf(&x->arena, "/app/%s", x->path_params[0].data);
	asset = asset_find(path);
	if (asset != NULL && strncmp(asset->type, "text/html", 9) != 0)
		asset_reply(x, 200, asset);
	else if (asset == NULL && names_file(x->path_params[0]))
		reply_outcome(x, OUTCOME_not_found);
	else
		page_reply(x, asset != NULL ? path : "/app/index.html",
		    client_policy(&x->arena));
}

void
site_docs(struct exchange *x)
{
	const struct asset	*asset;

	if (x->path_params[0].len == 0) {
		page_reply(x, "/docs/index.html", POLICY_DOCS);
		return;
	}

	asset = asset_find(arena_printf(&x->arena, "/docs/%s",
	    x->path_params[0].data));
	if (asset != NULL)
		asset_reply(x, 200, asset);
	else
		reply_outcome(x, OUTCOME_not_found);
}

void
site_redoc(struct exchange *x)
{
	page_reply(x, "/redoc/index.html", POLICY_DOCS);
}

static void
page_reply(struct exchange *x, const char *path, const char *policy)
{
	const struct asset	*page;

	page = asset_find(path);
	if (page == NULL) {
		html_headers(x, POLICY_DOCS);
		asset_reply(x, 404, asset_not_built());
		return;
	}

	html_headers(x, policy);
	asset_reply(x, 200, page);
}

static void
html_headers(struct exchange *x, const char *policy)
{
	reply_header(x, "Content-Security-Policy", policy);
	reply_header(x, "Permissions-Policy", PERMISSIONS);
	reply_header(x, "Referrer-Policy", "same-origin");
	reply_header(x, "Cross-Origin-Opener-Policy", "same-origin");
}

/*
 * The client talks to LiveKit as well: over a websocket, and by HTTP when it
 * asks why one failed. LiveKit Cloud sends it on to a region's host. A policy
 * cannot name an IPv6 address: then any host of that scheme has to do.
 */
static const char *
client_policy(struct arena *arena)
{
	static const char	cloud[] = ".livekit.cloud";
	const char		*host, *s;
	int			len;

	host = strstr(settings->livekit_url, "://") + 3;
	len = (int)strcspn(host, "/");
	s = url_is_secure(settings->livekit_url) ? "s" : "";

	if (host[0] == '[')
		return (arena_printf(arena, POLICY_CLIENT " ws%s: http%s:",
		    s, s));
	if ((size_t)len >= sizeof(cloud) &&
	    strncasecmp(host + len - (sizeof(cloud) - 1), cloud,
	    sizeof(cloud) - 1) == 0)
		return (arena_printf(arena, POLICY_CLIENT
		    " wss://*%s https://*%s", cloud, cloud));

	return (arena_printf(arena, POLICY_CLIENT " ws%s://%.*s http%s://%.*s",
	    s, len, host, s, len, host));
}

/*
 * Whether it cannot be a page of the client's: the last segment has an
 * extension, or one begins with a dot, as nothing of ours does.
 */
static int
names_file(struct span path)
{
	size_t	i;
	int	dot;

	dot = 0;
	for (i = 0; i < path.len; i++) {
		if (path.data[i] == '/')
			dot = 0;
		else if (path.data[i] == '.')
			dot = 1;
		if (path.data[i] == '.' && (i == 0 || path.data[i - 1] == '/'))
			return (1);
	}

	return (dot);
}
