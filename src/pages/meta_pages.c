#include <sys/types.h>

#include "command.h"
#include "http/reply.h"
#include "pages/pages.h"
#include "settings.h"

/* assets/openapi.json, as kodev compiled it in. */
extern const u_int8_t	asset_openapi_json[];
extern const u_int32_t	asset_len_openapi_json;

void
meta_root(struct exchange *x)
{
	struct json	json;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "message", "parley video-calling backend");
	json_member(&json, "version", PARLEY_VERSION);
	json_member(&json, "docs_url", "/docs");
	json_member(&json, "livekit_url", settings->livekit_url);
	json_object_end(&json);
	reply_json(x, 200);
}

void
meta_health(struct exchange *x)
{
	struct json	json;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_member(&json, "status", "healthy");
	json_object_end(&json);
	reply_json(x, 200);
}

void
meta_openapi(struct exchange *x)
{
	buffer_append(&x->out, asset_openapi_json, asset_len_openapi_json);
	reply_json(x, 200);
}
