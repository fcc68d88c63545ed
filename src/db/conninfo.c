#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "data/buffer.h"
#include "data/span.h"
#include "db/conninfo.h"

#define PORT_MAX	65535

#define WHY_SHAPE							\
	"not of the form postgresql://user:password@host:port/database "	\
	"(special characters in user and password are percent-encoded)"
#define WHY_PORT							\
	"a port is not a number from 1 to 65535 (or a '/' in the password "	\
	"is not written %2F)"

/* What the URL leaves open. GSS would need system calls seccomp forbids. */
static const struct {
	const char	*keyword;
	const char	*value;
} defaults[] = {
	{ "application_name", "parley" },
	{ "connect_timeout", "3" },
	{ "gssencmode", "disable" }
};

static const char *const sslmodes[] = {
	"disable", "allow", "prefer", "require", "verify-ca", "verify-full"
};

/* The parts of a URL that is being rewritten for libpq. */
struct rewrite {
	struct buffer	url;	/* all but the hosts of the query */
	struct buffer	hosts;	/* of host= parameters, with commas */
	struct buffer	ports;	/* beside them; as many, may be empty */
	int		nhosts;
	int		any_port;
	int		nparams;
};

static int	scheme_length(const char *, size_t *);
static int	percent_is_right(const char *);
static void	rewrite_query(struct rewrite *, struct span);
static void	rewrite_host(struct rewrite *, struct span);
static void	rewrite_param(struct rewrite *, const char *, struct span);
static int	options_check(PQconninfoOption *, const char **);
static const char *option_value(PQconninfoOption *, const char *);
static int	ports_are_right(const char *);
static char	*options_write(PQconninfoOption *);
static void	option_write(struct buffer *, const char *, const char *);
static void	options_free(PQconninfoOption *);

char *
conninfo_from_url(const char *url, char *why, size_t whylen)
{
	struct rewrite		rewrite;
	PQconninfoOption	*options = NULL;
	const char		*reason = WHY_SHAPE, *query;
	char			*error = NULL, *conninfo = NULL;
	size_t			skip;

	memset(&rewrite, 0, sizeof(rewrite));
	if (!scheme_length(url, &skip)) {
		reason = "it must begin with postgresql:// or postgres:// "
		    "(a driver behind a plus is allowed)";
		goto cleanup;
	}
	if (!percent_is_right(url)) {
		reason = "a '%' is not followed by two hexadecimal digits "
		    "(write a '%' itself as %25)";
		goto cleanup;
	}

	/* libpq takes what stands before the first '@' or '/' as the user. */
	url += skip;
	query = url + strcspn(url, "@/");
	query += strcspn(query, "?");
	buffer_append_string(&rewrite.url, "postgresql://");
	buffer_append(&rewrite.url, url, (size_t)(query - url));
	if (*query == '?')
		rewrite_query(&rewrite, span_of(query + 1));
	buffer_append(&rewrite.url, "", 1);

	/* Its own words are not repeated: they quote the URL. */
	options = PQconninfoParse(rewrite.url.data, &error);
	if (options == NULL) {
		if (*query == '?' && strchr(query, '@') == NULL &&
		    error != NULL && strstr(error,
		    "invalid URI query parameter") != NULL)
			reason = "a parameter behind the '?' is not one that "
			    "libpq knows";
		goto cleanup;
	}
	if (!options_check(options, &reason))
		goto cleanup;
	conninfo = options_write(options);

cleanup:
	if (conninfo == NULL)
		(void)snprintf(why, whylen, "%s", reason);
	if (error != NULL) {
		explicit_bzero(error, strlen(error));
		PQfreemem(error);
	}
	options_free(options);
	buffer_cleanup(&rewrite.url);
	buffer_cleanup(&rewrite.hosts);
	buffer_cleanup(&rewrite.ports);

	return (conninfo);
}

void
conninfo_describe(const char *conninfo, char *out, size_t size)
{
	PQconninfoOption	*options;
	const char		*host, *port, *user, *name;

	options = PQconninfoParse(conninfo, NULL);
	if (options == NULL) {
		(void)snprintf(out, size, "database");
		return;
	}

	host = option_value(options, "host");
	if (host == NULL)
		host = option_value(options, "hostaddr");
	port = option_value(options, "port");
	user = option_value(options, "user");
	name = option_value(options, "dbname");
	(void)snprintf(out, size, "database %s at %s%s%s%s%s",
	    name != NULL ? name : user != NULL ? user : "(default)",
	    host != NULL ? host : "(default)",
	    port != NULL ? ":" : "", port != NULL ? port : "",
	    user != NULL ? " as " : "", user != NULL ? user : "");
	options_free(options);
}

/* Octets of "postgresql+driver://" and its kin at the start of the URL. */
static int
scheme_length(const char *url, size_t *len)
{
	size_t	n;

	if (strncmp(url, "postgresql", 10) == 0)
		n = 10;
	else if (strncmp(url, "postgres", 8) == 0)
		n = 8;
	else
		return (0);

	if (url[n] == '+') {
		n++;
		while (isalnum((unsigned char)url[n]) || url[n] == '_')
			n++;
	}
	if (strncmp(url + n, "://", 3) != 0)
		return (0);
	*len = n + 3;

	return (1);
}

/* RFC 3986 section 2.1; libpq also refuses %00. */
static int
percent_is_right(const char *url)
{
	for (; (url = strchr(url, '%')) != NULL; url += 3) {
		if (!isxdigit((unsigned char)url[1]) ||
		    !isxdigit((unsigned char)url[2]) ||
		    (url[1] == '0' && url[2] == '0'))
			return (0);
	}

	return (1);
}

