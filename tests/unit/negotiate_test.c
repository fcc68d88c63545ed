/*
 * Which of several answers a request asks for.
 */
/* sources: src/http/negotiate.c */

#include <stdlib.h>
#include <string.h>

#include "http/negotiate.h"

#include "check.h"

#define I	CODING_IDENTITY
#define G	CODING_GZIP
#define B	CODING_BROTLI

static const struct {
	const char	*field;
	enum coding	all;	/* of identity, gzip and brotli */
	enum coding	gzip;	/* of identity and gzip */
} codings[] = {
	{ "", I, I },
	{ "br", B, I },
	{ "gzip", G, G },
	{ "x-gzip", G, G },
	{ "X-GZIP;q=0.5", G, G },
	{ "br, gzip", B, G },
	{ "gzip, br", B, G },
	{ "BR, GZIP", B, G },
	{ "*", B, G },
	{ "*;q=0.1", B, G },
	{ "*;q=0", I, I },
	{ "identity;q=0", I, I },
	{ "identity;q=0, br;q=0, gzip;q=0", I, I },
	{ "gzip;q=1, br;q=0.999", G, G },
	{ "gzip;q=0.001", G, G },
	{ "gzip;q=0", I, I },
	{ "gzip;q=0.000", I, I },
	{ "gzip;q=0,*", B, I },
	{ "identity", I, I },
	{ "identity, gzip", G, G },
	{ "identity;q=0.9, gzip;q=0.8, br;q=0.7", I, I },
	{ "identity;q=0.5, *;q=0.4", I, I },
	{ "gzip ; q=0.2 , br\t;\tQ=0.1", G, G },
	{ ",,, ,gzip,,", G, G },
	{ ";q=1, gzip", G, G },
	{ "gzip;level=9", G, G },
	{ "gzip;level=9;q=0", I, I },
	/* A weight that is none: as if its element were not there. */
	{ "gzip;q=", I, I },
	{ "gzip;q=2", I, I },
	{ "gzip;q=1.001", I, I },
	{ "gzip;q=1.000", G, G },
	{ "gzip;q=0.1234", I, I },
	{ "gzip;q=.5", I, I },
	{ "gzip;q=0,5", I, I },
	{ "gzip;q=-1", I, I },
	{ "gzip;q=0.5x", I, I },
	{ "gzip;q=0x5", I, I },
	{ "gzip;q=1.", G, G },
	{ "gzipp, gzi, b, brr", I, I },
};

static const struct {
	const char	*field;
	int		html;
} types[] = {
	{ "", 0 },
	{ "*/*", 0 },
	{ "text/html", 1 },
	{ "Text/HTML", 1 },
	{ "text/html;q=0", 0 },
	{ "text/*", 1 },
	{ "text/*;q=0.2, */*;q=0.1", 1 },
	{ "text/html, */*;q=0.8", 1 },
	{ "text/html, application/json", 0 },
	{ "text/html;q=0.5, application/json;q=0.4", 1 },
	{ "text/html;q=0.4, application/*;q=0.5", 0 },
	/* The most specific one counts, wherever it stands. */
	{ "text/html;q=0.1, text/*, */*;q=0.2", 0 },
	{ "*/*;q=0.2, text/*, text/html;q=0.3", 1 },
	{ "text", 0 },
	{ "text/", 0 },
	{ "/html", 0 },
	{ "text/htmlx", 0 },
	{ "text/html+xml", 0 },
};

static const struct {
	const char	*field;
	int		has;	/* "ab" */
} tags[] = {
	{ "", 0 },
	{ "*", 1 },
	{ "\"ab\"", 1 },
	{ "W/\"ab\"", 1 },
	{ "\"x\", \"ab\"", 1 },
	{ "\"x\",W/\"ab\",\"y\"", 1 },
	{ "\"a,b\", \"ab\"", 1 },
	{ "\"a\"", 0 },
	{ "\"abc\"", 0 },
	{ "\"AB\"", 0 },
	{ "ab", 0 },
	{ "\"ab", 0 },
	{ "ab\"", 0 },
	{ "\"", 0 },
	{ "\"\"", 0 },
	{ "\"x\" ab \"y\"", 0 },
	{ "\"*\"", 0 },
};

/* The text on the heap to its last octet, so that a read beyond it is seen. */
static struct span
exactly(const char *text, char **copy)
{
	struct span	span;

	span.len = strlen(text);
	*copy = malloc(span.len);
	if (span.len > 0)
		memcpy(*copy, text, span.len);
	span.data = *copy;

	return (span);
}

int
main(void)
{
	static const int	all[CODING__MAX] = { 1, 1, 1 };
	static const int	gzip[CODING__MAX] = { [I] = 1, [G] = 1 };
	struct span		field;
	char			*copy;
	size_t			i;

	for (i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		field = exactly(codings[i].field, &copy);
		CHECK(negotiate_coding(&field, all) == codings[i].all,
		    "%s", codings[i].field);
		CHECK(negotiate_coding(&field, gzip) == codings[i].gzip,
		    "%s", codings[i].field);
		free(copy);
	}
	CHECK(negotiate_coding(NULL, all) == I, "no field");

	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		field = exactly(types[i].field, &copy);
		CHECK(negotiate_over_json(&field, "text/html") ==
		    types[i].html, "%s", types[i].field);
		free(copy);
	}
	CHECK(!negotiate_over_json(NULL, "text/html"), "no field");

	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		field = exactly(tags[i].field, &copy);
		CHECK(negotiate_has_tag(&field, "\"ab\"") == tags[i].has,
		    "%s", tags[i].field);
		free(copy);
	}
	CHECK(!negotiate_has_tag(NULL, "\"ab\""), "no field");

	return (check_end());
}
