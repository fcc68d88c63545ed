#ifndef PARLEY_DATA_VALUE_H
#define PARLEY_DATA_VALUE_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

/*
 * What a body said, whichever its format was: json_read() and form_read() make
 * these and the field rules read them. All of it lives in the arena that was
 * given to the reader.
 */
enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INTEGER,		/* written without fraction or exponent, fits */
	VALUE_NUMBER,		/* any other number: its text is kept */
	VALUE_STRING,
	VALUE_ARRAY,
	VALUE_OBJECT
};

struct value {
	enum value_type	type;
	int		boolean;	/* VALUE_BOOL */
	int		has_nul;	/* VALUE_STRING: text holds a NUL octet */
	int64_t		integer;	/* VALUE_INTEGER */
	struct span	text;		/* VALUE_STRING: valid UTF-8, decoded;
					 * VALUE_NUMBER: as it was written;
					 * both with a NUL behind the end */
	struct member	*members;	/* VALUE_ARRAY and VALUE_OBJECT: the
					 * first, in the order of the text */
};

/* An array's members have empty names. */
struct member {
	struct span	name;		/* valid UTF-8, may hold NUL octets */
	struct value	value;
	struct member	*next;
};

/*
 * The value of that name in an object, or NULL when it has none or is no
 * object. RFC 8259 leaves repeated names open: the last one counts, as in
 * Python and in browsers.
 */
static inline const struct value *
value_member(const struct value *object, const char *name)
{
	const struct member	*member;
	const struct value	*found;

	found = NULL;
	if (object->type != VALUE_OBJECT)
		return (NULL);
	for (member = object->members; member != NULL; member = member->next) {
		if (span_is(member->name, name))
			found = &member->value;
	}

	return (found);
}

#endif
