#ifndef PARLEY_DATA_ROW_CSV_H
#define PARLEY_DATA_ROW_CSV_H

#include <libpq-fe.h>

#include "data/buffer.h"

/*
 * Rows as RFC 4180 has them, for the same statements as row_json(): columns
 * from first on, a line of their names, a line for each of nrows rows. Times
 * are spelled as in JSON; what is NULL is empty.
 *
 * A text that a spreadsheet would take for a formula gets an apostrophe before
 * it, which is how they mark texts: usernames may be anything.
 */
void	row_csv(struct buffer *, const PGresult *, int nrows, int first);

#endif
