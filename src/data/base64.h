#ifndef PARLEY_DATA_BASE64_H
#define PARLEY_DATA_BASE64_H

#include "data/span.h"

/*
 * Base64 without padding, in the alphabet of hashes or in that of tokens and
 * URLs (RFC 4648 sections 4 and 5): one text for octets, and octets for one
 * text alone. Kore's and OpenSSL's allocate, or pass over blanks, or take
 * several texts for the same octets.
 */
enum base64 {
	BASE64_STANDARD,	/* + and / */
	BASE64_URL		/* - and _ */
};

/* Characters of so many octets, and octets of so many characters. */
#define BASE64_LEN(octets)	(((octets) * 4 + 2) / 3)
#define BASE64_OCTETS(len)	((len) / 4 * 3 + (len) % 4 * 3 / 4)

/* Writes BASE64_LEN(len) characters and a NUL; returns that length. */
size_t	base64_encode(enum base64, char *out, const void *octets, size_t len);

/*
 * Writes the BASE64_OCTETS(text.len) octets. Returns 0 for what the above never
 * writes: a character of another alphabet, a length that no octets have, bits
 * that no octet takes up and that are not zero.
 */
int	base64_decode(enum base64, void *octets, struct span text) MUST_CHECK;

/* Whether a character is of the alphabet. */
int	base64_is(enum base64, char);

#endif
