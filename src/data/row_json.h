#ifndef PARLEY_DATA_ROW_JSON_H
#define PARLEY_DATA_ROW_JSON_H

#include <libpq-fe.h>

#include "data/json_write.h"

/*
 * Writes a row's columns from first on as members of the object that is open:
 * the statement names the JSON. A column `creator.email' goes into an object
 * `creator', with its neighbours of that prefix. Types follow the column's:
 * booleans, integers, timestamptz (as 2025-09-05T10:30:00.123456Z; sessions
 * run in UTC), json as it stands, everything else as a string.
 */
void	row_json(struct json *, const PGresult *, int row, int first);

#endif
