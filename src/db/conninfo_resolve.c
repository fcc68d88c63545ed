#include <sys/types.h>
#include <sys/socket.h>

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "data/buffer.h"
#include "db/conninfo.h"

/* The lists that libpq reads side by side: one entry each for every address. */
struct lists {
	struct buffer	hosts;
	struct buffer	addresses;
	struct buffer	ports;
};

static const char	*value_of(PQconninfoOption *, const char *);
static int		resolve_host(struct lists *, struct span, struct span);
static void		add_entry(struct lists *, struct span, const char *,
			    struct span);
static struct span	next_item(const char **);
static char		*join(const char *, struct lists *);

char *
conninfo_resolve(const char *conninfo, char *why, size_t whylen)
{
	PQconninfoOption	*options;
	struct lists		lists;
	struct span		host, port, last;
	const char		*hosts, *ports;
	char			*out, *problem;

	problem = NULL;
	if ((options = PQconninfoParse(conninfo, &problem)) == NULL) {
		(void)snprintf(why, whylen, "not a connection string");
		PQfreemem(problem);
		return (NULL);
	}

	buffer_init(&lists.hosts);
	buffer_init(&lists.addresses);
	buffer_init(&lists.ports);
	out = NULL;

	hosts = value_of(options, "host");
	ports = value_of(options, "port");
	last = next_item(&ports);
	while (hosts != NULL && value_of(options, "hostaddr") == NULL) {
		host = next_item(&hosts);
		port = last;
		if (ports != NULL)
			last = next_item(&ports);
		if (!resolve_host(&lists, host, port)) {
			(void)snprintf(why, whylen, "host %.*s of DATABASE_URL "
			    "has no address", (int)host.len, host.data);
			goto cleanup;
		}
	}
	out = join(conninfo, &lists);

cleanup:
	buffer_cleanup(&lists.hosts);
	buffer_cleanup(&lists.addresses);
	buffer_cleanup(&lists.ports);
	PQconninfoFree(options);

	return (out);
}

static const char *
value_of(PQconninfoOption *options, const char *keyword)
{
	PQconninfoOption	*option;

	for (option = options; option->keyword != NULL; option++) {
		if (strcmp(option->keyword, keyword) == 0)
			return (option->val != NULL && *option->val != '\0' ?
			    option->val : NULL);
	}

	return (NULL);
}

/* All its addresses; a socket's directory has none and needs none. */
static int
resolve_host(struct lists *lists, struct span host, struct span port)
{
	struct addrinfo	hints, *found, *entry;
	char		name[NI_MAXHOST], text[NI_MAXHOST];

	if (host.len == 0 || host.data[0] == '/' || host.data[0] == '@') {
		add_entry(lists, host, "", port);
		return (1);
	}
	if (host.len >= sizeof(name))
		return (0);
	memcpy(name, host.data, host.len);
	name[host.len] = '\0';

	memset(&hints, 0, sizeof(hints));
	hints.ai_socktype = SOCK_STREAM;
	if (getaddrinfo(name, NULL, &hints, &found) != 0)
		return (0);
	for (entry = found; entry != NULL; entry = entry->ai_next) {
		if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text,
		    sizeof(text), NULL, 0, NI_NUMERICHOST) == 0)
			add_entry(lists, host, text, port);
	}
	freeaddrinfo(found);

	return (1);
}

static void
add_entry(struct lists *lists, struct span host, const char *address,
    struct span port)
{
	if (lists->hosts.len > 0) {
		buffer_append(&lists->hosts, ",", 1);
		buffer_append(&lists->addresses, ",", 1);
		buffer_append(&lists->ports, ",", 1);
	}
	buffer_append(&lists->hosts, host.data, host.len);
	buffer_append_string(&lists->addresses, address);
	buffer_append(&lists->ports, port.data, port.len);
}

/* The next of a list with commas; *list is NULL behind the last one. */
static struct span
next_item(const char **list)
{
	struct span	item = { "", 0 };
	const char	*comma;

	if (*list == NULL)
		return (item);

	comma = strchr(*list, ',');
	item.data = *list;
	item.len = comma == NULL ? strlen(*list) : (size_t)(comma - *list);
	*list = comma == NULL ? NULL : comma + 1;

	return (item);
}

/* In a conninfo string the later of two values counts. */
static char *
join(const char *conninfo, struct lists *lists)
{
	struct buffer	out;
	char		*text;

	buffer_init(&out);
	buffer_append_string(&out, conninfo);
	if (lists->hosts.len > 0)
		buffer_printf(&out, " host='%.*s' hostaddr='%.*s' port='%.*s'",
		    (int)lists->hosts.len, lists->hosts.data,
		    (int)lists->addresses.len, lists->addresses.data,
		    (int)lists->ports.len, lists->ports.data);
	text = strndup(out.data, out.len);
	buffer_cleanup(&out);

	return (text);
}
