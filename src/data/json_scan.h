#ifndef PARLEY_DATA_JSON_SCAN_H
#define PARLEY_DATA_JSON_SCAN_H

#include <stddef.h>

#include "data/buffer.h"
#include "data/json_read.h"
#include "data/span.h"

/*
 * The first step of json_read(): is it JSON, and how is Kore told.
 *
 * What Kore cannot take is carried in strings, marked with the two octets that
 * occur in no UTF-8 text: CARRY_CONTROL stands before a control character
 * (which has its high bit set), CARRY_NUMBER opens a string that was a number.
 * Integers of up to 18 digits stay integers. Inside the CARRY_DEPTH-th level
 * nothing is carried.
 */
#define CARRY_CONTROL	'\xc0'
#define CARRY_NUMBER	'\xc1'
#define CARRY_DEPTH	10

/*
 * Checks one JSON text and appends its form for Kore to carried, which the
 * caller owns. False when it is no JSON or beyond the bounds of json_read.h:
 * *error_text says what is wrong at octet *error_pos.
 */
int	json_scan(const char *data, size_t len, struct buffer *carried,
	    size_t *error_pos, const char **error_text) MUST_CHECK;

#endif
