#ifndef PARLEY_CHECKS_H
#define PARLEY_CHECKS_H

#include <stddef.h>

#include <libpq-fe.h>

/* What `parley check` looks at, one function a line. */

enum verdict {
	VERDICT_OK,
	VERDICT_WARN,
	VERDICT_FAIL
};

/* What one check leaves for the next ones. */
struct findings {
	PGconn	*db;		/* NULL: not reached */
	int	livekit;	/* it answered */
};

/* Writes what was found, or what to do about it, to detail. */
typedef enum verdict	check_run(struct findings *, char *detail, size_t);

/* checks_time.c */
check_run	check_clock, check_certificate;

/* checks_livekit.c */
check_run	check_livekit, check_livekit_key, check_webhook;

#endif
