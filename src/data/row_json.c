#include <string.h>

#include "data/row_json.h"
#include "data/row_value.h"

static void	write_value(struct json *, const PGresult *, int, int);

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
	char		iso[ROW_TIME_MAX];
	struct span	text;

	if (PQgetisnull(rows, row, column)) {
		json_put_null(json);
		return;
	}

	text = row_text(rows, row, column);
	switch (row_kind(rows, column)) {
	case ROW_BOOLEAN:
		json_put_boolean(json, text.data[0] == 't');
		break;
	case ROW_NUMBER:
	case ROW_JSON:
		json_put_raw(json, text.data, text.len);
		break;
	case ROW_TIME:
		text = row_time(text, iso);
		/* FALLTHROUGH */
	default:
		json_put_string(json, text.data, text.len);
		break;
	}
}
