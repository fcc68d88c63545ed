#ifndef PARLEY_SETTINGS_URL_H
#define PARLEY_SETTINGS_URL_H

#include <stddef.h>

#include "data/arena.h"
#include "data/span.h"

/* As much of RFC 3986 as settings need. */

/*
 * Takes scheme://host[:port] apart, with [/path] when path_allowed; schemes,
 * ended by NULL, are the ones taken, NULL takes any. *rest points to the
 * "://". Refuses users, queries, fragments and port 0.
 */
int	url_parse(const char *text, size_t len, const char *const *schemes,
	    int path_allowed, const char **rest) MUST_CHECK;

/*
 * Takes "name", "1.2.3.4" or "[::1]", each with or without ":port", apart:
 * *host is the length of the first part, *port is -1 when there is none.
 */
int	url_parse_host(const char *text, size_t len, size_t *host, long *port)
	    MUST_CHECK;

/* Digits alone, no sign, no blanks, at most max. */
int	url_parse_number(const char *text, size_t len, long max, long *out)
	    MUST_CHECK;

/* True for wss and https. */
int	url_is_secure(const char *url);

/* True when the host is this machine: localhost, 127.0.0.0/8, ::1. */
int	url_is_loopback(const char *url);

/* "http://host/path" for "ws://host/path/", https for wss. In the arena. */
const char	*url_as_http(struct arena *, const char *url);

#endif
