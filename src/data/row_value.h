#ifndef PARLEY_DATA_ROW_VALUE_H
#define PARLEY_DATA_ROW_VALUE_H

#include <stdint.h>

#include <libpq-fe.h>

#include "data/span.h"

/* Type numbers of PostgreSQL's catalogue pg_type, fixed for good. */
#define OID_BOOL	16
#define OID_INT8	20
#define OID_INT2	21
#define OID_INT4	23
#define OID_JSON	114
#define OID_FLOAT8	701
#define OID_TIMESTAMPTZ	1184
#define OID_NUMERIC	1700
#define OID_JSONB	3802

/* What a column of a result holds, for those who write it for clients. */
enum row_kind {
	ROW_BOOLEAN,
	ROW_NUMBER,
	ROW_TIME,	/* timestamptz; sessions run in UTC */
	ROW_JSON,
	ROW_TEXT	/* everything else */
};

#define ROW_TIME_MAX	40

enum row_kind	row_kind(const PGresult *, int column);

/* A value that is not NULL, as PostgreSQL wrote it. */
struct span	row_text(const PGresult *, int row, int column);

/*
 * A time as ISO 8601 wants it, 2025-09-05T10:30:00.123456Z, in iso; nothing for
 * one that has no such form: infinity, years that are none of a call.
 */
struct span	row_time(struct span text, char iso[ROW_TIME_MAX]);

/* An integer that is not NULL, in text or in binary form. */
int64_t		row_integer(const PGresult *, int row, int column);

#endif
