#ifndef PARLEY_DATA_EMAIL_DOMAIN_H
#define PARLEY_DATA_EMAIL_DOMAIN_H

#include "data/arena.h"

/* The domain of an address in both its forms, in lower case. */
struct email_domain {
	struct span	ascii;		/* as the DNS has it (RFC 5890) */
	struct span	unicode;	/* the normal form */
};

/*
 * Reads what follows the @-sign, well-formed UTF-8, as a domain name that mail
 * can be sent to: UTS #46 maps it, IDNA 2008 (RFC 5891) has the last word.
 * Returns NULL, or the reason why it is none; *out is unspecified then.
 */
const char	*email_domain_read(struct arena *, struct span,
		    struct email_domain *out) MUST_CHECK;

#endif
