#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/row_json.h"
#include "data/row_value.h"

#define COLUMNS_MAX	64

/* Between the epochs of Unix and of PostgreSQL. */
#define EPOCH_SECONDS	946684800LL
#define MICROSECONDS	1000000LL
#define DAY_SECONDS	86400LL

/* What stands before a column's value: punctuation and its name. */
struct column {
	size_t		begin;
	size_t		len;
	Oid		type;
	enum row_kind	kind;
	int		binary;
};

/* What all rows of a result have in common. */
struct shape {
	int		first;
	int		count;
	struct buffer	text;
	struct column	columns[COLUMNS_MAX];
	int		nested;		/* an object is open at the end */
};

static void	shape_init(struct shape *, const PGresult *, int);
static void	write_row(struct buffer *, const struct shape *,
		    const PGresult *, int);
static void	write_text(struct buffer *, enum row_kind, struct span);
static void	write_binary(struct buffer *, Oid, const char *, size_t);
static void	write_integer(struct buffer *, int64_t);
static void	write_float(struct buffer *, uint64_t);
static void	write_moment(struct buffer *, int64_t);
static void	digits_put(char *, unsigned int, int);

void
rows_json(struct json *json, const PGresult *rows, int begin, int end,
    int first)
{
	struct shape	shape;
	int		row;

	shape_init(&shape, rows, first);
	for (row = begin; row < end; row++) {
		json_object_begin(json);
		write_row(json->out, &shape, rows, row);
		json_object_end(json);
	}
	buffer_cleanup(&shape.text);
}

static void
shape_init(struct shape *shape, const PGresult *rows, int first)
{
	struct column	*column;
	const char	*name, *dot, *open;
	size_t		openlen;
	int		i;

	buffer_init(&shape->text);
	shape->first = first;
	shape->count = PQnfields(rows) - first;
	if (shape->count > COLUMNS_MAX)
		shape->count = COLUMNS_MAX;

	open = NULL;
	openlen = 0;
	for (i = 0; i < shape->count; i++) {
		column = &shape->columns[i];
		column->begin = shape->text.len;
		column->type = PQftype(rows, first + i);
		column->kind = row_kind(rows, first + i);
		column->binary = PQfformat(rows, first + i);

		name = PQfname(rows, first + i);
		dot = strchr(name, '.');
		if (open != NULL && (dot == NULL ||
		    (size_t)(dot - name) != openlen ||
		    strncmp(name, open, openlen) != 0)) {
			buffer_append(&shape->text, "}", 1);
			open = NULL;
		}
		if (i > 0)
			buffer_append(&shape->text, ",", 1);
		if (open == NULL && dot != NULL) {
			open = name;
			openlen = (size_t)(dot - name);
			json_quote(&shape->text, name, openlen);
			buffer_append(&shape->text, ":{", 2);
		}
		name = dot == NULL ? name : dot + 1;
		json_quote(&shape->text, name, strlen(name));
		buffer_append(&shape->text, ":", 1);
		column->len = shape->text.len - column->begin;
	}
	shape->nested = open != NULL;
}

static void
write_row(struct buffer *out, const struct shape *shape, const PGresult *rows,
    int row)
{
	const struct column	*column;
	struct span		value;
	int			i, at;

	for (i = 0; i < shape->count; i++) {
		column = &shape->columns[i];
		at = shape->first + i;
		buffer_append(out, shape->text.data + column->begin,
		    column->len);

		value = row_text(rows, row, at);
		if (value.len == 0 && PQgetisnull(rows, row, at))
			buffer_append(out, "null", 4);
		else if (column->binary)
			write_binary(out, column->type, value.data, value.len);
		else
			write_text(out, column->kind, value);
	}
	if (shape->nested)
		buffer_append(out, "}", 1);
}

static void
write_text(struct buffer *out, enum row_kind kind, struct span text)
{
	char	iso[ROW_TIME_MAX];

	switch (kind) {
	case ROW_BOOLEAN:
		buffer_append_string(out,
		    text.data[0] == 't' ? "true" : "false");
		break;
	case ROW_NUMBER:
	case ROW_JSON:
		buffer_append(out, text.data, text.len);
		break;
	case ROW_TIME:
		text = row_time(text, iso);
		if (text.len == 0)
			buffer_append(out, "null", 4);
		else
			json_quote(out, text.data, text.len);
		break;
	default:
		json_quote(out, text.data, text.len);
		break;
	}
}

