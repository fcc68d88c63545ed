#ifndef PARLEY_IDENTITY_HASHING_H
#define PARLEY_IDENTITY_HASHING_H

#include "http/exchange.h"
#include "identity/password.h"

/*
 * Passwords are hashed and compared in threads of their own, behind a bounded
 * queue: the event loop never waits for scrypt.
 */

/* Once a worker. */
void	hashing_worker_init(void);

/*
 * Hashes a password; next finds the hash by hashing_hash(). Over the bound the
 * request is answered 503 at once.
 */
void	hashing_create(struct exchange *, page_step *next,
	    const char *password, size_t len);

/*
 * Compares a password with a stored hash; NULL stands for a user who does not
 * exist, and costs the same time. next finds the verdict by hashing_verdict().
 * A password that is right but stored in an old way is hashed anew meanwhile.
 */
void	hashing_compare(struct exchange *, page_step *next,
	    const char *password, size_t len, const char *stored);

enum password_result	hashing_verdict(const struct exchange *);

/* The new hash; NULL when there is none. Lives as long as the exchange. */
const char		*hashing_hash(const struct exchange *);

/* Whether this worker's thread has passwords to do. */
int			hashing_busy(void);

/* The exchange is going away; work in a thread ends by itself. */
void	hashing_forget(struct exchange *);

#endif
