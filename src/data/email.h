#ifndef PARLEY_DATA_EMAIL_H
#define PARLEY_DATA_EMAIL_H

#include "data/arena.h"

/*
 * Whether a text is an e-mail address as FastAPI's EmailStr judges it, without
 * asking the DNS, and its normal form: the domain in lower case, the local part
 * as it stands (RFC 5321 section 2.4). Returns 0 and a reason in *why, without
 * the address, for one that is not.
 */
int	email_normalize(struct arena *, struct span text, struct span *out,
	    const char **why) MUST_CHECK;

#endif
