#ifndef PARLEY_DATA_EMAIL_H
#define PARLEY_DATA_EMAIL_H

#include "data/arena.h"

/*
 * Whether a text is an e-mail address as FastAPI's EmailStr judges it (pydantic
 * around email-validator), without asking the DNS, and its normal form, in the
 * arena and NUL-terminated: no blanks and no display name around it, the domain
 * in lower case and in Unicode, the local part as it stands (RFC 5321 section
 * 2.4) but in normal form C (RFC 6532 section 3.1) and with the mailbox names
 * of RFC 2142 in lower case. Returns 0 and a reason in *why, without the
 * address, for one that is not. The text may be any octets.
 *
 * tests/unit/test_email_oracle.py holds it against EmailStr, and lists where
 * the two differ.
 */
int	email_normalize(struct arena *, struct span text, struct span *out,
	    const char **why) MUST_CHECK;

#endif
