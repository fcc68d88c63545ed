#ifndef PARLEY_IDENTITY_JWS_H
#define PARLEY_IDENTITY_JWS_H

#include "data/arena.h"
#include "data/value.h"

/*
 * Checks a compact JSON Web Signature (RFC 7515) by HS256 and one secret, and
 * reads its claims. Nothing is parsed before the signature is found right.
 * Returns 1 and the claims, an object in the arena; 0 for anything else: not
 * three parts, another algorithm, another signature, a header or claims that
 * are no JSON objects.
 */
int	jws_verify(struct arena *, struct span token, const void *secret,
	    size_t len, struct value *claims) MUST_CHECK;

/*
 * Signs claims, a JSON object, as jws_verify() wants them. Writes the token and
 * its NUL to out and returns 1; 0 when size is too small.
 */
int	jws_sign(struct span claims, const void *secret, size_t len,
	    char *out, size_t size) MUST_CHECK;

#endif
