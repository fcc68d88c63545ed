/* Reads a statement for one and prints the one for many. */
/* sources: src/db/many.c src/data/buffer.c */

#include <stdio.h>

#include "db/many.h"

int
main(int argc, char **argv)
{
	static char	sql[65536];
	struct buffer	many;

	(void)fread(sql, 1, sizeof(sql) - 1, stdin);
	buffer_init(&many);
	many_sql(&many, sql, argc > 1 ? argv[1] : NULL);
	(void)fputs(many.data, stdout);
	buffer_cleanup(&many);

	return (0);
}