static void
rewrite_query(struct rewrite *rewrite, struct span query)
{
	struct span	param;
	const char	*end;

	while (query.len > 0) {
		end = memchr(query.data, '&', query.len);
		param.data = query.data;
		param.len = end == NULL ? query.len :
		    (size_t)(end - query.data);
		query.data += param.len + (end != NULL);
		query.len -= param.len + (end != NULL);

		if (param.len > 5 && memcmp(param.data, "host=", 5) == 0) {
			param.data += 5;
			param.len -= 5;
			rewrite_host(rewrite, param);
		} else if (param.len > 4 &&
		    memcmp(param.data, "ssl=", 4) == 0 &&
		    !span_is(param, "ssl=true")) {
			/* asyncpg's name; JDBC's ssl=true libpq knows. */
			param.data += 4;
			param.len -= 4;
			rewrite_param(rewrite, "sslmode=", param);
		} else if (param.len > 0) {
			rewrite_param(rewrite, "", param);
		}
	}

	if (rewrite->nhosts > 0)
		rewrite_param(rewrite, "host=", (struct span){
		    rewrite->hosts.data, rewrite->hosts.len });
	if (rewrite->any_port)
		rewrite_param(rewrite, "port=", (struct span){
		    rewrite->ports.data, rewrite->ports.len });
}

/* SQLAlchemy repeats host=name:port; libpq wants lists of both. */
static void
rewrite_host(struct rewrite *rewrite, struct span host)
{
	const char	*colon;
	size_t		len;

	len = host.len;
	colon = memchr(host.data, ':', host.len);
	if (host.data[0] != '/' && colon != NULL &&
	    memchr(colon + 1, ':', host.len - (size_t)(colon + 1 - host.data))
	    == NULL)
		len = (size_t)(colon - host.data);

	if (rewrite->nhosts++ > 0) {
		buffer_append(&rewrite->hosts, ",", 1);
		buffer_append(&rewrite->ports, ",", 1);
	}
	buffer_append(&rewrite->hosts, host.data, len);
	if (len < host.len) {
		rewrite->any_port = 1;
		buffer_append(&rewrite->ports, host.data + len + 1,
		    host.len - len - 1);
	}
}

static void
rewrite_param(struct rewrite *rewrite, const char *key, struct span rest)
{
	buffer_append(&rewrite->url, rewrite->nparams++ == 0 ? "?" : "&", 1);
	buffer_append_string(&rewrite->url, key);
	buffer_append(&rewrite->url, rest.data, rest.len);
}

/* What PQconnectdb would say much later. */
static int
options_check(PQconninfoOption *options, const char **why)
{
	const char	*mode;
	size_t		i;

	if (!ports_are_right(option_value(options, "port"))) {
		*why = WHY_PORT;
		return (0);
	}

	if ((mode = option_value(options, "sslmode")) == NULL)
		return (1);
	for (i = 0; i < sizeof(sslmodes) / sizeof(sslmodes[0]); i++) {
		if (strcmp(mode, sslmodes[i]) == 0)
			return (1);
	}
	*why = "sslmode is none of disable, allow, prefer, require, verify-ca, "
	    "verify-full";

	return (0);
}

static const char *
option_value(PQconninfoOption *options, const char *keyword)
{
	for (; options->keyword != NULL; options++) {
		if (strcmp(options->keyword, keyword) == 0)
			return (options->val);
	}

	return (NULL);
}

/* Numbers with commas between them; any may be empty for the default. */
static int
ports_are_right(const char *ports)
{
	int	port;

	if (ports == NULL)
		return (1);
	for (port = 0; *ports != '\0'; ports++) {
		if (*ports == ',') {
			port = 0;
			continue;
		}
		if (!isdigit((unsigned char)*ports))
			return (0);
		port = port * 10 + (*ports - '0');
		if (port == 0 || port > PORT_MAX)
			return (0);
	}

	return (1);
}

static char *
options_write(PQconninfoOption *options)
{
	struct buffer		out;
	PQconninfoOption	*option;
	const char		*host;
	char			*conninfo;
	size_t			i;

	buffer_init(&out);
	for (option = options; option->keyword != NULL; option++) {
		/* Ours to decide: every text here is UTF-8. */
		if (option->val != NULL &&
		    strcmp(option->keyword, "client_encoding") != 0)
			option_write(&out, option->keyword, option->val);
	}
	option_write(&out, "client_encoding", "UTF8");
	for (i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (option_value(options, defaults[i].keyword) == NULL)
			option_write(&out, defaults[i].keyword,
			    defaults[i].value);
	}

	/* Of several hosts the one that takes writes. */
	host = option_value(options, "host");
	if (host != NULL && strchr(host, ',') != NULL &&
	    option_value(options, "target_session_attrs") == NULL)
		option_write(&out, "target_session_attrs", "read-write");

	conninfo = strndup(out.data, out.len);
	buffer_cleanup(&out);

	return (conninfo);
}

static void
option_write(struct buffer *out, const char *keyword, const char *value)
{
	if (out->len > 0)
		buffer_append(out, " ", 1);
	buffer_append_string(out, keyword);
	buffer_append(out, "='", 2);
	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			buffer_append(out, "\\", 1);
		buffer_append(out, value, 1);
	}
	buffer_append(out, "'", 1);
}

/* The password is among them. */
static void
options_free(PQconninfoOption *options)
{
	PQconninfoOption	*option;

	if (options == NULL)
		return;
	for (option = options; option->keyword != NULL; option++) {
		if (option->val != NULL)
			explicit_bzero(option->val, strlen(option->val));
	}
	PQconninfoFree(options);
}
