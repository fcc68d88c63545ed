#ifndef PARLEY_DATA_JSON_WRITE_H
#define PARLEY_DATA_JSON_WRITE_H

#include <stdint.h>

#include "data/buffer.h"

/*
 * The one writer of JSON (RFC 8259). It puts the commas and escapes every
 * string; what it writes is valid as long as begin and end calls pair up.
 * Strings must be valid UTF-8 (they come from PostgreSQL or were checked).
 */
struct json {
	struct buffer	*out;
	int		comma;	/* a value stands before the next one */
};

/* Writes to the end of a buffer that the caller owns. */
void	json_init(struct json *, struct buffer *);

void	json_object_begin(struct json *);
void	json_object_end(struct json *);
void	json_array_begin(struct json *);
void	json_array_end(struct json *);

/* The name of an object's next member. */
void	json_name(struct json *, const char *);
void	json_name_string(struct json *, const char *, size_t len);

void	json_put_string(struct json *, const char *, size_t len);
void	json_put_text(struct json *, const char *);	/* NULL writes null */
void	json_put_integer(struct json *, int64_t);
void	json_put_boolean(struct json *, int);
void	json_put_null(struct json *);

/* A value that is JSON already: a number from the database, say. */
void	json_put_raw(struct json *, const char *, size_t len);

/* A string member of one call, the commonest thing of all. */
void	json_member(struct json *, const char *name, const char *text);

/* A string as JSON writes it, quotes included; no more is seen to. */
void	json_quote(struct buffer *, const char *text, size_t len);

#endif