/*
 * As the types' send functions write it: in network order. All that text can
 * hold is sent as it is; tests see to it that no statement answers with another
 * type than these (a cast in the statement mends that).
 */
static void
write_binary(struct buffer *out, Oid type, const char *data, size_t len)
{
	uint64_t	word = 0;

	if (len <= sizeof(word))
		memcpy((char *)&word + sizeof(word) - len, data, len);
	word = be64toh(word);

	switch (type) {
	case OID_BOOL:
		buffer_append_string(out, word != 0 ? "true" : "false");
		break;
	case OID_INT2:
		write_integer(out, (int16_t)word);
		break;
	case OID_INT4:
		write_integer(out, (int32_t)word);
		break;
	case OID_INT8:
		write_integer(out, (int64_t)word);
		break;
	case OID_FLOAT8:
		write_float(out, word);
		break;
	case OID_TIMESTAMPTZ:
		write_moment(out, (int64_t)word);
		break;
	case OID_JSON:
		buffer_append(out, data, len);
		break;
	case OID_JSONB:
		/* Behind a version. */
		buffer_append(out, data + 1, len - 1);
		break;
	default:
		json_quote(out, data, len);
		break;
	}
}

static void
write_integer(struct buffer *out, int64_t value)
{
	if (value < 0)
		buffer_append(out, "-", 1);
	buffer_append_number(out, value < 0 ? -(uint64_t)value :
	    (uint64_t)value);
}

/* The shortest that reads back as the same. */
static void
write_float(struct buffer *out, uint64_t word)
{
	char	text[40];
	double	value;
	int	digits;

	memcpy(&value, &word, sizeof(value));
	for (digits = 1; digits <= 17; digits++) {
		(void)snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) >= value && strtod(text, NULL) <= value)
			break;
	}
	buffer_append_string(out, text);
}

/* Microseconds since 2000, in ISO 8601. */
static void
write_moment(struct buffer *out, int64_t since)
{
	int64_t		seconds, days, era, year;
	unsigned int	micros, left, day_of_era, year_of_era, day, month;
	char		text[ROW_TIME_MAX];
	size_t		len;

	/* No client could read it. */
	if (since == INT64_MAX || since == INT64_MIN) {
		buffer_append(out, "null", 4);
		return;
	}

	seconds = since / MICROSECONDS - (since % MICROSECONDS < 0);
	micros = (unsigned int)(since - seconds * MICROSECONDS);
	seconds += EPOCH_SECONDS;
	days = seconds / DAY_SECONDS - (seconds % DAY_SECONDS < 0);
	left = (unsigned int)(seconds - days * DAY_SECONDS);

	/* Days to a date: years that begin in March, in eras of 400. */
	days += 719468;
	era = days / 146097 - (days % 146097 < 0);
	day_of_era = (unsigned int)(days - era * 146097);
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
	    day_of_era / 146096) / 365;
	day = day_of_era - (365 * year_of_era + year_of_era / 4 -
	    year_of_era / 100);
	month = (5 * day + 2) / 153;
	day -= (153 * month + 2) / 5 - 1;
	month = month < 10 ? month + 3 : month - 9;
	year = era * 400 + year_of_era + (month <= 2);
	if (year < 0 || year > 9999) {
		/* Such a date is no date of a call. */
		buffer_append(out, "null", 4);
		return;
	}

	memcpy(text, "\"0000-00-00T00:00:00.000000", 27);
	digits_put(text + 1, (unsigned int)year, 4);
	digits_put(text + 6, month, 2);
	digits_put(text + 9, day, 2);
	digits_put(text + 12, left / 3600, 2);
	digits_put(text + 15, left / 60 % 60, 2);
	digits_put(text + 18, left % 60, 2);
	digits_put(text + 21, micros, 6);
	/* As PostgreSQL writes it: no zeros at the end, no point alone. */
	len = 27;
	if (micros == 0)
		len = 20;
	while (len > 20 && text[len - 1] == '0')
		len--;
	text[len++] = 'Z';
	text[len++] = '"';
	buffer_append(out, text, len);
}

static void
digits_put(char *out, unsigned int value, int count)
{
	while (count-- > 0) {
		out[count] = (char)('0' + value % 10);
		value /= 10;
	}
}
