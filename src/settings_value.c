#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "db/conninfo.h"
#include "settings_url.h"
#include "settings_value.h"

#define LIST_SEPARATORS	", \t"

static const char *const flags_true[] = { "true", "1", "yes", "on", NULL };
static const char *const flags_false[] = { "false", "0", "no", "off", NULL };
static const char *const livekit_schemes[] = {
	"ws", "wss", "http", "https", NULL
};

static void	put_text(const struct settings_row *, struct settings *,
		    const char *);
static void	put_integer(const struct settings_row *, struct settings *,
		    int);
static int	is_one_of(const char *, const char *const *);
static size_t	list_count(const char *);
static struct span list_next(const char **);
static int	parse_network(struct span, struct settings_network *);

int
settings_read_text(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	(void)arena;

	if (strlen(value) < (size_t)row->min) {
		(void)snprintf(why, whylen, "shorter than %ld octets",
		    row->min);
		return (0);
	}
	put_text(row, out, value);

	return (1);
}

int
settings_read_lines(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	return (settings_read_text(row, value, out, arena, why, whylen));
}

int
settings_split_keys(struct arena *arena, const char *text, int commas,
    struct settings_keys *keys)
{
	const char	*end;

	keys->n = 0;
	for (; *text != '\0'; text = *end == '\0' ? end : end + 1) {
		for (end = text; *end != '\0' && *end != '\n'; end++) {
			if (commas && *end == ',' && end[1] != ' ')
				break;
		}
		if (end == text)
			continue;
		if (keys->n == SETTINGS_KEYS_MAX)
			return (0);
		keys->keys[keys->n++] = arena_strndup(arena, text,
		    (size_t)(end - text));
	}

	return (1);
}

int
settings_read_integer(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	long	number;

	(void)arena;

	if (!url_parse_number(value, strlen(value), row->max, &number) ||
	    number < row->min) {
		(void)snprintf(why, whylen,
		    "not a whole number from %ld to %ld", row->min, row->max);
		return (0);
	}
	put_integer(row, out, (int)number);

	return (1);
}

int
settings_read_flag(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	(void)arena;

	if (!is_one_of(value, flags_true) && !is_one_of(value, flags_false)) {
		(void)snprintf(why, whylen,
		    "none of true, false, on, off, yes, no, 1, 0");
		return (0);
	}
	put_integer(row, out, is_one_of(value, flags_true));

	return (1);
}

int
settings_read_choice(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	const char	*const *choice;
	size_t		len;

	(void)arena;

	for (choice = row->choices; *choice != NULL; choice++) {
		if (strcasecmp(value, *choice) == 0) {
			put_text(row, out, *choice);
			return (1);
		}
	}

	len = (size_t)snprintf(why, whylen, "none of");
	for (choice = row->choices; *choice != NULL && len < whylen; choice++)
		len += (size_t)snprintf(why + len, whylen - len, "%s %s",
		    choice == row->choices ? "" : ",", *choice);

	return (0);
}

/* Workers change their directory, so it is made absolute now. */
int
settings_read_path(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	char	cwd[PATH_MAX];

	if (value[0] == '/') {
		put_text(row, out, value);
		return (1);
	}
	if (getcwd(cwd, sizeof(cwd)) == NULL) {
		(void)snprintf(why, whylen,
		    "relative to a working directory that has no path: %s",
		    strerror(errno));
		return (0);
	}
	put_text(row, out, arena_printf(arena, "%s/%s", cwd, value));

	return (1);
}

int
settings_read_database(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	char	*conninfo;

	if ((conninfo = conninfo_from_url(value, why, whylen)) == NULL)
		return (0);
	put_text(row, out, arena_strndup(arena, conninfo, strlen(conninfo)));
	explicit_bzero(conninfo, strlen(conninfo));
	free(conninfo);

	return (1);
}

/* Given to browsers, which of old take no http:// here. */
int
settings_read_livekit_url(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	const char	*rest;

	if (!url_parse(value, strlen(value), livekit_schemes, 1, &rest)) {
		(void)snprintf(why, whylen,
		    "not of the form wss://host[:port][/path]");
		return (0);
	}
	put_text(row, out, arena_printf(arena, "ws%s%s",
	    url_is_secure(value) ? "s" : "", rest));

	return (1);
}

int
settings_read_livekit_api_url(const struct settings_row *row,
    const char *value, struct settings *out, struct arena *arena, char *why,
    size_t whylen)
{
	const char	*rest;

	if (!url_parse(value, strlen(value), livekit_schemes, 1, &rest)) {
		(void)snprintf(why, whylen,
		    "not of the form http://host[:port][/path]");
		return (0);
	}
	put_text(row, out, url_as_http(arena, value));

	return (1);
}

/*
 * Origins as browsers send them: scheme and host in lower case, no default
 * port (RFC 6454 section 6.2).
 */
