#include <string.h>

#include "data/percent.h"
#include "http/route.h"

static int	path_matches(struct arena *, const char *, struct span,
		    struct span *);
static int	segment_next(struct span *, struct span *);

enum route_match
route_find(struct arena *arena, enum head_method method, struct span path,
    const struct route **out, struct span *params)
{
	const char		*template;
	enum route_match	match;
	size_t			i;
	int			same;

	*out = NULL;
	if (method == METHOD_HEAD)
		method = METHOD_GET;

	/* Rows of one path stand together: each path is compared once. */
	template = "";
	same = 0;
	match = ROUTE_UNKNOWN;
	for (i = 0; i < nroutes; i++) {
		if (strcmp(routes[i].path, template) != 0) {
			if (match != ROUTE_UNKNOWN)
				break;
			template = routes[i].path;
			same = path_matches(arena, template, path, params);
		}
		if (!same)
			continue;

		*out = &routes[i];
		match = ROUTE_METHOD;
		if (routes[i].method == method)
			return (ROUTE_FOUND);
	}

	return (match);
}

const char *
route_allow(struct arena *arena, const struct route *route)
{
	struct buffer	allow;
	const char	*text;
	size_t		i;

	buffer_init(&allow);
	for (i = 0; i < nroutes; i++) {
		if (strcmp(routes[i].path, route->path) != 0)
			continue;
		buffer_append_string(&allow,
		    head_method_name(routes[i].method));
		buffer_append_string(&allow,
		    routes[i].method == METHOD_GET ? ", HEAD, " : ", ");
	}
	buffer_append_string(&allow, "OPTIONS");
	text = arena_strndup(arena, allow.data, allow.len);
	buffer_cleanup(&allow);

	return (text);
}

/*
 * Compares segment by segment; {name} takes one segment that is not empty,
 * {name...} all that are left, or none.
 */
static int
path_matches(struct arena *arena, const char *template, struct span path,
    struct span *params)
{
	struct span	want, have, rest;
	int		nparams;

	if (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;

	rest.data = template;
	rest.len = strlen(template);
	if (rest.len > 1 && template[rest.len - 1] == '/')
		rest.len--;

	nparams = 0;
	while (segment_next(&rest, &want)) {
		if (want.len > 4 && want.data[0] == '{' &&
		    memcmp(want.data + want.len - 4, "...}", 4) == 0) {
			if (path.len > 0) {
				path.data++;
				path.len--;
			}
			return (percent_decode(arena, path, &params[nparams]));
		}
		if (!segment_next(&path, &have))
			return (0);
		if (memchr(have.data, '%', have.len) != NULL &&
		    !percent_decode(arena, have, &have))
			return (0);

		if (want.len > 0 && want.data[0] == '{') {
			if (have.len == 0)
				return (0);
			params[nparams++] = have;
		} else if (want.len != have.len ||
		    memcmp(want.data, have.data, want.len) != 0) {
			return (0);
		}
	}

	return (path.len == 0);
}

/* Takes "/segment" from the front; 0 when nothing is left. */
static int
segment_next(struct span *path, struct span *segment)
{
	const char	*end;
	size_t		len;

	if (path->len == 0 || path->data[0] != '/')
		return (0);

	end = memchr(path->data + 1, '/', path->len - 1);
	len = end == NULL ? path->len : (size_t)(end - path->data);
	segment->data = path->data + 1;
	segment->len = len - 1;
	path->data += len;
	path->len -= len;

	return (1);
}
