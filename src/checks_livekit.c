#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "checks.h"
#include "livekit/grant.h"
#include "settings.h"

#define CONNECT_MS	3000L
#define TOTAL_MS	6000L
#define QUIET_DAYS	1	/* without a webhook */

static long		ask_livekit(int, char *, size_t);
static long		post(const char *, const char *, const char *, char *,
			    size_t);
static size_t		swallow(char *, size_t, size_t, void *);
static void		own_url(char *, size_t);
static int		last_webhook(struct findings *, char *, size_t);

/* A call as the server makes them, signed with our key. */
enum verdict
check_livekit(struct findings *findings, char *detail, size_t size)
{
	char	error[CURL_ERROR_SIZE];
	long	status;

	status = ask_livekit(1, error, sizeof(error));
	findings->livekit = status != 0;
	switch (status) {
	case 200:
		(void)snprintf(detail, size, "%s takes our key",
		    settings->livekit_api_url);
		return (VERDICT_OK);
	case 0:
		(void)snprintf(detail, size, "%s is not reached (%s): is it "
		    "running, is LIVEKIT_API_URL right?",
		    settings->livekit_api_url, error);
		return (VERDICT_FAIL);
	case 401:
	case 403:
		(void)snprintf(detail, size, "%s refuses our key (%ld): "
		    "LIVEKIT_API_KEY and LIVEKIT_API_SECRET must be a pair of "
		    "its `keys:', and the clocks right",
		    settings->livekit_api_url, status);
		return (VERDICT_FAIL);
	default:
		(void)snprintf(detail, size, "%s answers %ld, as LiveKit does "
		    "not: is LIVEKIT_API_URL right?",
		    settings->livekit_api_url, status);
		return (VERDICT_FAIL);
	}
}

/* Who takes any key would take anybody's. */
enum verdict
check_livekit_key(struct findings *findings, char *detail, size_t size)
{
	char	error[CURL_ERROR_SIZE];
	long	status;

	if (!findings->livekit) {
		(void)snprintf(detail, size, "not known without LiveKit");
		return (VERDICT_FAIL);
	}

	status = ask_livekit(0, error, sizeof(error));
	if (status == 401 || status == 403) {
		(void)snprintf(detail, size, "a wrong one is refused");
		return (VERDICT_OK);
	}
	(void)snprintf(detail, size, "a call signed with a wrong one is "
	    "answered %ld, not 401: is that LiveKit?", status);

	return (VERDICT_FAIL);
}

/*
 * Only LiveKit knows where it sends its webhooks. What can be seen from here:
 * whether there is a server that refuses forged ones, and when a right one
 * came last.
 */
enum verdict
check_webhook(struct findings *findings, char *detail, size_t size)
{
	char	url[512], error[CURL_ERROR_SIZE], last[128];
	long	status;
	int	came;

	own_url(url, sizeof(url));
	came = last_webhook(findings, last, sizeof(last));
	status = post(url, "nobody's", "{}", error, sizeof(error));

	if (status == 401 && came) {
		(void)snprintf(detail, size, "forged ones are refused, %s",
		    last);
		return (VERDICT_OK);
	}
	if (status == 401)
		(void)snprintf(detail, size, "forged ones are refused, %s: "
		    "does `webhook:' in livekit.yaml name this server's "
		    "/livekit/webhook and our key?", last);
	else if (status == 0)
		(void)snprintf(detail, size, "%s; the server does not run "
		    "(%s)", last, url);
	else
		(void)snprintf(detail, size, "%s; %s answers %ld, not 401: "
		    "another server?", last, url, status);

	return (VERDICT_WARN);
}

/* Whether one came lately, and that in words. */
static int
last_webhook(struct findings *findings, char *text, size_t size)
{
	PGresult	*rows;
	long		minutes;
	int		known;

	(void)snprintf(text, size, "none came yet");
	if (findings->db == NULL)
		return (0);

	rows = PQexec(findings->db, "select (extract(epoch from now() - "
	    "max(received_at)) / 60)::bigint from livekit_events");
	known = PQresultStatus(rows) == PGRES_TUPLES_OK &&
	    !PQgetisnull(rows, 0, 0);
	minutes = known ? strtol(PQgetvalue(rows, 0, 0), NULL, 10) : 0;
	PQclear(rows);
	if (known)
		(void)snprintf(text, size, "the last right one came %ld "
		    "minute%s ago", minutes, minutes == 1 ? "" : "s");

	return (known && minutes < QUIET_DAYS * 24 * 60);
}

/* ListRooms with our key, or with a signature that is not right. */
static long
ask_livekit(int right, char *error, size_t size)
{
	char	url[1024], token[GRANT_MAX], *signature;
	int	len;
	long	status;

	len = snprintf(url, sizeof(url), "%s/twirp/livekit.RoomService/"
	    "ListRooms", settings->livekit_api_url);
	if (len < 0 || (size_t)len >= sizeof(url) ||
	    !grant_service(GRANT_ROOM_LIST, NULL, time(NULL), token,
	    sizeof(token))) {
		(void)snprintf(error, size, "no call could be made");
		return (0);
	}
	if (!right && (signature = strrchr(token, '.')) != NULL)
		signature[1] = signature[1] == 'A' ? 'B' : 'A';
	status = post(url, token, "{}", error, size);
	explicit_bzero(token, sizeof(token));

	return (status);
}

/* The status of the answer; 0 when there is none, with the reason. */
static long
post(const char *url, const char *token, const char *body, char *error,
    size_t size)
{
	struct curl_slist	*fields = NULL;
	char			bearer[GRANT_MAX + 32];
	CURLcode		result;
	CURL			*curl;
	long			status = 0;

	error[0] = '\0';
	if ((curl = curl_easy_init()) == NULL)
		return (0);
	(void)snprintf(bearer, sizeof(bearer), "Authorization: Bearer %s",
	    token);
	fields = curl_slist_append(fields, bearer);
	fields = curl_slist_append(fields, "Content-Type: application/json");
	(void)curl_easy_setopt(curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
	(void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, TOTAL_MS);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	/* Of our own certificate another line tells. */
	if (strncmp(url, settings->livekit_api_url,
	    strlen(settings->livekit_api_url)) != 0) {
		(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		(void)curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
		(void)curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	}

	if ((result = curl_easy_perform(curl)) == CURLE_OK)
		(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	else
		(void)snprintf(error, size, "%s", curl_easy_strerror(result));

	curl_slist_free_all(fields);
	curl_easy_cleanup(curl);
	explicit_bzero(bearer, sizeof(bearer));

	return (status);
}

static size_t
swallow(char *data, size_t size, size_t n, void *arg)
{
	(void)data;
	(void)arg;

	return (size * n);
}

/* Where this machine reaches the server of these settings. */
static void
own_url(char *url, size_t size)
{
	const char	*host = settings->host;

	if (strcmp(host, "0.0.0.0") == 0)
		host = "127.0.0.1";
	else if (strcmp(host, "::") == 0)
		host = "::1";
	(void)snprintf(url, size, "%s://%s%s%s:%d/livekit/webhook",
	    settings->port != 0 ? "http" : "https",
	    strchr(host, ':') != NULL ? "[" : "", host,
	    strchr(host, ':') != NULL ? "]" : "",
	    settings->port != 0 ? settings->port : settings->tls_port);
}
