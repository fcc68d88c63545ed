#include <stdio.h>
#include <string.h>

#include "http/outcome.h"

const struct outcome_row outcomes[OUTCOME__MAX] = {
#define OUTCOME_ROW(name, status, text)					\
	[OUTCOME_##name] = { #name, status, text },
	OUTCOMES(OUTCOME_ROW)
#undef OUTCOME_ROW
};

#define PHRASES	(sizeof(phrases) / sizeof(phrases[0]))

static const struct {
	int		status;
	const char	*phrase;
} phrases[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 204, "No Content" },
	{ 302, "Found" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
};

enum outcome
outcome_find(const char *name)
{
	int	i;

	for (i = 0; i < OUTCOME__MAX; i++) {
		if (strcmp(outcomes[i].name, name) == 0)
			return ((enum outcome)i);
	}

	return (OUTCOME_internal);
}

enum outcome
outcome_of_status(int status)
{
	switch (status) {
	case 400:
		return (OUTCOME_bad_request);
	case 408:
		return (OUTCOME_request_timeout);
	case 413:
		return (OUTCOME_body_too_large);
	case 414:
		return (OUTCOME_target_too_long);
	case 431:
		return (OUTCOME_head_too_large);
	case 501:
		return (OUTCOME_not_implemented);
	case 505:
		return (OUTCOME_version_not_supported);
	default:
		return (OUTCOME_internal);
	}
}

size_t
status_count(void)
{
	return (PHRASES + 1);
}

size_t
status_place(int status)
{
	size_t	i;

	for (i = 0; i < PHRASES && phrases[i].status != status; i++)
		continue;

	return (i);
}

const char *
status_text(size_t place)
{
	static char	text[8];

	if (place >= PHRASES)
		return ("other");
	(void)snprintf(text, sizeof(text), "%d", phrases[place].status);

	return (text);
}

const char *
status_phrase(int status)
{
	size_t	i;

	for (i = 0; i < PHRASES; i++) {
		if (phrases[i].status == status)
			return (phrases[i].phrase);
	}

	return ("");
}
