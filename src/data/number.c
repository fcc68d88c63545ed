#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "data/number.h"

#define NUMBER_TEXT_MAX	400	/* beyond it a float is out of range anyway */

static enum number_result	parse_text(struct span, int64_t *);
static enum number_result	parse_float(struct span, int64_t *);

enum number_result
number_of_value(const struct value *value, int64_t *out)
{
	switch (value->type) {
	case VALUE_INTEGER:
		*out = value->integer;
		return (NUMBER_OK);
	case VALUE_BOOL:
		*out = value->boolean;
		return (NUMBER_OK);
	case VALUE_NUMBER:
		return (parse_float(value->text, out));
	case VALUE_STRING:
		return (parse_text(value->text, out));
	default:
		return (NUMBER_TYPE);
	}
}

/*
 * Blanks around, a sign, digits with single underscores between them, and a
 * fraction of nothing but zeros: what pydantic reads as an integer.
 */
static enum number_result
parse_text(struct span text, int64_t *out)
{
	const char	*p = text.data, *end = text.data + text.len;
	int64_t		number;
	int		negative, digits;

	while (p < end && isspace((unsigned char)*p))
		p++;
	while (p < end && isspace((unsigned char)end[-1]))
		end--;

	negative = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;

	number = 0;
	for (digits = 0; p < end; p++) {
		if (*p == '_' && digits > 0 && end - p > 1 &&
		    isdigit((unsigned char)p[1]))
			continue;
		if (!isdigit((unsigned char)*p))
			break;
		digits++;
		if (number > (INT64_MAX - 9) / 10)
			number = INT64_MAX / 10 - 1;	/* stays beyond int4 */
		number = number * 10 + (*p - '0');
	}
	if (digits == 0)
		return (NUMBER_UNPARSABLE);

	if (end - p > 1 && *p == '.') {
		p++;
		while (p < end && *p == '0')
			p++;
	}
	if (p != end)
		return (NUMBER_UNPARSABLE);

	*out = negative ? -number : number;
	return (NUMBER_OK);
}

static enum number_result
parse_float(struct span text, int64_t *out)
{
	char	copy[NUMBER_TEXT_MAX + 1];
	double	number;

	if (text.len > NUMBER_TEXT_MAX) {
		*out = text.data[0] == '-' ? INT64_MIN : INT64_MAX;
		return (NUMBER_OK);
	}
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';

	number = strtod(copy, NULL);
	if (number >= 9.2e18)
		*out = INT64_MAX;
	else if (number <= -9.2e18)
		*out = INT64_MIN;
	else if (floor(number) != number)
		return (NUMBER_FRACTION);
	else
		*out = (int64_t)number;

	return (NUMBER_OK);
}
