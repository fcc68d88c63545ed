#include <sys/socket.h>

#include <arpa/inet.h>

#include "http/octet.h"
#include "http/target.h"

static size_t	class_prefix(struct span, int);
static size_t	authority_offset(struct span);
static int	absolute_parse(struct head *, struct span, size_t);
static void	path_split(struct head *, struct span);
static int	address_valid(struct span);
static int	port_valid(struct span);

/* The length of the longest prefix whose octets are all of a class. */
static size_t
class_prefix(struct span text, int class)
{
	size_t	n;

	for (n = 0; n < text.len && octet_is(text.data[n], class); n++)
		;

	return (n);
}

/* Where the authority starts in a target in absolute form, else 0. */
static size_t
authority_offset(struct span target)
{
	if (target.len >= 7 && strncasecmp(target.data, "http://", 7) == 0)
		return (7);
	if (target.len >= 8 && strncasecmp(target.data, "https://", 8) == 0)
		return (8);

	return (0);
}

static void
path_split(struct head *head, struct span target)
{
	const char	*mark;

	head->path = target;

	mark = memchr(target.data, '?', target.len);
	if (mark != NULL) {
		head->path.len = (size_t)(mark - target.data);
		head->query.data = mark + 1;
		head->query.len = target.len - head->path.len - 1;
	}
}

static int
absolute_parse(struct head *head, struct span target, size_t offset)
{
	struct span	host, rest;

	host.data = target.data + offset;
	for (host.len = 0; offset + host.len < target.len; host.len++) {
		if (host.data[host.len] == '/' || host.data[host.len] == '?')
			break;
	}

	/* No user information either: RFC 9110 section 4.2.4. */
	if (!target_host_valid(host))
		return (400);

	rest.data = host.data + host.len;
	rest.len = target.len - offset - host.len;

	head->host = host;
	path_split(head, rest);

	/* An empty path means "/"; the scheme's second slash serves as one. */
	if (head->path.len == 0) {
		head->path.data = host.data - 1;
		head->path.len = 1;
	}

	return (0);
}

int
target_parse(struct head *head, struct span target)
{
	size_t	offset;

	if (target.len == 0)
		return (400);

	if (target.data[0] == '/') {
		path_split(head, target);
		return (0);
	}

	if (span_is(target, "*") && head->method == METHOD_OPTIONS) {
		head->path = target;
		return (0);
	}

	offset = authority_offset(target);
	if (offset == 0)
		return (400);

	return (absolute_parse(head, target, offset));
}

/* What stands between the brackets: an IPv6 address or IPvFuture. */
static int
address_valid(struct span text)
{
	struct in6_addr	address;
	char		copy[INET6_ADDRSTRLEN];
	size_t		n;

	if (text.len > 0 && (text.data[0] == 'v' || text.data[0] == 'V')) {
		text.data++;
		text.len--;
		n = class_prefix(text, OCTET_HEX);
		if (n == 0 || n + 1 >= text.len || text.data[n] != '.')
			return (0);
		while (++n < text.len) {
			if (text.data[n] != ':' &&
			    !octet_is(text.data[n], OCTET_HOST))
				return (0);
		}
		return (1);
	}

	/* A NUL would end the copy early. */
	if (text.len >= sizeof(copy) ||
	    memchr(text.data, '\0', text.len) != NULL)
		return (0);

	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';

	return (inet_pton(AF_INET6, copy, &address) == 1);
}

/* What follows the host: nothing, or a colon and any number of digits. */
static int
port_valid(struct span text)
{
	size_t	i;

	if (text.len > 0 && text.data[0] != ':')
		return (0);

	for (i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (0);
	}

	return (1);
}

int
target_host_valid(struct span host)
{
	struct span	part;
	const char	*end;
	size_t		n;

	if (host.len == 0)
		return (0);

	if (host.data[0] == '[') {
		end = memchr(host.data, ']', host.len);
		if (end == NULL)
			return (0);
		part.data = host.data + 1;
		part.len = (size_t)(end - part.data);
		if (!address_valid(part))
			return (0);
		n = part.len + 2;
	} else {
		for (n = 0; n < host.len; n++) {
			if (octet_is(host.data[n], OCTET_HOST))
				continue;
			if (host.data[n] != '%')
				break;
			if (host.len - n < 3 ||
			    !octet_is(host.data[n + 1], OCTET_HEX) ||
			    !octet_is(host.data[n + 2], OCTET_HEX))
				return (0);
			n += 2;
		}
		if (n == 0)
			return (0);
	}

	part.data = host.data + n;
	part.len = host.len - n;

	return (port_valid(part));
}
