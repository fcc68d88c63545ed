/* Rows as JSON: the binary form of each type gives what its text gives. */
/* sources: src/data/row_json.c src/data/row_value.c src/data/json_write.c src/data/buffer.c */
/* libraries: -lpq */

#include <endian.h>
#include <stdint.h>
#include <stdlib.h>

#include "data/row_json.h"

#include "check.h"

#define MICROS	1000000LL

struct column {
	const char	*name;
	Oid		type;
	int		binary;
	const char	*value;		/* NULL: null */
	int		len;
};

static void
compare(const struct column *columns, int count, const char *expected)
{
	PGresAttDesc	attributes[8];
	PGresult	*rows;
	struct buffer	out;
	struct json	json;
	char		name[64], value[64];
	int		i;

	memset(attributes, 0, sizeof(attributes));
	rows = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
	for (i = 0; i < count; i++) {
		(void)snprintf(name, sizeof(name), "%s", columns[i].name);
		attributes[i].name = strdup(name);
		attributes[i].typid = columns[i].type;
		attributes[i].format = columns[i].binary;
	}
	CHECK(PQsetResultAttrs(rows, count, attributes), "attributes");
	for (i = 0; i < count; i++) {
		if (columns[i].value != NULL)
			memcpy(value, columns[i].value,
			    (size_t)columns[i].len);
		CHECK(PQsetvalue(rows, 0, i, columns[i].value == NULL ? NULL :
		    value, columns[i].value == NULL ? -1 : columns[i].len),
		    "value");
		free(attributes[i].name);
	}

	buffer_init(&out);
	json_init(&json, &out);
	rows_json(&json, rows, 0, 1, 0);
	buffer_append(&out, "", 1);
	CHECK(strcmp(out.data, expected) == 0, "%s, not %s", out.data,
	    expected);
	buffer_cleanup(&out);
	PQclear(rows);
}

/* A binary value of so many octets. */
static void
binary(Oid type, uint64_t value, int octets, const char *expected)
{
	char		whole[64];
	uint64_t	word = htobe64(value);
	struct column	column = { "a", type, 1,
	    (const char *)&word + sizeof(word) - octets, octets };

	(void)snprintf(whole, sizeof(whole), "{\"a\":%s}", expected);
	compare(&column, 1, whole);
}

static uint64_t
real(double value)
{
	uint64_t	word;

	memcpy(&word, &value, sizeof(word));

	return (word);
}

static void
text(Oid type, const char *value, const char *expected)
{
	char		whole[64];
	struct column	column = { "a", type, 0, value, (int)strlen(value) };

	(void)snprintf(whole, sizeof(whole), "{\"a\":%s}", expected);
	compare(&column, 1, whole);
}

int
main(void)
{
	const struct column	nested[] = {
		{ "id", 23, 0, "7", 1 },
		{ "creator.name", 25, 0, "a\"b", 3 },
		{ "creator.id", 23, 0, NULL, 0 },
		{ "x", 25, 1, "", 0 },
		{ "y.z", 25, 1, "12345678\x01" "9", 10 },
	};

	compare(nested, 5, "{\"id\":7,\"creator\":{\"name\":\"a\\\"b\","
	    "\"id\":null},\"x\":\"\",\"y\":{\"z\":\"12345678\\u00019\"}}");
	compare(nested, 1, "{\"id\":7}");
	compare(nested + 1, 2,
	    "{\"creator\":{\"name\":\"a\\\"b\",\"id\":null}}");

	binary(16, 1, 1, "true");
	binary(16, 0, 1, "false");
	binary(21, (uint64_t)-2, 2, "-2");
	binary(23, 2147483647, 4, "2147483647");
	binary(23, (uint64_t)INT32_MIN, 4, "-2147483648");
	binary(20, (uint64_t)INT64_MIN, 8, "-9223372036854775808");
	binary(20, INT64_MAX, 8, "9223372036854775807");
	binary(701, real(0.1), 8, "0.1");
	binary(701, real(3600), 8, "3.6e+03");
	binary(701, real(1757068342.25), 8, "1757068342.25");

	/* select extract(epoch from t - timestamptz '2000-01-01') */
	binary(1184, 0, 8, "\"2000-01-01T00:00:00Z\"");
	binary(1184, 1, 8, "\"2000-01-01T00:00:00.000001Z\"");
	binary(1184, (uint64_t)-1, 8, "\"1999-12-31T23:59:59.999999Z\"");
	binary(1184, 810383400 * MICROS + 120000, 8,
	    "\"2025-09-05T10:30:00.12Z\"");
	binary(1184, 762480000 * MICROS, 8, "\"2024-02-29T00:00:00Z\"");
	binary(1184, 3160857599 * MICROS, 8, "\"2100-02-28T23:59:59Z\"");
	binary(1184, 3160857600 * MICROS, 8, "\"2100-03-01T00:00:00Z\"");
	binary(1184, (uint64_t)(-946684800 * MICROS), 8,
	    "\"1970-01-01T00:00:00Z\"");
	binary(1184, (uint64_t)(-12591158400 * MICROS), 8,
	    "\"1601-01-01T00:00:00Z\"");
	binary(1184, INT64_MAX, 8, "null");
	binary(1184, (uint64_t)INT64_MIN, 8, "null");

	text(1184, "2025-09-05 10:30:00.12+00", "\"2025-09-05T10:30:00.12Z\"");
	text(1184, "infinity", "null");
	text(1184, "-infinity", "null");
	text(1184, "0044-03-15 00:00:00+00 BC", "null");
	text(1184, "10000-01-01 00:00:00+00", "null");
	text(16, "t", "true");
	text(1700, "1.50", "1.50");
	text(114, "[1]", "[1]");
	text(25, "tab\there", "\"tab\\u0009here\"");

	return (check_end());
}
