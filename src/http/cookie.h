#ifndef PARLEY_HTTP_COOKIE_H
#define PARLEY_HTTP_COOKIE_H

#include "http/exchange.h"

/*
 * The one cookie: a session's refresh token, out of reach of scripts. Browsers
 * send it by themselves, so what they say of the page that made them do it
 * decides whether it counts.
 */

/* Whose page it was that sent a request. */
enum origin {
	ORIGIN_UNSAID,		/* no browser, or one that says nothing */
	ORIGIN_OURS,		/* our own, or one of CORS_ORIGINS */
	ORIGIN_FOREIGN
};

enum origin	cookie_origin(const struct exchange *);

/* Whether it came, whatever its value and the way it came. */
int		cookie_sent(const struct exchange *);

/* Its value; empty when there is none, or it is not for this way. */
struct span	cookie_read(const struct exchange *);

/*
 * With the answer: sets it for so many seconds, or clears it with 0. Not when a
 * foreign page asked, which could sign somebody in as somebody else.
 */
void		cookie_write(struct exchange *, const char *value, int seconds);

#endif
