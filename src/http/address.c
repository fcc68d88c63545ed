#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "http/address.h"
#include "http/octet.h"
#include "settings.h"

#define IPV6_CLIENT	8	/* octets: a /64 */

/* Takes the node out of a list's item; 0 when there is none. */
typedef int	node_find(struct span, struct span *);

static void	unmap(struct address *);
static int	in_network(const struct address *,
		    const struct settings_network *);
static int	port_is(struct span);
static int	chain_follow(struct address *, const struct head *,
		    const char *, node_find *);
static node_find	plain_node, forwarded_node;
static struct span	last_item(struct span *, char);
static int	is_quote(struct span, size_t);

void
address_of_socket(struct address *address, const struct sockaddr *from)
{
	const void	*at = from;

	memset(address, 0, sizeof(*address));
	address->family = from->sa_family;
	if (from->sa_family == AF_INET)
		memcpy(address->octets,
		    &((const struct sockaddr_in *)at)->sin_addr, 4);
	else if (from->sa_family == AF_INET6)
		memcpy(address->octets,
		    &((const struct sockaddr_in6 *)at)->sin6_addr, 16);
	else
		address->family = 0;
	unmap(address);
}

int
address_parse(struct address *address, struct span text)
{
	char		host[INET6_ADDRSTRLEN];
	struct span	rest;
	const char	*end;

	if (text.len >= 2 && text.data[0] == '"' &&
	    text.data[text.len - 1] == '"') {
		text.data++;
		text.len -= 2;
	}

	rest.len = 0;
	if (text.len > 0 && text.data[0] == '[') {
		if ((end = memchr(text.data, ']', text.len)) == NULL)
			return (0);
		rest.data = end + 1;
		rest.len = text.len - (size_t)(rest.data - text.data);
		text.data++;
		text.len = (size_t)(end - text.data);
		if (memchr(text.data, ':', text.len) == NULL)
			return (0);
	} else if ((end = memchr(text.data, ':', text.len)) != NULL &&
	    memchr(text.data, '.', (size_t)(end - text.data)) != NULL) {
		rest.data = end;
		rest.len = text.len - (size_t)(end - text.data);
		text.len -= rest.len;
	}
	if (rest.len > 0 && !port_is(rest))
		return (0);

	if (text.len == 0 || text.len >= sizeof(host))
		return (0);
	memcpy(host, text.data, text.len);
	host[text.len] = '\0';

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, host, address->octets) == 1)
		address->family = AF_INET;
	else if (inet_pton(AF_INET6, host, address->octets) == 1)
		address->family = AF_INET6;
	else
		return (0);
	unmap(address);

	return (1);
}

void
address_print(const struct address *address, char text[ADDRESS_TEXT])
{
	char	*p = text;
	int	i;

	*p = '\0';
	if (address->family == AF_INET6)
		(void)inet_ntop(AF_INET6, address->octets, text, ADDRESS_TEXT);
	if (address->family != AF_INET)
		return;

	/* Once a request: inet_ntop() takes ten times as long. */
	for (i = 0; i < 4; i++) {
		if (address->octets[i] >= 100)
			*p++ = (char)('0' + address->octets[i] / 100);
		if (address->octets[i] >= 10)
			*p++ = (char)('0' + address->octets[i] / 10 % 10);
		*p++ = (char)('0' + address->octets[i] % 10);
		*p++ = i == 3 ? '\0' : '.';
	}
}

int
address_is_trusted(const struct address *address)
{
	size_t	i;

	for (i = 0; i < settings->ntrusted_proxies; i++) {
		if (in_network(address, &settings->trusted_proxies[i]))
			return (1);
	}

	return (0);
}

int
address_is_loopback(const struct address *address)
{
	static const uint8_t	one[16] = { [15] = 1 };

	return (address->family == AF_INET ? address->octets[0] == 127 :
	    address->family == AF_INET6 &&
	    memcmp(address->octets, one, sizeof(one)) == 0);
}

