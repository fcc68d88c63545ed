#include <arpa/inet.h>

#include <stdlib.h>
#include <string.h>

#include "db/many.h"

#define OID_TEXT	25	/* in pg_type, fixed for good */

static void	append_int32(struct buffer *, uint32_t);
static unsigned long	count_params(const char *);

/*
 * `offset 0' keeps the planner from taking the statement apart: each is looked
 * up by index, as one is, and never by joining whole tables.
 */
void
many_sql(struct buffer *out, const char *sql, const char *order)
{
	const char	*dollar;
	unsigned long	i, count;
	char		*end;

	count = count_params(sql);

	buffer_append_string(out, "select each.* from ");
	if (order != NULL)
		buffer_append_string(out, "(select * from ");
	buffer_append_string(out, "unnest(");
	for (i = 1; i <= count; i++)
		buffer_printf(out, "%s$%lu::text[]", i > 1 ? ", " : "", i);
	buffer_append_string(out, ") with ordinality as asked (");
	for (i = 1; i <= count; i++)
		buffer_printf(out, "p%lu, ", i);
	buffer_append_string(out, "place)");
	if (order != NULL)
		buffer_printf(out, " order by %s, place offset 0) asked",
		    order);
	buffer_append_string(out, " cross join lateral ("
	    "select one.* from (\n");

	while ((dollar = strchr(sql, '$')) != NULL) {
		buffer_append(out, sql, (size_t)(dollar - sql));
		buffer_printf(out, "asked.p%lu",
		    strtoul(dollar + 1, &end, 10));
		sql = end;
	}
	buffer_append_string(out, sql);

	buffer_append_string(out, "\n) one offset 0) each "
	    "order by asked.place");
	buffer_append(out, "", 1);
}

void
many_begin(struct buffer *out, size_t count, int has_null)
{
	append_int32(out, 1);			/* dimensions */
	append_int32(out, has_null ? 1 : 0);
	append_int32(out, OID_TEXT);
	append_int32(out, (uint32_t)count);
	append_int32(out, 1);			/* the first one's index */
}

void
many_append(struct buffer *out, const char *value)
{
	size_t	len;

	if (value == NULL) {
		append_int32(out, (uint32_t)-1);
		return;
	}
	len = strlen(value);
	append_int32(out, (uint32_t)len);
	buffer_append(out, value, len);
}

static void
append_int32(struct buffer *out, uint32_t value)
{
	value = htonl(value);
	buffer_append(out, &value, sizeof(value));
}

/* The highest $n. */
static unsigned long
count_params(const char *sql)
{
	unsigned long	n, highest;

	highest = 0;
	while ((sql = strchr(sql, '$')) != NULL) {
		n = strtoul(++sql, NULL, 10);
		if (n > highest)
			highest = n;
	}

	return (highest);
}
