#ifndef PARLEY_IDENTITY_REFRESH_H
#define PARLEY_IDENTITY_REFRESH_H

#include "data/span.h"

/*
 * Refresh tokens: base64url of 16 octets that all tokens of one session have in
 * common (its family, by which a token that was replaced long ago is known
 * again, without any list of those) and 32 random octets of its own. Only
 * hashes of the two parts are stored.
 */

#define REFRESH_FAMILY_SIZE	16
#define REFRESH_SECRET_SIZE	32
#define REFRESH_TEXT_LEN						\
	((REFRESH_FAMILY_SIZE + REFRESH_SECRET_SIZE) * 4 / 3)
#define REFRESH_HASH_LEN	(2 + 2 * 32)	/* bytea in hex */

struct refresh_token {
	char	text[REFRESH_TEXT_LEN + 1];
	char	family[REFRESH_HASH_LEN + 1];	/* SHA-256, as PostgreSQL */
	char	secret[REFRESH_HASH_LEN + 1];	/* reads a bytea */
};

/* A token of a new family. Returns 0 when there are no random octets. */
int	refresh_begin(struct refresh_token *) MUST_CHECK;

/* Another token of the same family; the same. */
int	refresh_renew(struct refresh_token *, const struct refresh_token *of)
	    MUST_CHECK;

/* Reads what a client sent; 0 for what none of ours can be. */
int	refresh_read(struct refresh_token *, struct span) MUST_CHECK;

#endif
