#ifndef PARLEY_LIMITS_ADMISSION_H
#define PARLEY_LIMITS_ADMISSION_H

#include "http/exchange.h"

/*
 * Whether a request may go on, by how many came before it: each class of
 * routes has limits by address, by account or by both (admission.c has the
 * table). Returns 1, or 0 when it has answered 429 `Too many requests' with
 * Retry-After. Either way the answer tells the client where it stands
 * (RateLimit-Policy and RateLimit, draft-ietf-httpapi-ratelimit-headers-11).
 */
int	admission_by_input(struct exchange *) MUST_CHECK;

/*
 * The same for what a page knows only later: the account that a request turned
 * out to be about.
 */
int	admission_by_account(struct exchange *, enum rate_limit,
	    const char *account) MUST_CHECK;

/* It was answered: what only failures are to cost is given back. */
void	admission_settle(struct exchange *);

#endif
