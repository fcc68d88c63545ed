#include <sys/types.h>

#include <stdlib.h>
#include <string.h>

#include "http/asset.h"
#include "http/reply.h"

/* RFC 8246; a page is asked for anew each time, and mostly answered 304. */
#define CACHE_LASTING	"public, max-age=31536000, immutable"
#define CACHE_PAGE	"no-cache"

static const struct asset	*own(struct asset *, const u_int8_t *,
				    u_int32_t, const char *);
static int			compare(const void *, const void *);

/* Of assets/, as kodev compiled them in: there whoever built this. */
extern const u_int8_t	asset_openapi_json[];
extern const u_int32_t	asset_len_openapi_json;
extern const char	*asset_sha256_openapi_json;
extern const u_int8_t	asset_not_built_html[];
extern const u_int32_t	asset_len_not_built_html;
extern const char	*asset_sha256_not_built_html;

const struct asset *
asset_find(const char *path)
{
	static struct asset	openapi = {
		.path = "/openapi.json",
		.type = "application/json",
	};
	const struct asset	*found;

	found = NULL;
	if (&nstaged_assets != NULL)
		found = bsearch(path, staged_assets, nstaged_assets,
		    sizeof(staged_assets[0]), compare);
	if (found == NULL && strcmp(path, openapi.path) == 0)
		found = own(&openapi, asset_openapi_json,
		    asset_len_openapi_json, asset_sha256_openapi_json);

	return (found);
}

const struct asset *
asset_not_built(void)
{
	static struct asset	page = { .type = "text/html; charset=utf-8" };

	return (own(&page, asset_not_built_html, asset_len_not_built_html,
	    asset_sha256_not_built_html));
}

void
asset_reply(struct exchange *x, int status, const struct asset *asset)
{
	const struct asset_body	*body;
	struct span		octets;
	enum coding		coding;
	const char		*cache;
	int			there[CODING__MAX], i;

	for (i = 0; i < CODING__MAX; i++)
		there[i] = asset->bodies[i].data != NULL;
	coding = negotiate_coding(head_field(&x->head, "accept-encoding"),
	    there);
	body = &asset->bodies[coding];
	cache = asset->lasting ? CACHE_LASTING : CACHE_PAGE;

	reply_header(x, "ETag", body->tag);
	reply_header(x, "Vary", "Accept-Encoding");
	if (status == 200 && negotiate_has_tag(head_field(&x->head,
	    "if-none-match"), body->tag)) {
		reply_not_modified(x, cache);
		return;
	}

	if (coding != CODING_IDENTITY)
		reply_header(x, "Content-Encoding", coding_name(coding));
	octets.data = body->data;
	octets.len = body->len;
	reply_lasting(x, status, asset->type, cache, octets);
}

/* kodev gives lengths and tags as variables: no table can hold them. */
static const struct asset *
own(struct asset *asset, const u_int8_t *data, u_int32_t len, const char *tag)
{
	asset->bodies[CODING_IDENTITY].data = (const char *)data;
	asset->bodies[CODING_IDENTITY].len = len;
	asset->bodies[CODING_IDENTITY].tag = tag;

	return (asset);
}

static int
compare(const void *path, const void *asset)
{
	return (strcmp(path, ((const struct asset *)asset)->path));
}
