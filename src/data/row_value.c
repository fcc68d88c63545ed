#include <stdlib.h>

#include "data/row_value.h"

enum row_kind
row_kind(const PGresult *rows, int column)
{
	switch (PQftype(rows, column)) {
	case OID_BOOL:
		return (ROW_BOOLEAN);
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_FLOAT8:
	case OID_NUMERIC:
		return (ROW_NUMBER);
	case OID_JSON:
	case OID_JSONB:
		return (ROW_JSON);
	case OID_TIMESTAMPTZ:
		return (ROW_TIME);
	default:
		return (ROW_TEXT);
	}
}

struct span
row_text(const PGresult *rows, int row, int column)
{
	struct span	text;

	text.data = PQgetvalue(rows, row, column);
	text.len = (size_t)PQgetlength(rows, row, column);

	return (text);
}

/* From 2025-09-05 10:30:00.123456+00. */
struct span
row_time(struct span text, char iso[ROW_TIME_MAX])
{
	if (text.len < 14 || text.len >= ROW_TIME_MAX ||
	    memcmp(text.data + text.len - 3, "+00", 3) != 0 ||
	    text.data[10] != ' ')
		return ((struct span){ iso, 0 });

	memcpy(iso, text.data, text.len - 3);
	iso[10] = 'T';
	iso[text.len - 3] = 'Z';

	return ((struct span){ iso, text.len - 2 });
}

int64_t
row_integer(const PGresult *rows, int row, int column)
{
	const unsigned char	*data;
	uint64_t		value;
	int			i, len;

	if (!PQfformat(rows, column))
		return (strtoll(PQgetvalue(rows, row, column), NULL, 10));

	data = (const unsigned char *)PQgetvalue(rows, row, column);
	len = PQgetlength(rows, row, column);
	/* The sign goes all the way up. */
	value = len > 0 && data[0] >= 0x80 ? UINT64_MAX : 0;
	for (i = 0; i < len; i++)
		value = value << 8 | data[i];

	return ((int64_t)value);
}
