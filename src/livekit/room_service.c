#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <kore/kore.h>
#include <kore/http.h>
#include <kore/curl.h>

#include "livekit/room_service.h"
#include "log.h"
#include "metrics/metrics.h"
#include "settings.h"

#define SERVICE_CONNECT_MS	2000L
#define SERVICE_TOTAL_MS	5000L

struct service_call {
	struct kore_curl	curl;
	const char		*method;
	u_int64_t		since;
	service_done		*done;	/* NULL once it was forgotten */
	void			*arg;
};

static int	options_set(CURL *);
static void	call_finished(struct kore_curl *, void *);
static enum service_result	call_result(struct kore_curl *);
static void	count(const struct service_call *, enum service_result);

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

	if (!kore_curl_init(&call->curl, url, KORE_CURL_ASYNC) ||
	    !options_set(call->curl.handle)) {
		if (call->curl.handle != NULL)
			kore_curl_cleanup(&call->curl);
		free(call);
		return (NULL);
	}
	kore_curl_http_setup(&call->curl, HTTP_METHOD_POST, body->data,
	    body->len);
	(void)snprintf(bearer, sizeof(bearer), "Bearer %s", token);
	kore_curl_http_set_header(&call->curl, "authorization", bearer);
	kore_curl_http_set_header(&call->curl, "content-type",
	    "application/json");
	explicit_bzero(token, sizeof(token));
	explicit_bzero(bearer, sizeof(bearer));

	kore_curl_bind_callback(&call->curl, call_finished, call);
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

static int
options_set(CURL *handle)
{
	return (curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS,
	    SERVICE_CONNECT_MS) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
	    SERVICE_TOTAL_MS) == CURLE_OK &&
	    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK);
}

static void
call_finished(struct kore_curl *curl, void *arg)
{
	struct service_call	*call = arg;
	enum service_result	result;
	struct span		body = { "", 0 };
	const u_int8_t		*data;
	size_t			len;

	result = call_result(curl);
	count(call, result);
	if (result == SERVICE_OK) {
		kore_curl_response_as_bytes(curl, &data, &len);
		if (data != NULL) {
			body.data = (const char *)data;
			body.len = len;
		}
	} else if (result != SERVICE_GONE) {
		log_warn("livekit", "%s: %s, status %ld", call->method,
		    result == SERVICE_REFUSED ? "refused" :
		    kore_curl_strerror(curl), curl->http.status);
	}

	if (call->done != NULL)
		call->done(call->arg, result, (int)curl->http.status, body);

	kore_curl_cleanup(curl);
	free(call);
}

static enum service_result
call_result(struct kore_curl *curl)
{
	if (!kore_curl_success(curl))
		return (curl->result == CURLE_OPERATION_TIMEDOUT ?
		    SERVICE_TIMEOUT : SERVICE_UNREACHABLE);
	if (curl->http.status >= 200 && curl->http.status < 300)
		return (SERVICE_OK);

	return (curl->http.status == 404 ? SERVICE_GONE : SERVICE_REFUSED);
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
