#include <time.h>

#include "data/json_read.h"
#include "http/reply.h"
#include "livekit/webhook.h"
#include "pages/pages.h"

static page_step	webhook_noted;

/* One durable write, then 200: LiveKit's queue for the room waits for it. */
void
livekit_webhook(struct exchange *x)
{
	const struct span	*authorization;
	const char		*fields[WEBHOOK__MAX], *why;
	struct value		event;
	struct span		body;
	size_t			offset;
	time_t			now;

	now = time(NULL);
	body.data = x->body.data == NULL ? "" : x->body.data;
	body.len = x->body.len;
	authorization = head_field(&x->head, "authorization");
	if (authorization == NULL ||
	    !webhook_verify(&x->arena, *authorization, body, now)) {
		reply_outcome(x, OUTCOME_webhook_refused);
		return;
	}
	if (json_read(&x->arena, body.data, body.len, &event, &offset,
	    &why) != JSON_OK) {
		reply_outcome(x, OUTCOME_bad_request);
		return;
	}

	webhook_read(&x->arena, &event, body, now, fields);
	exchange_statement(x, webhook_noted, STATEMENT_livekit_event,
	    WEBHOOK__MAX, fields);
}

static void
webhook_noted(struct exchange *x)
{
	struct json	json;

	json_init(&json, &x->out);
	json_object_begin(&json);
	json_object_end(&json);
	reply_json(x, 200);
}
