#ifndef PARLEY_HTTP_ADDRESS_H
#define PARLEY_HTTP_ADDRESS_H

#include <sys/socket.h>
#include <netinet/in.h>

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"
#include "http/head.h"

/* An IP address, from whatever source. IPv4 mapped into IPv6 is IPv4. */
struct address {
	int	family;		/* AF_INET, AF_INET6; 0: none */
	uint8_t	octets[16];	/* network order; 4 of them for AF_INET */
};

#define ADDRESS_TEXT	INET6_ADDRSTRLEN

/* Of the peer of a connection. */
void	address_of_socket(struct address *, const struct sockaddr *);

/*
 * Reads an address as X-Forwarded-For and Forwarded have it: 192.0.2.1,
 * 2001:db8::1, either with a port ([2001:db8::1]:443), with or without quotes.
 * Returns 0 for anything else.
 */
int	address_parse(struct address *, struct span) MUST_CHECK;

void	address_print(const struct address *, char text[ADDRESS_TEXT]);

/* Whether TRUSTED_PROXIES has it, and whether it is this machine. */
int	address_is_trusted(const struct address *);
int	address_is_loopback(const struct address *);

/*
 * Who a request is from: the peer, unless that is a trusted proxy. Then it is
 * whom the last proxy that is trusted names: X-Forwarded-For or, where there is
 * none, Forwarded (RFC 7239) is read from its right end, which our own proxies
 * wrote, and what stands left of the first stranger is that stranger's word and
 * not looked at. Where nobody is named the proxy itself is who it is from.
 */
void	address_of_client(struct address *, const struct address *peer,
	    const struct head *);

/*
 * What of it counts as one client: an IPv4 address, or the /64 of an IPv6 one,
 * which is what one customer has. Returns how many octets.
 */
size_t	address_prefix(const struct address *);

#endif
