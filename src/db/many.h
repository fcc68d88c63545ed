#ifndef PARLEY_DB_MANY_H
#define PARLEY_DB_MANY_H

#include <stddef.h>

#include "data/buffer.h"
#include "db/query.h"

/*
 * A look-up or a batch that many ask for at once is run once for all of them
 * (what GraphQL's servers call batching): most of what a quick statement costs
 * is to begin it and to end it. sql/statements/NAME.sql is what is asked for
 * one; the statement for many is made of it here, so that there is one truth.
 */

/* Those who are asked for together, at most. */
#define MANY_MAX	128

/*
 * Appends the statement for many, NUL-terminated: its parameters are arrays of
 * what sql takes, and its rows, one each, come in their order. All parameters
 * are taken as text; sql must give one row and have no $n within quotes.
 *
 * It is run for one after the other; in which order, when it locks something,
 * order says: an expression of p1, p2, ..., or NULL where that does not matter.
 */
void	many_sql(struct buffer *, const char *sql, const char *order);

/*
 * Appends one parameter for many, as text[] in PostgreSQL's binary form (see
 * array_recv() in its source): begin with how many there are and whether one
 * is NULL, then each value or NULL.
 */
void	many_begin(struct buffer *, size_t count, int has_null);
void	many_append(struct buffer *, const char *value);

#endif