void
address_of_client(struct address *client, const struct address *peer,
    const struct head *head)
{
	*client = *peer;
	if (settings->ntrusted_proxies == 0 || !address_is_trusted(peer))
		return;

	/*
	 * One of them, whatever is in it: proxies that write the first let the
	 * second through as the client sent it.
	 */
	if (!chain_follow(client, head, "x-forwarded-for", plain_node))
		(void)chain_follow(client, head, "forwarded", forwarded_node);
}

/* Goes from proxy to proxy; 0 when there is no such field at all. */
static int
chain_follow(struct address *client, const struct head *head,
    const char *name, node_find *find)
{
	struct address	named;
	struct span	list, node;
	size_t		i;
	int		there = 0;

	/* Several lines are one list (RFC 9110 section 5.3). */
	for (i = head->nfields; i > 0; i--) {
		if (!span_is_nocase(head->fields[i - 1].name, name))
			continue;
		there = 1;
		list = head->fields[i - 1].value;
		while (list.len > 0) {
			if (!find(last_item(&list, ','), &node) ||
			    !address_parse(&named, node))
				return (1);
			*client = named;
			if (!address_is_trusted(&named))
				return (1);
		}
	}

	return (there);
}

static int
plain_node(struct span item, struct span *node)
{
	*node = item;

	return (1);
}

/*
 * That of `for=192.0.2.60;proto=http;by=203.0.113.43' (RFC 7239 section 4), in
 * whatever order; none when it is there twice, as it must not be.
 */
static int
forwarded_node(struct span element, struct span *node)
{
	struct span	pair, name;
	int		found = 0;

	while (element.len > 0) {
		pair = last_item(&element, ';');
		name = octets_before(pair, '=');
		if (!span_is_nocase(name, "for") || name.len == pair.len)
			continue;
		node->data = pair.data + name.len + 1;
		node->len = pair.len - name.len - 1;
		found++;
	}

	return (found == 1);
}

size_t
address_prefix(const struct address *address)
{
	return (address->family == AF_INET6 ? IPV6_CLIENT : 4);
}

static void
unmap(struct address *address)
{
	static const uint8_t	mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (address->family != AF_INET6 ||
	    memcmp(address->octets, mapped, sizeof(mapped)) != 0)
		return;

	address->family = AF_INET;
	memcpy(address->octets, address->octets + 12, 4);
	memset(address->octets + 4, 0, 12);
}

static int
in_network(const struct address *address,
    const struct settings_network *network)
{
	unsigned int	whole, bits;
	uint8_t		mask;

	if (network->family != address->family)
		return (0);

	whole = network->prefix / 8;
	bits = network->prefix % 8;
	if (memcmp(address->octets, network->address, whole) != 0)
		return (0);
	if (bits == 0)
		return (1);
	mask = (uint8_t)(0xff << (8 - bits));

	return ((address->octets[whole] & mask) == network->address[whole]);
}

/* ":" and one to five digits. */
static int
port_is(struct span text)
{
	size_t	i;

	if (text.len < 2 || text.len > 6 || text.data[0] != ':')
		return (0);
	for (i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (0);
	}

	return (1);
}

/*
 * Takes the last item off a list; a separator in quotes is none. From the right
 * end, so that quotes which a client left open do not reach what our proxies
 * put behind them.
 */
static struct span
last_item(struct span *list, char separator)
{
	struct span	item;
	size_t		start;
	int		quoted = 0;

	for (start = list->len; start > 0; start--) {
		if (is_quote(*list, start - 1))
			quoted = !quoted;
		else if (list->data[start - 1] == separator && !quoted)
			break;
	}
	item.data = list->data + start;
	item.len = list->len - start;
	list->len = start > 0 ? start - 1 : 0;

	return (octets_trim(item));
}

/* One with an odd number of backslashes before it is part of the text. */
static int
is_quote(struct span text, size_t at)
{
	size_t	slashes;

	if (text.data[at] != '"')
		return (0);
	for (slashes = 0; slashes < at; slashes++) {
		if (text.data[at - slashes - 1] != '\\')
			break;
	}

	return (slashes % 2 == 0);
}
