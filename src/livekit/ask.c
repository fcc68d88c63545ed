#include <kore/kore.h>
#include <kore/http.h>

#include "data/json_read.h"
#include "http/reply.h"
#include "livekit/ask.h"
#include "livekit/room_service.h"

/* In the exchange's arena. */
struct question {
	struct service_call	*call;		/* NULL once it is over */
	enum service_result	result;
	struct span		body;
};

static service_done	answered;
static page_step	ask_done;
static enum outcome	ask_outcome(struct exchange *);

void
livekit_ask(struct exchange *x, page_step *next, const char *method,
    const char *room, const struct buffer *body)
{
	if (x->question == NULL)
		x->question = arena_alloc(&x->arena, sizeof(*x->question));

	x->question->call = room_service_call(method, GRANT_ROOM_ADMIN, room,
	    body, answered, x);
	if (x->question->call == NULL) {
		reply_outcome(x, OUTCOME_livekit_unreachable);
		return;
	}
	x->then = next;
	x->next = ask_done;
	http_request_sleep(x->req);
}

void
livekit_ask_forget(struct exchange *x)
{
	if (x->question != NULL)
		room_service_forget(x->question->call);
	x->question = NULL;
}

static void
answered(void *arg, enum service_result result, int status, struct span body)
{
	struct exchange	*x = arg;

	(void)status;
	x->question->call = NULL;
	x->question->result = result;
	x->question->body.data = arena_strndup(&x->arena, body.data, body.len);
	x->question->body.len = body.len;
	exchange_wake(x);
}

/* The pages see only good answers. */
static void
ask_done(struct exchange *x)
{
	enum outcome	outcome;

	outcome = ask_outcome(x);
	if (outcome == OUTCOME_ok)
		x->then(x);
	else
		reply_outcome(x, outcome);
}

static enum outcome
ask_outcome(struct exchange *x)
{
	const struct span	*body = &x->question->body;
	const char		*why;
	size_t			offset;

	switch (x->question->result) {
	case SERVICE_OK:
		/* Whoever answers anything else is not LiveKit. */
		if (json_read(&x->arena, body->data, body->len, &x->answer,
		    &offset, &why) != JSON_OK ||
		    x->answer.type != VALUE_OBJECT)
			return (OUTCOME_livekit_refused);
		return (OUTCOME_ok);
	case SERVICE_GONE:
		return (OUTCOME_participant_not_found);
	case SERVICE_REFUSED:
		return (OUTCOME_livekit_refused);
	case SERVICE_TIMEOUT:
		return (OUTCOME_livekit_timeout);
	default:
		return (OUTCOME_livekit_unreachable);
	}
}