int
settings_read_origins(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	const char	**origins, *rest;
	struct span	item;
	char		*origin, *p;
	size_t		n;

	(void)row;

	if (strcmp(value, "*") == 0)
		return (1);

	n = 0;
	origins = arena_alloc(arena, (list_count(value) + 1) * sizeof(char *));
	while ((item = list_next(&value)).len > 0) {
		if (!url_parse(item.data, item.len, NULL, 0, &rest)) {
			(void)snprintf(why, whylen, "wrong: item %zu is not of the "
			    "form scheme://host[:port], without a path "
			    "(or * alone for any)", n + 1);
			return (0);
		}
		origin = arena_strndup(arena, item.data, item.len);
		for (p = origin; *p != '\0'; p++)
			*p = (char)tolower((unsigned char)*p);
		if (strncmp(origin, "http://", 7) == 0 &&
		    item.len > 3 && strcmp(p - 3, ":80") == 0)
			p[-3] = '\0';
		if (strncmp(origin, "https://", 8) == 0 &&
		    item.len > 4 && strcmp(p - 4, ":443") == 0)
			p[-4] = '\0';
		origins[n++] = origin;
	}
	out->cors_origins = origins;
	out->ncors_origins = n;

	return (1);
}

int
settings_read_networks(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	struct settings_network	*networks;
	struct span		item;
	size_t			n;

	(void)row;

	n = 0;
	networks = arena_calloc(arena,
	    (list_count(value) + 1) * sizeof(*networks));
	while ((item = list_next(&value)).len > 0) {
		if (!parse_network(item, &networks[n])) {
			(void)snprintf(why, whylen, "wrong: item %zu is not an "
			    "address or a network such as 10.0.0.0/8 or "
			    "fd00::/8 (no bits set behind the prefix)", n + 1);
			return (0);
		}
		n++;
	}
	out->trusted_proxies = networks;
	out->ntrusted_proxies = n;

	return (1);
}

/* 10/minute; off for none. */
int
settings_read_rate(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	static const struct {
		const char	*name;
		unsigned int	seconds;
	} units[] = {
		{ "second", 1 }, { "minute", 60 }, { "hour", 3600 },
		{ "day", 86400 }
	};
	struct rate	rate = { 0, 1 };
	const char	*slash;
	size_t		i;
	long		count;

	(void)arena;

	if (!is_one_of(value, flags_false)) {
		slash = strchr(value, '/');
		for (i = 0; slash != NULL &&
		    i < sizeof(units) / sizeof(units[0]); i++) {
			if (strcasecmp(slash + 1, units[i].name) == 0)
				rate.seconds = units[i].seconds;
		}
		if (slash == NULL || (rate.seconds == 1 &&
		    strcasecmp(slash + 1, units[0].name) != 0) ||
		    !url_parse_number(value, (size_t)(slash - value),
		    RATE_COUNT_MAX, &count) || count < 1 ||
		    count > rate.seconds * 1000L) {
			(void)snprintf(why, whylen, "not of the form "
			    "10/second, 10/minute, 10/hour, 10/day, or off");
			return (0);
		}
		rate.count = (unsigned int)count;
	}
	memcpy((char *)out + row->place, &rate, sizeof(rate));

	return (1);
}

int
settings_read_listen(const struct settings_row *row, const char *value,
    struct settings *out, struct arena *arena, char *why, size_t whylen)
{
	size_t	host;
	long	port;

	(void)row;

	if (!url_parse_host(value, strlen(value), &host, &port) || port < 1) {
		(void)snprintf(why, whylen,
		    "not of the form address:port ([address]:port for IPv6)");
		return (0);
	}
	if (value[0] == '[') {
		value++;
		host -= 2;
	}
	out->metrics_host = arena_strndup(arena, value, host);
	out->metrics_port = (int)port;

	return (1);
}

static void
put_text(const struct settings_row *row, struct settings *out,
    const char *value)
{
	memcpy((char *)out + row->place, &value, sizeof(value));
}

static void
put_integer(const struct settings_row *row, struct settings *out, int value)
{
	memcpy((char *)out + row->place, &value, sizeof(value));
}

static int
is_one_of(const char *value, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (strcasecmp(value, *words) == 0)
			return (1);
	}

	return (0);
}

static size_t
list_count(const char *list)
{
	size_t	n;

	for (n = 0; list_next(&list).len > 0; n++)
		continue;

	return (n);
}

/* The next item of a list with commas or blanks; empty at its end. */
static struct span
list_next(const char **list)
{
	struct span	item;

	item.data = *list + strspn(*list, LIST_SEPARATORS);
	item.len = strcspn(item.data, LIST_SEPARATORS);
	*list = item.data + item.len;

	return (item);
}

static int
parse_network(struct span text, struct settings_network *out)
{
	char		address[INET6_ADDRSTRLEN];
	const char	*slash;
	size_t		len;
	unsigned int	bit;
	long		prefix, bits;

	slash = memchr(text.data, '/', text.len);
	len = slash == NULL ? text.len : (size_t)(slash - text.data);
	if (len >= sizeof(address))
		return (0);
	memcpy(address, text.data, len);
	address[len] = '\0';

	if (inet_pton(AF_INET, address, out->address) == 1)
		out->family = AF_INET;
	else if (inet_pton(AF_INET6, address, out->address) == 1)
		out->family = AF_INET6;
	else
		return (0);

	bits = out->family == AF_INET ? 32 : 128;
	prefix = bits;
	if (slash != NULL && !url_parse_number(slash + 1, text.len - len - 1,
	    bits, &prefix))
		return (0);
	out->prefix = (unsigned int)prefix;
	for (bit = out->prefix; bit < (unsigned int)bits; bit++) {
		if (out->address[bit / 8] & (0x80 >> bit % 8))
			return (0);
	}

	return (1);
}
