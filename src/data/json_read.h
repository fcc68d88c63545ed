#ifndef PARLEY_DATA_JSON_READ_H
#define PARLEY_DATA_JSON_READ_H

#include <stddef.h>

#include "data/arena.h"
#include "data/span.h"
#include "data/value.h"

/*
 * Bounds on what is accepted (RFC 8259, section 9, leaves them to us): no
 * endpoint takes more than three levels or some dozens of values, and a
 * megabyte of "[[[[" or "0,0,0," must not become a hundred of memory.
 */
#define JSON_DEPTH_MAX	64
#define JSON_VALUES_MAX	10000

enum json_result {
	JSON_OK,
	JSON_EMPTY,		/* no octets at all */
	JSON_INVALID
};

/*
 * Reads one JSON text (RFC 8259, strictly: UTF-8, no lone surrogates, nothing
 * of Python's or JavaScript's besides). Any value may stand alone. The value
 * lives in the arena; data is not needed afterwards and no copy of it is left
 * elsewhere.
 *
 * After JSON_INVALID *error_text says what was wrong in the words of Python's
 * json, a static string, and *error_offset where, in characters.
 *
 * Arrays and objects at the tenth level (KORE_JSON_DEPTH_MAX) are checked like
 * all others but come out empty: Kore's parser goes no deeper.
 *
 * Like all of Kore's memory, for the worker's own thread only.
 */
enum json_result	json_read(struct arena *, const char *data, size_t len,
			    struct value *out, size_t *error_offset,
			    const char **error_text) MUST_CHECK;

#endif
