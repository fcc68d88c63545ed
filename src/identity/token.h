#ifndef PARLEY_IDENTITY_TOKEN_H
#define PARLEY_IDENTITY_TOKEN_H

#include <stddef.h>
#include <time.h>

#include "data/span.h"

/*
 * Access tokens: JSON Web Tokens (RFC 7519) signed with HMAC and a secret that
 * only we know. The old service's are the same, so that its users stay logged
 * in. LiveKit's tokens are another matter and another module's.
 */

#define TOKEN_KEYS_MAX		4

/* Octets of a key's id, its NUL included. */
#define TOKEN_KEY_ID_SIZE	9

/* Octets that token_issue() needs at most, its NUL included. */
#define TOKEN_MAX		1280

/* Octets that token_verify() looks at; what is longer is invalid. */
#define TOKEN_VERIFY_MAX	8192

/* Octets of a subject and a session, their NULs included. */
#define TOKEN_SUBJECT_SIZE	256
#define TOKEN_SESSION_SIZE	64

struct token_algorithm;

struct token_key {
	const unsigned char	*secret;	/* of whoever added it */
	size_t			len;
	char			id[TOKEN_KEY_ID_SIZE];	/* no secret */
};

/* The first key signs, all of them verify. */
struct token_keys {
	const struct token_algorithm	*algorithm;
	struct token_key		keys[TOKEN_KEYS_MAX];
	size_t				count;
};

/* Callers answer TOKEN_INVALID and TOKEN_EXPIRED alike; logs may differ. */
enum token_result {
	TOKEN_OK,
	TOKEN_INVALID,
	TOKEN_EXPIRED
};

struct token_claims {
	char	subject[TOKEN_SUBJECT_SIZE];
	char	session[TOKEN_SESSION_SIZE];	/* "" for none */
	time_t	expires;
	time_t	issued;		/* 0 for a token that does not say */
};

/*
 * Readies keys for an algorithm (HS256, HS384 or HS512, in this spelling) with
 * the secret that signs. The secret is not copied: it stays the caller's, must
 * outlive keys, and may hold any octets. Returns 0 for an unknown algorithm and
 * for a secret that token_keys_add() refuses.
 */
int	token_keys_init(struct token_keys *, const char *algorithm,
	    const void *secret, size_t len) MUST_CHECK;

/*
 * Adds a secret that verifies. Returns 0 when it is empty or over 64 KiB and
 * when TOKEN_KEYS_MAX are there.
 */
int	token_keys_add(struct token_keys *, const void *secret, size_t len)
	    MUST_CHECK;

/* Forgets the secrets; keys verify nothing any more. */
void	token_keys_cleanup(struct token_keys *);

/*
 * Writes a token for subject, and a session unless that is NULL, which expires
 * lifetime seconds from now and names its key ("kid"). Returns 1. Returns 0, and an empty string if there
 * is room for one, when out is too small (TOKEN_MAX is enough), lifetime is not
 * above 0, memory is short, or token_verify() would refuse the subject or
 * session: empty, too long, not UTF-8 or with control characters (below U+0020,
 * and U+007F).
 */
int	token_issue(const struct token_keys *, const char *subject,
	    const char *session, time_t now, long lifetime, char *out,
	    size_t outlen) MUST_CHECK;

/*
 * Reads a token that anybody may have sent. TOKEN_OK, with *claims filled, only
 * for one that was signed with one of the keys by their algorithm, names a
 * subject, and is used before it expires and not before its time ("nbf").
 * There is no leeway. Otherwise *claims is all zeros.
 */
enum token_result	token_verify(const struct token_keys *,
			    struct span token, time_t now,
			    struct token_claims *claims) MUST_CHECK;

#endif
