#ifndef PARLEY_DATA_NUMBER_H
#define PARLEY_DATA_NUMBER_H

#include <stdint.h>

#include "data/value.h"

enum number_result {
	NUMBER_OK,
	NUMBER_FRACTION,	/* a number, but no whole one */
	NUMBER_UNPARSABLE,	/* a string that is no integer */
	NUMBER_TYPE		/* neither number, boolean nor string */
};

/*
 * The integer in a value as clients of the old service may send it: 7, 7.0,
 * "7", " 7 ", "7.0", "1_000", true. One beyond int64 is given as the nearest int64.
 */
enum number_result	number_of_value(const struct value *, int64_t *)
			    MUST_CHECK;

#endif
