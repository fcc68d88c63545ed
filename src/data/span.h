#ifndef PARLEY_DATA_SPAN_H
#define PARLEY_DATA_SPAN_H

#include <stddef.h>
#include <string.h>
#include <strings.h>

/*
 * A stretch of bytes that somebody else owns. Not NUL-terminated unless the
 * function that gave it says so; data is never NULL when len is above 0.
 */
struct span {
	const char	*data;
	size_t		len;
};

/* A span over a string literal. */
#define SPAN(literal)	((struct span){ (literal), sizeof(literal) - 1 })

/* Marks a function whose result must be looked at. */
#define MUST_CHECK	__attribute__((warn_unused_result))

/* A span over a C string, or over nothing for NULL. */
static inline struct span
span_of(const char *text)
{
	struct span	s = { text, text == NULL ? 0 : strlen(text) };

	return (s);
}

static inline int
span_is(struct span s, const char *text)
{
	return (strlen(text) == s.len && memcmp(s.data, text, s.len) == 0);
}

/* As span_is, ASCII letters compared without case. */
static inline int
span_is_nocase(struct span s, const char *text)
{
	return (strlen(text) == s.len && strncasecmp(s.data, text, s.len) == 0);
}

#endif
