#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "data/percent.h"
#include "http/route.h"

/* The rows of one path; the literal is all before its first parameter. */
struct path {
	const struct route	*rows;
	size_t			nrows;
	struct span		literal;
	int			exact;		/* no parameter follows */
};

static const struct path	*paths_made(size_t *);
static int	path_could_be(const struct path *, struct span);
static int	path_matches(struct arena *, const char *, struct span,
		    struct span *);
static int	segment_next(struct span *, struct span *);
static struct span	slash_cut(struct span);

enum route_match
route_find(struct arena *arena, enum head_method method, struct span path,
    const struct route **out, struct span *params)
{
	const struct path	*paths;
	size_t			i, k, npaths;
	int			encoded;

	*out = NULL;
	if (method == METHOD_HEAD)
		method = METHOD_GET;

	path = slash_cut(path);
	encoded = memchr(path.data, '%', path.len) != NULL;
	paths = paths_made(&npaths);
	for (i = 0; i < npaths; i++) {
		if ((!encoded && !path_could_be(&paths[i], path)) ||
		    !path_matches(arena, paths[i].rows->path, path, params))
			continue;

		*out = paths[i].rows;
		for (k = 0; k < paths[i].nrows; k++) {
			if (paths[i].rows[k].method == method) {
				*out = &paths[i].rows[k];
				return (ROUTE_FOUND);
			}
		}
		return (ROUTE_METHOD);
	}

	return (ROUTE_UNKNOWN);
}

/* Rows of one path stand together: each path is compared once. */
static const struct path *
paths_made(size_t *npaths)
{
	static struct path	*paths;
	static size_t		n;
	const struct route	*row;
	const char		*brace;

	*npaths = n;
	if (paths != NULL)
		return (paths);

	if ((paths = calloc(nroutes, sizeof(*paths))) == NULL)
		err(1, "out of memory");
	for (row = routes; row < routes + nroutes; row++) {
		if (n > 0 && strcmp(row->path, paths[n - 1].rows->path) == 0) {
			paths[n - 1].nrows++;
			continue;
		}
		brace = strchr(row->path, '{');
		paths[n].rows = row;
		paths[n].nrows = 1;
		paths[n].exact = brace == NULL;
		paths[n].literal = slash_cut(span_of(row->path));
		/* The slash before {name...} need not be there. */
		if (brace != NULL)
			paths[n].literal.len = (size_t)(brace - row->path) - 1;
		n++;
	}
	*npaths = n;

	return (paths);
}

/* A look that is cheap; not for a path that is percent-encoded. */
static int
path_could_be(const struct path *path, struct span have)
{
	if (path->exact ? have.len != path->literal.len :
	    have.len < path->literal.len)
		return (0);

	return (memcmp(have.data, path->literal.data, path->literal.len) == 0);
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

	rest = slash_cut(span_of(template));
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

/* A slash at the end makes no difference. */
static struct span
slash_cut(struct span path)
{
	if (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;

	return (path);
}
