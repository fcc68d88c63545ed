#include <string.h>

#include "http/negotiate.h"
#include "http/octet.h"

#define QUALITY_MAX	1000	/* a weight of 1: they have three digits */
#define QUALITY_NONE	(-1)

static int		element_next(struct span *, struct span *, int *);
static int		quality_read(struct span, int *);
static struct span	split(struct span *, char);
static int		type_quality(const struct span *, const char *);

static const char *const coding_names[CODING__MAX] = {
	[CODING_IDENTITY] = "identity",
	[CODING_GZIP] = "gzip",
	[CODING_BROTLI] = "br",
};

const char *
coding_name(enum coding coding)
{
	return (coding_names[coding]);
}

enum coding
negotiate_coding(const struct span *field, const int there[])
{
	enum coding	best;
	struct span	rest, name;
	int		named[CODING__MAX], any, quality, most, i;

	if (field == NULL)
		return (CODING_IDENTITY);

	any = QUALITY_NONE;
	for (i = 0; i < CODING__MAX; i++)
		named[i] = QUALITY_NONE;

	rest = *field;
	while (element_next(&rest, &name, &quality)) {
		if (span_is(name, "*"))
			any = quality;
		else if (span_is_nocase(name, "x-gzip"))
			named[CODING_GZIP] = quality;
		for (i = 0; i < CODING__MAX; i++) {
			if (span_is_nocase(name, coding_names[i]))
				named[i] = quality;
		}
	}

	best = CODING_IDENTITY;
	most = 0;
	for (i = 0; i < CODING__MAX; i++) {
		if (i != CODING_IDENTITY && !there[i])
			continue;
		quality = named[i] != QUALITY_NONE ? named[i] : any;
		/* Not refused is not asked for: the least there is. */
		if (quality == QUALITY_NONE)
			quality = i == CODING_IDENTITY ? 1 : 0;
		if (quality > 0 && quality >= most) {
			best = (enum coding)i;
			most = quality;
		}
	}

	return (best);
}

int
negotiate_over_json(const struct span *field, const char *type)
{
	if (field == NULL)
		return (0);

	return (type_quality(field, type) >
	    type_quality(field, "application/json"));
}

/* The weight of a media type, by the most specific range that covers it. */
static int
type_quality(const struct span *field, const char *type)
{
	struct span	rest, range;
	size_t		major;
	int		quality, found[3], i;

	major = (size_t)(strchr(type, '/') - type) + 1;
	for (i = 0; i < 3; i++)
		found[i] = QUALITY_NONE;

	rest = *field;
	while (element_next(&rest, &range, &quality)) {
		if (span_is_nocase(range, type))
			found[0] = quality;
		else if (range.len == major + 1 && range.data[major] == '*' &&
		    strncasecmp(range.data, type, major) == 0)
			found[1] = quality;
		else if (span_is(range, "*/*"))
			found[2] = quality;
	}

	for (i = 0; i < 3; i++) {
		if (found[i] != QUALITY_NONE)
			return (found[i]);
	}

	return (0);
}

/* RFC 9110 section 13.1.2: compared weakly, so "W/" makes no difference. */
int
negotiate_has_tag(const struct span *field, const char *tag)
{
	struct span	rest, one;
	const char	*end;

	if (field == NULL)
		return (0);
	if (span_is(*field, "*"))
		return (1);

	/* A tag may hold commas: they end at their quotes. */
	rest = *field;
	while (rest.len > 0) {
		if (rest.data[0] != '"') {
			rest.data++;
			rest.len--;
			continue;
		}
		end = memchr(rest.data + 1, '"', rest.len - 1);
		if (end == NULL)
			return (0);
		one.data = rest.data;
		one.len = (size_t)(end - rest.data) + 1;
		if (span_is(one, tag))
			return (1);
		rest.data += one.len;
		rest.len -= one.len;
	}

	return (0);
}

/* Takes "name;a=b;q=0.5" from the front of a list; false at its end. */
static int
element_next(struct span *rest, struct span *name, int *quality)
{
	struct span	element, parameter;
	int		valid;

	while (rest->len > 0) {
		element = split(rest, ',');
		*name = octets_trim(split(&element, ';'));
		*quality = QUALITY_MAX;
		valid = name->len > 0;
		while (element.len > 0) {
			parameter = octets_trim(split(&element, ';'));
			if (parameter.len < 2 || parameter.data[1] != '=' ||
			    (parameter.data[0] | 0x20) != 'q')
				continue;
			parameter.data += 2;
			parameter.len -= 2;
			valid = valid && quality_read(parameter, quality);
		}
		if (valid)
			return (1);
	}

	return (0);
}

/* RFC 9110 section 12.4.2: "0", "0.5", "1.000"; three decimals at most. */
static int
quality_read(struct span text, int *quality)
{
	size_t	i;
	int	value, unit;

	if (text.len == 0 || text.len > 5 ||
	    (text.data[0] != '0' && text.data[0] != '1') ||
	    (text.len > 1 && text.data[1] != '.'))
		return (0);

	value = text.data[0] == '1' ? QUALITY_MAX : 0;
	unit = QUALITY_MAX;
	for (i = 2; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return (0);
		unit /= 10;
		value += (text.data[i] - '0') * unit;
	}
	if (value > QUALITY_MAX)
		return (0);
	*quality = value;

	return (1);
}

/* Takes what comes before the separator, and the separator. */
static struct span
split(struct span *rest, char separator)
{
	struct span	part;
	const char	*end;

	part = *rest;
	end = memchr(rest->data, separator, rest->len);
	if (end == NULL) {
		rest->len = 0;
	} else {
		part.len = (size_t)(end - part.data);
		rest->data += part.len + 1;
		rest->len -= part.len + 1;
	}

	return (part);
}
