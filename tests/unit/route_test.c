/* Which row a path and a method find. */
/* sources: src/http/route.c src/http/head.c src/http/framing.c
   src/http/target.c src/data/arena.c src/data/buffer.c src/data/percent.c
   src/data/utf8.c */

#include "http/route.h"

#include "check.h"

/* A table as the real one: rows of one path stand together. */
const struct route routes[] = {
	{ .method = METHOD_GET, .path = "/" },
	{ .method = METHOD_GET, .path = "/rooms/" },
	{ .method = METHOD_POST, .path = "/rooms/" },
	{ .method = METHOD_GET, .path = "/rooms/mine" },
	{ .method = METHOD_GET, .path = "/rooms/{id}" },
	{ .method = METHOD_DELETE, .path = "/rooms/{id}" },
	{ .method = METHOD_POST, .path = "/rooms/{id}/seats/{seat}" },
	{ .method = METHOD_GET, .path = "/docs/{file...}" },
	{ .method = METHOD_GET, .path = "/{single}" },
};
const size_t	nroutes = sizeof(routes) / sizeof(routes[0]);

static const struct {
	enum head_method	method;
	const char		*path;
	int			row;		/* -1: none */
	enum route_match	match;
	const char		*first, *second;
} cases[] = {
	{ METHOD_GET, "/", 0, ROUTE_FOUND, NULL, NULL },
	{ METHOD_HEAD, "/", 0, ROUTE_FOUND, NULL, NULL },
	{ METHOD_PUT, "/", 0, ROUTE_METHOD, NULL, NULL },
	{ METHOD_GET, "//", 0, ROUTE_FOUND, NULL, NULL },
	{ METHOD_GET, "/rooms", 1, ROUTE_FOUND, NULL, NULL },
	{ METHOD_POST, "/rooms/", 2, ROUTE_FOUND, NULL, NULL },
	{ METHOD_POST, "/%72ooms", 2, ROUTE_FOUND, NULL, NULL },
	{ METHOD_GET, "/Rooms", 8, ROUTE_FOUND, "Rooms", NULL },
	{ METHOD_GET, "/rooms/mine", 3, ROUTE_FOUND, NULL, NULL },
	{ METHOD_GET, "/rooms/%6dine/", 3, ROUTE_FOUND, NULL, NULL },
	{ METHOD_GET, "/rooms/mines", 4, ROUTE_FOUND, "mines", NULL },
	{ METHOD_GET, "/rooms/a%2Fb", 4, ROUTE_FOUND, "a/b", NULL },
	{ METHOD_DELETE, "/rooms/7/", 5, ROUTE_FOUND, "7", NULL },
	{ METHOD_POST, "/rooms/7", 4, ROUTE_METHOD, "7", NULL },
	{ METHOD_GET, "/rooms//", -1, ROUTE_UNKNOWN, NULL, NULL },
	{ METHOD_GET, "/rooms/%", -1, ROUTE_UNKNOWN, NULL, NULL },
	{ METHOD_GET, "/rooms/7/seats", -1, ROUTE_UNKNOWN, NULL, NULL },
	{ METHOD_POST, "/rooms/7/seats/9", 6, ROUTE_FOUND, "7", "9" },
	{ METHOD_POST, "/roomsx/7/seats/9", -1, ROUTE_UNKNOWN, NULL, NULL },
	{ METHOD_GET, "/docs", 7, ROUTE_FOUND, "", NULL },
	{ METHOD_GET, "/docs/a/b.js", 7, ROUTE_FOUND, "a/b.js", NULL },
	{ METHOD_GET, "/docsx", 8, ROUTE_FOUND, "docsx", NULL },
	{ METHOD_GET, "/docs%2Fa", 8, ROUTE_FOUND, "docs/a", NULL },
	{ METHOD_GET, "/a/b", -1, ROUTE_UNKNOWN, NULL, NULL },
};

static void
check_case(size_t i)
{
	struct arena		arena;
	struct span		params[8] = { { NULL, 0 } }, path;
	const struct route	*row;
	enum route_match	match;

	arena_init(&arena);
	path.data = cases[i].path;
	path.len = strlen(path.data);
	match = route_find(&arena, cases[i].method, path, &row, params);
	CHECK(match == cases[i].match, "%s: %d", cases[i].path, (int)match);
	CHECK(row == (cases[i].row < 0 ? NULL : &routes[cases[i].row]),
	    "%s: %s", cases[i].path, row == NULL ? "none" : row->path);
	if (cases[i].first != NULL)
		CHECK(span_is(params[0], cases[i].first), "%s: %.*s",
		    cases[i].path, (int)params[0].len, params[0].data);
	if (cases[i].second != NULL)
		CHECK(span_is(params[1], cases[i].second), "%s: %.*s",
		    cases[i].path, (int)params[1].len, params[1].data);
	arena_cleanup(&arena);
}

int
main(void)
{
	size_t	i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(i);

	return (check_end());
}
