#ifndef PARLEY_IDENTITY_PASSWORD_H
#define PARLEY_IDENTITY_PASSWORD_H

#include <stddef.h>

#include "data/span.h"

/*
 * How passwords are stored and compared. Every call here takes about a quarter
 * of a second of CPU and 16 MiB: call it in a thread, never in the event loop.
 * The functions share nothing and may run in any number of threads at once;
 * they wipe whatever they derive; the password is the caller's to wipe.
 *
 * Stored is a PHC string, `$scrypt$ln=14,r=8,p=5$salt$key' (scrypt of RFC
 * 7914), or what the old service left: bcrypt as `$2a$', `$2b$' or `$2y$'.
 */

/* Octets that password_hash() needs, its NUL included. */
#define PASSWORD_HASH_MAX	128

enum password_result {
	PASSWORD_OK,
	PASSWORD_OK_REHASH,	/* right, and to be stored anew: see below */
	PASSWORD_WRONG,
	PASSWORD_UNUSABLE	/* nothing that can be compared is stored */
};

/*
 * Writes what is to be stored for a password, with a salt of its own, and
 * returns 1. Returns 0, and an empty string if there is room for one, when out
 * is too small (PASSWORD_HASH_MAX is enough) or the system lacks memory or
 * random octets. Any octets are a password, also none and NUL (though NULs
 * at its end do not count, as HMAC pads with them); password is never NULL.
 */
int	password_hash(const char *password, size_t len, char *out,
	    size_t outlen) MUST_CHECK;

/*
 * Compares a password with what is stored. PASSWORD_OK_REHASH stands for a
 * right password that is stored as bcrypt or by a weaker scrypt than
 * password_hash() uses.
 *
 * stored == NULL stands for a user who does not exist: always PASSWORD_WRONG,
 * at the cost of a scrypt comparison. Stored strings that are malformed, of
 * another scheme or that ask for more work than a server may be made to do
 * (over 64 MiB, over eight times our own work, bcrypt beyond cost 15) are
 * PASSWORD_UNUSABLE, at the same cost: answer as for a wrong password.
 *
 * As bcrypt did in the old service, only the first 72 octets of a password are
 * compared with a bcrypt hash. One with a NUL in it never matches such a hash.
 */
enum password_result	password_verify(const char *password, size_t len,
			    const char *stored) MUST_CHECK;

#endif
