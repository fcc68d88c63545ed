#ifndef PARLEY_DATA_ROW_JSON_H
#define PARLEY_DATA_ROW_JSON_H

#include <libpq-fe.h>

#include "data/json_write.h"

/*
 * Writes rows begin to end (excluded) as objects, where the next value or the
 * next of an array is due. Their members are the columns from first on: the
 * statement names the JSON. A column `creator.email' goes into an object
 * `creator', with its neighbours of that prefix. Types follow the column's:
 * booleans, integers, timestamptz (as 2025-09-05T10:30:00.123456Z; sessions
 * run in UTC), json as it stands, everything else as a string. Results may be
 * in text or, of the types that row_json.c lists, in binary form.
 */
void	rows_json(struct json *, const PGresult *, int begin, int end,
	    int first);

#endif
