#ifndef PARLEY_DATA_TIMESTAMP_H
#define PARLEY_DATA_TIMESTAMP_H

#include "data/span.h"

#define TIMESTAMP_MAX	40	/* octets of one as PostgreSQL gets it */

enum timestamp_result {
	TIMESTAMP_OK,
	TIMESTAMP_NO_ZONE,	/* right otherwise */
	TIMESTAMP_INVALID
};

/*
 * A moment as RFC 3339 section 5.6 has it: 2025-09-05T10:30:00.5+02:00, with a
 * zone, a day that the month has, in the years 1000 to 9998 (in UTC it has four
 * digits then). Leap seconds are not taken. out gets it in PostgreSQL's form,
 * to the microsecond.
 */
enum timestamp_result	timestamp_parse(struct span, char out[TIMESTAMP_MAX])
			    MUST_CHECK;

#endif
