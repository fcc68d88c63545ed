#include <string.h>

#include "data/row_json.h"

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

#define TIME_MAX	40

static void	write_value(struct json *, const PGresult *, int, int);
static void	write_time(struct json *, const char *, size_t);

void
row_json(struct json *json, const PGresult *rows, int row, int first)
{
	const char	*name, *dot, *open;
	size_t		openlen;
	int		column, ncolumns;
	char		group[64];

	open = NULL;
	openlen = 0;
	ncolumns = PQnfields(rows);
	for (column = first; column < ncolumns; column++) {
		name = PQfname(rows, column);
		dot = strchr(name, '.');

		if (open != NULL && (dot == NULL ||
		    (size_t)(dot - name) != openlen ||
		    strncmp(name, open, openlen) != 0)) {
			json_object_end(json);
			open = NULL;
		}
		if (open == NULL && dot != NULL &&
		    (size_t)(dot - name) < sizeof(group)) {
			open = name;
			openlen = (size_t)(dot - name);
			memcpy(group, name, openlen);
			group[openlen] = '\0';
			json_name(json, group);
			json_object_begin(json);
		}

		json_name(json, dot == NULL ? name : dot + 1);
		write_value(json, rows, row, column);
	}
	if (open != NULL)
		json_object_end(json);
}

static void
write_value(struct json *json, const PGresult *rows, int row, int column)
{
	const char	*text;
	size_t		len;

	if (PQgetisnull(rows, row, column)) {
		json_put_null(json);
		return;
	}

	text = PQgetvalue(rows, row, column);
	len = (size_t)PQgetlength(rows, row, column);
	switch (PQftype(rows, column)) {
	case OID_BOOL:
		json_put_boolean(json, text[0] == 't');
		break;
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
	case OID_FLOAT8:
	case OID_NUMERIC:
	case OID_JSON:
	case OID_JSONB:
		json_put_raw(json, text, len);
		break;
	case OID_TIMESTAMPTZ:
		write_time(json, text, len);
		break;
	default:
		json_put_string(json, text, len);
		break;
	}
}

/* 2025-09-05 10:30:00.123456+00 as ISO 8601 wants it. */
static void
write_time(struct json *json, const char *text, size_t len)
{
	char	iso[TIME_MAX];

	if (len < 4 || len >= sizeof(iso) ||
	    memcmp(text + len - 3, "+00", 3) != 0 || text[10] != ' ') {
		json_put_string(json, text, len);
		return;
	}

	memcpy(iso, text, len - 3);
	iso[10] = 'T';
	iso[len - 3] = 'Z';
	json_put_string(json, iso, len - 2);
}
