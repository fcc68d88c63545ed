#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "data/json_read.h"
#include "livekit/room_service.h"
#include "log.h"
#include "metrics/metrics.h"
#include "settings.h"

#define SERVICE_CONNECT_MS	2000L
#define SERVICE_TOTAL_MS	5000L
#define SERVICE_ANSWER_MAX	(16 * 1024 * 1024)	/* thousands of people */
#define SERVICE_ERROR_MAX	4096			/* octets we look into */

struct service_call {
	struct kore_curl	curl;
	struct buffer		answer;
	const char		*method;
	u_int64_t		since;
	service_done		*done;	/* NULL once it was forgotten */
	void			*arg;
};

static int	options_set(struct service_call *, const struct buffer *);
static size_t	answer_take(char *, size_t, size_t, void *);
static void	run_later(void *, u_int64_t);
static void	call_free(struct service_call *);
static int	is_not_found(const struct service_call *);
static void	call_finished(struct kore_curl *, void *);
static enum service_result	call_result(const struct service_call *);
static void	count(const struct service_call *, enum service_result);

static int	finishing;	/* a call is: see run_later */

struct service_call *
room_service_call(const char *method, enum service_grant grant,
    const char *room, const struct buffer *body, service_done *done,
    void *arg)
{
	struct service_call	*call;
	char			url[1024], token[GRANT_MAX];
	char			bearer[GRANT_MAX + 8];
	int			len;

	len = snprintf(url, sizeof(url), "%s/twirp/livekit.RoomService/%s",
	    settings->livekit_api_url, method);
	if (len < 0 || (size_t)len >= sizeof(url) ||
	    !grant_service(grant, room, time(NULL), token, sizeof(token)))
		return (NULL);

	if ((call = calloc(1, sizeof(*call))) == NULL)
		fatal("room_service_call: out of memory");
	call->method = method;
	call->since = kore_time_ms();
	call->done = done;
	call->arg = arg;
	buffer_init(&call->answer);

	if (!kore_curl_init(&call->curl, url, KORE_CURL_ASYNC) ||
	    !options_set(call, body)) {
		if (call->curl.handle != NULL)
			call_free(call);
		else
			free(call);
		return (NULL);
	}
	kore_curl_http_setup(&call->curl, HTTP_METHOD_POST, NULL, body->len);
	(void)snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	kore_curl_http_set_header(&call->curl, "authorization", bearer);
	kore_curl_http_set_header(&call->curl, "content-type",
	    "application/json");
	explicit_bzero(token, sizeof(token));
	explicit_bzero(bearer, sizeof(bearer));

	kore_curl_bind_callback(&call->curl, call_finished, call);
	if (finishing)
		(void)kore_timer_add(run_later, 1, call, KORE_TIMER_ONESHOT);
	else
		kore_curl_run(&call->curl);
	metric_add(METRIC_livekit_calls_in_flight, 0, 0, 1);

	return (call);
}

void
room_service_forget(struct service_call *call)
{
	if (call != NULL)
		call->done = NULL;
}

/*
 * Certificates are checked and redirects are not followed: libcurl's defaults.
 * The address is ours to know, whatever proxy the environment names.
 *
 * The body is given to libcurl whole, so that it can say it again on a new
 * connection when LiveKit closed the kept one just now. A name that is still
 * being looked up when the time is over is left to its thread: waiting for that
 * would hold up the worker.
 */
static int
options_set(struct service_call *call, const struct buffer *body)
{
	CURL	*handle = call->curl.handle;

	return (curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
	    SERVICE_CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
	    SERVICE_TOTAL_MS) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, answer_take) ==
	    CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_WRITEDATA, call) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)body->len) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, body->data) ==
	    CURLE_OK);
}

/* Kore's own copies all that came before with every piece that comes. */
static size_t
answer_take(char *data, size_t size, size_t count, void *arg)
{
	struct service_call	*call = arg;

	if (size * count > SERVICE_ANSWER_MAX - call->answer.len)
		return (0);
	buffer_append(&call->answer, data, size * count);

	return (size * count);
}

/*
 * A call that is begun where another one ends: Kore may take the last of
 * libcurl's timers away then (kore_curl_do_timeout), and it would never start.
 */
static void
run_later(void *arg, u_int64_t now)
{
	struct service_call	*call = arg;

	(void)now;
	kore_curl_run(&call->curl);
}

static void
call_free(struct service_call *call)
{
	kore_curl_cleanup(&call->curl);
	buffer_cleanup(&call->answer);
	free(call);
}

static void
call_finished(struct kore_curl *curl, void *arg)
{
	struct service_call	*call = arg;
	enum service_result	result;
	struct span		body = { "", 0 };

	result = call_result(call);
	count(call, result);
	if (result == SERVICE_OK && call->answer.len > 0) {
		body.data = call->answer.data;
		body.len = call->answer.len;
	}
	if (result != SERVICE_OK && result != SERVICE_GONE) {
		log_warn("livekit", "%s: %s, status %ld", call->method,
		    result == SERVICE_REFUSED ? "refused" :
		    kore_curl_strerror(curl), curl->http.status);
	}

	finishing = 1;
	if (call->done != NULL)
		call->done(call->arg, result, (int)curl->http.status, body);
	finishing = 0;

	call_free(call);
}

/* An answer that is too large is no reason to think that LiveKit is away. */
static enum service_result
call_result(const struct service_call *call)
{
	const struct kore_curl	*curl = &call->curl;

	if (curl->result == CURLE_OPERATION_TIMEDOUT)
		return (SERVICE_TIMEOUT);
	if (curl->result == CURLE_WRITE_ERROR)
		return (SERVICE_REFUSED);
	if (curl->result != CURLE_OK)
		return (SERVICE_UNREACHABLE);
	if (curl->http.status >= 200 && curl->http.status < 300)
		return (SERVICE_OK);

	return (is_not_found(call) ? SERVICE_GONE : SERVICE_REFUSED);
}

/*
 * Whether LiveKit itself says that there is no such room or participant: a
 * proxy, or LiveKit asked at a wrong path ("bad_route"), answers 404 as well.
 */
static int
is_not_found(const struct service_call *call)
{
	const struct value	*code;
	struct arena		arena;
	struct value		answer;
	const char		*why;
	size_t			offset;
	int			found;

	if (call->curl.http.status != 404 ||
	    call->answer.len > SERVICE_ERROR_MAX)
		return (0);

	arena_init(&arena);
	found = 0;
	if (json_read(&arena, call->answer.data, call->answer.len, &answer,
	    &offset, &why) == JSON_OK) {
		code = value_member(&answer, "code");
		found = code != NULL && code->type == VALUE_STRING &&
		    span_is(code->text, "not_found");
	}
	arena_cleanup(&arena);

	return (found);
}

static void
count(const struct service_call *call, enum service_result result)
{
	size_t	method;

	method = metrics_call(call->method);
	metric_add(METRIC_livekit_calls_in_flight, 0, 0, -1);
	metric_add(METRIC_livekit_calls_total, method, result, 1);
	metric_observe(METRIC_livekit_call_duration_seconds, method, 0,
	    (kore_time_ms() - call->since) * 1000);
}
