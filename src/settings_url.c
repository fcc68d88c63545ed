#include <arpa/inet.h>
#include <netinet/in.h>

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "settings_url.h"

#define PORT_MAX	65535
#define SCHEME_MAX	32
#define HOST_MAX	256

#define URL_HOST_CHARS							\
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

int
url_parse(const char *text, size_t len, const char *const *schemes,
    int path_allowed, const char **rest)
{
	char		scheme[SCHEME_MAX];
	const char	*slash;
	size_t		n, host;
	long		port;

	for (n = 0; n < len && (isalnum((unsigned char)text[n]) ||
	    strchr("+-.", text[n]) != NULL); n++)
		continue;
	if (n == 0 || !isalpha((unsigned char)text[0]) ||
	    n >= sizeof(scheme) || len - n < 4 ||
	    memcmp(text + n, "://", 3) != 0)
		return (0);
	memcpy(scheme, text, n);
	scheme[n] = '\0';
	while (schemes != NULL && *schemes != NULL &&
	    strcasecmp(scheme, *schemes) != 0)
		schemes++;
	if (schemes != NULL && *schemes == NULL)
		return (0);
	*rest = text + n;

	text += n + 3;
	len -= n + 3;
	slash = memchr(text, '/', len);
	if (slash != NULL && !path_allowed)
		return (0);
	if (slash != NULL) {
		for (n = (size_t)(slash - text); n < len; n++) {
			if (text[n] <= ' ' || strchr("?#\"<>\\", text[n]) != NULL)
				return (0);
		}
		len = (size_t)(slash - text);
	}

	return (url_parse_host(text, len, &host, &port) && port != 0);
}

int
url_parse_host(const char *text, size_t len, size_t *host, long *port)
{
	struct in6_addr	v6;
	char		address[INET6_ADDRSTRLEN];
	const char	*end;

	*port = -1;
	if (len > 0 && text[0] == '[') {
		end = memchr(text, ']', len);
		if (end == NULL || (size_t)(end - text) > sizeof(address))
			return (0);
		memcpy(address, text + 1, (size_t)(end - text) - 1);
		address[end - text - 1] = '\0';
		if (inet_pton(AF_INET6, address, &v6) != 1)
			return (0);
		*host = (size_t)(end - text) + 1;
	} else {
		for (*host = 0; *host < len && text[*host] != '\0' &&
		    strchr(URL_HOST_CHARS, text[*host]) != NULL; (*host)++)
			continue;
	}

	if (*host == 0)
		return (0);
	if (*host == len)
		return (1);

	return (text[*host] == ':' && url_parse_number(text + *host + 1,
	    len - *host - 1, PORT_MAX, port));
}

int
url_parse_number(const char *text, size_t len, long max, long *out)
{
	size_t	i;

	*out = 0;
	for (i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return (0);
		*out = *out * 10 + (text[i] - '0');
		if (*out > max)
			return (0);
	}

	return (len > 0);
}

int
url_is_secure(const char *url)
{
	return (strncasecmp(url, "wss:", 4) == 0 ||
	    strncasecmp(url, "https:", 6) == 0);
}

int
url_is_loopback(const char *url)
{
	struct in_addr	v4;
	struct in6_addr	v6;
	char		host[HOST_MAX];
	size_t		len;

	if ((url = strstr(url, "://")) == NULL)
		return (0);
	url += 3;
	len = strcspn(url, *url == '[' ? "]" : ":/");
	if (*url == '[') {
		url++;
		len--;
	}
	if (len >= sizeof(host))
		return (0);
	memcpy(host, url, len);
	host[len] = '\0';

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ((ntohl(v4.s_addr) >> 24) == 127);
	if (inet_pton(AF_INET6, host, &v6) == 1)
		return (IN6_IS_ADDR_LOOPBACK(&v6));

	/* RFC 6761 section 6.3: also the names below it. */
	if (strcasecmp(host, "localhost") == 0)
		return (1);

	return (len > 10 && strcasecmp(host + len - 10, ".localhost") == 0);
}

const char *
url_as_http(struct arena *arena, const char *url)
{
	const char	*rest;
	size_t		len;

	rest = strstr(url, "://");
	len = strlen(rest);
	while (len > 3 && rest[len - 1] == '/')
		len--;

	return (arena_printf(arena, "http%s%.*s",
	    url_is_secure(url) ? "s" : "", (int)len, rest));
}
