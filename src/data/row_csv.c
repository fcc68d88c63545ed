#include "data/row_csv.h"
#include "data/row_value.h"

static void	put_value(struct buffer *, const PGresult *, int, int);
static void	put_text(struct buffer *, struct span);
static int	is_formula(struct span);

void
row_csv(struct buffer *out, const PGresult *rows, int nrows, int first)
{
	const char	*name;
	int		row, column, ncolumns;

	ncolumns = PQnfields(rows);
	for (column = first; column < ncolumns; column++) {
		name = PQfname(rows, column);
		buffer_append_string(out, column == first ? "" : ",");
		put_text(out, span_of(name));
	}
	buffer_append_string(out, "\r\n");

	for (row = 0; row < nrows; row++) {
		for (column = first; column < ncolumns; column++) {
			buffer_append_string(out, column == first ? "" : ",");
			put_value(out, rows, row, column);
		}
		buffer_append_string(out, "\r\n");
	}
}

static void
put_value(struct buffer *out, const PGresult *rows, int row, int column)
{
	char		iso[ROW_TIME_MAX];
	struct span	text;

	if (PQgetisnull(rows, row, column))
		return;

	text = row_text(rows, row, column);
	switch (row_kind(rows, column)) {
	case ROW_BOOLEAN:
		buffer_append_string(out,
		    text.data[0] == 't' ? "true" : "false");
		break;
	case ROW_NUMBER:
		/* One below nothing is no formula. */
		buffer_append(out, text.data, text.len);
		break;
	case ROW_TIME:
		text = row_time(text, iso);
		/* FALLTHROUGH */
	default:
		put_text(out, text);
		break;
	}
}

/* Quoted where it has to be; a quote within is doubled. */
static void
put_text(struct buffer *out, struct span text)
{
	size_t	i, begin;
	int	quoted;

	quoted = 0;
	for (i = 0; i < text.len && !quoted; i++)
		quoted = strchr("\",\r\n", text.data[i]) != NULL;

	buffer_append_string(out, quoted ? "\"" : "");
	buffer_append_string(out, is_formula(text) ? "'" : "");
	for (begin = i = 0; i < text.len; i++) {
		if (text.data[i] != '"')
			continue;
		buffer_append(out, text.data + begin, i + 1 - begin);
		begin = i;
	}
	buffer_append(out, text.data + begin, text.len - begin);
	buffer_append_string(out, quoted ? "\"" : "");
}

/*
 * What makes spreadsheets calculate, or look past the first character for it
 * (OWASP, CSV Injection); the wide forms are for those set to Japanese.
 */
static int
is_formula(struct span text)
{
	static const char *const	starts[] = {
		"=", "+", "-", "@", "\t", "\r", "\n", "|", "%",
		"\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0",
	};
	size_t				i, len;

	for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		len = strlen(starts[i]);
		if (text.len >= len && memcmp(text.data, starts[i], len) == 0)
			return (1);
	}

	return (0);
}
