#ifndef PARLEY_DATA_FIELDS_H
#define PARLEY_DATA_FIELDS_H

#include <stdint.h>

#include "data/arena.h"
#include "data/json_write.h"
#include "data/value.h"

/*
 * What a request may carry is a table of fields: where each stands, its type,
 * its limits. fields_read() checks all of them and reports every error at
 * once, in the words that clients of the old service know (pydantic's).
 */

#define FIELDS_MAX		12	/* of one endpoint */

enum field_place {
	FIELD_PATH,
	FIELD_QUERY,
	FIELD_BODY
};

enum field_type {
	FIELD_STRING,		/* min and max count characters */
	FIELD_PASSWORD,		/* a new one: min is MIN_PASSWORD_LENGTH */
	FIELD_EMAIL,		/* RFC 5321 shape; the domain is lower-cased */
	FIELD_INTEGER,
	FIELD_BOOLEAN,		/* text is "true" or "false" */
	FIELD_TIMESTAMP,	/* RFC 3339, with a zone */
	FIELD_SOURCE,		/* of a track, as LiveKit names it, any case */
	FIELD_SOURCES,		/* a list of those; text is it as JSON */
	FIELD_OBJECT,		/* taken as it is: input.value */
	FIELD_NUMBER_ID,	/* in a path: beyond int4 it is nobody's id */
	FIELD_ROOM_ID		/* a room's number or room_... */
};

enum field_flag {
	FIELD_REQUIRED	= 0x01,
	FIELD_NULLABLE	= 0x02,	/* null is taken, and is not an error */
	FIELD_LABEL	= 0x04,	/* no control characters */
	FIELD_PATTERN	= 0x08,	/* must be the fallback text, if given */
	FIELD_CLAMPED	= 0x10,	/* above max is served as max */
	FIELD_PATCH	= 0x20	/* absent means unchanged: whether it was given
				   is a parameter of its own, before it */
};

struct field {
	enum field_place	place;
	const char		*name;
	enum field_type		type;
	int			flags;
	int64_t			min;
	int64_t			max;
	const char		*fallback;	/* when absent or null */
};

enum input_state {
	INPUT_ABSENT,
	INPUT_NULL,
	INPUT_GIVEN
};

struct input {
	enum input_state	state;
	const char		*text;	/* NUL-terminated; NULL when not given
					   and without a fallback */
	size_t			len;
	const struct value	*value;	/* an object; NULL when not given */
};

/* Where the fields are looked for; NULL members hold nothing. */
struct field_sources {
	const struct span	*path;	/* values of path fields, in order */
	const struct value	*query;	/* an object of strings, or NULL */
	const struct value	*body;	/* an object, or NULL: nothing there */
	int			empty_is_absent;	/* in the body: a form's */
};

/*
 * Fills inputs[i] for fields[i], texts in the arena. Writes each error as an
 * object into the array that is open in errors, and returns their number.
 */
int	fields_read(struct arena *, const struct field *, size_t nfields,
	    const struct field_sources *, struct input *, struct json *errors)
	    MUST_CHECK;

/* One error of a body as a whole: {"type","loc":["body"],"msg"}. */
void	fields_body_error(struct json *errors, const char *type,
	    const char *message);

#endif
