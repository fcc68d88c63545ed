#include "command.h"
#include "http/negotiate.h"
#include "http/reply.h"
#include "pages/pages.h"
#include "settings.h"

/* What this is; a browser that somebody typed the address into gets the app. */
void
meta_root(struct exchange *x)
{
	struct json	json;

	reply_header(x, "Vary", "Accept");
	if (negotiate_over_json(head_field(&x->head, "accept"), "text/html")) {
		reply_redirect(x, 303, "/app/");
		return;
	}

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
