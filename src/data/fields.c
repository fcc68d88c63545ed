#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/email.h"
#include "data/fields.h"
#include "data/number.h"
#include "data/passphrase.h"
#include "data/timestamp.h"
#include "data/utf8.h"
#include "settings.h"

/* What is being read: passed down instead of six arguments. */
struct reading {
	struct arena		*arena;
	const struct field	*field;
	struct input		*input;
	struct json		*errors;
	int			nerrors;
	int			index;	/* in a list; -1 outside of one */
};

static const struct value	*find_value(const struct field *,
				    const struct field_sources *, size_t *,
				    struct value *);
static void	read_field(struct reading *, const struct value *);
static void	read_string(struct reading *, const struct value *);
static int	is_text(struct reading *, const struct value *);
static void	read_email(struct reading *, struct span);
static void	read_integer(struct reading *, const struct value *);
static void	read_boolean(struct reading *, const struct value *);
static void	read_timestamp(struct reading *, const struct value *);
static void	read_source(struct reading *, const struct value *);
static void	read_sources(struct reading *, const struct value *);
static const char	*find_source(const struct value *);
static void	read_object(struct reading *, const struct value *);
static void	read_number_id(struct reading *, struct span);
static void	read_room_id(struct reading *, struct span);
static void	give(struct reading *, struct span);
static void	give_text(struct reading *, const char *);
static void	error_begin(struct reading *, const char *, const char *);
static void	error_plain(struct reading *, const char *, const char *);
static void	error_reason(struct reading *, const char *, const char *,
		    const char *, const char *);
static void	error_limit(struct reading *, const char *, const char *,
		    const char *, int64_t);
static void	error_source(struct reading *);

static const char *const places[] = { "path", "query", "body" };

/* livekit/protocol livekit_models.proto, TrackSource */
static const char *const track_sources[] = {
	"CAMERA", "MICROPHONE", "SCREEN_SHARE", "SCREEN_SHARE_AUDIO"
};
#define TRACK_SOURCES	(sizeof(track_sources) / sizeof(track_sources[0]))

int
fields_read(struct arena *arena, const struct field *fields, size_t nfields,
    const struct field_sources *sources, struct input *inputs,
    struct json *errors)
{
	struct reading		r;
	struct value		holder;
	const struct value	*value;
	size_t			i, npath;

	r.arena = arena;
	r.errors = errors;
	r.nerrors = 0;
	r.index = -1;

	npath = 0;
	for (i = 0; i < nfields; i++) {
		r.field = &fields[i];
		r.input = &inputs[i];
		r.input->state = INPUT_ABSENT;
		r.input->text = NULL;
		r.input->len = 0;
		r.input->value = NULL;

		value = find_value(r.field, sources, &npath, &holder);
		read_field(&r, value);

		if (r.input->state != INPUT_GIVEN &&
		    r.field->fallback != NULL) {
			r.input->text = r.field->fallback;
			r.input->len = strlen(r.field->fallback);
		}
	}

	return (r.nerrors);
}

void
fields_body_error(struct json *errors, const char *type, const char *message)
{
	json_object_begin(errors);
	json_member(errors, "type", type);
	json_name(errors, "loc");
	json_array_begin(errors);
	json_put_text(errors, "body");
	json_array_end(errors);
	json_member(errors, "msg", message);
	json_object_end(errors);
}

static const struct value *
find_value(const struct field *field, const struct field_sources *sources,
    size_t *npath, struct value *holder)
{
	const struct value	*value;

	switch (field->place) {
	case FIELD_PATH:
		memset(holder, 0, sizeof(*holder));
		holder->type = VALUE_STRING;
		holder->text = sources->path[(*npath)++];
		return (holder);
	case FIELD_QUERY:
		return (sources->query == NULL ? NULL :
		    value_member(sources->query, field->name));
	default:
		value = sources->body == NULL ? NULL :
		    value_member(sources->body, field->name);
		if (sources->empty_is_absent && value != NULL &&
		    value->type == VALUE_STRING && value->text.len == 0)
			value = NULL;
		return (value);
	}
}

static void
read_field(struct reading *r, const struct value *value)
{
	if (value == NULL) {
		if (r->field->flags & FIELD_REQUIRED)
			error_plain(r, "missing", "Field required");
		return;
	}

	if (value->type == VALUE_NULL && (r->field->flags & FIELD_NULLABLE)) {
		r->input->state = INPUT_NULL;
		return;
	}

	switch (r->field->type) {
	case FIELD_INTEGER:
		read_integer(r, value);
		break;
	case FIELD_BOOLEAN:
		read_boolean(r, value);
		break;
	case FIELD_TIMESTAMP:
		read_timestamp(r, value);
		break;
	case FIELD_SOURCE:
		read_source(r, value);
		break;
	case FIELD_SOURCES:
		read_sources(r, value);
		break;
	case FIELD_OBJECT:
		read_object(r, value);
		break;
	case FIELD_NUMBER_ID:
		read_number_id(r, value->text);
		break;
	case FIELD_ROOM_ID:
		if (is_text(r, value))
			read_room_id(r, value->text);
		break;
	default:
		read_string(r, value);
		break;
	}
}

static void
read_string(struct reading *r, const struct value *value)
{
	const struct field	*field = r->field;
	const char		*pattern;
	int64_t			min;
	size_t			i, len;

	if (!is_text(r, value))
		return;

	min = field->type == FIELD_PASSWORD ?
	    settings->min_password_length : field->min;
	len = field->type == FIELD_PASSWORD ?
	    passphrase_length(value->text) : utf8_length(value->text);
	if ((int64_t)len < min) {
		error_limit(r, "string_too_short",
		    "String should have at least", "min_length", min);
		return;
	}
	if (field->max > 0 && (int64_t)len > field->max) {
		error_limit(r, "string_too_long",
		    "String should have at most", "max_length", field->max);
		return;
	}

	if (field->type == FIELD_PASSWORD &&
	    passphrase_is_common(value->text)) {
		error_plain(r, "value_error", "Value error, "
		    "this password is one of the most common ones");
		return;
	}

	for (i = 0; (field->flags & FIELD_LABEL) && i < value->text.len; i++) {
		if ((unsigned char)value->text.data[i] < 0x20 ||
		    value->text.data[i] == 0x7f) {
			error_plain(r, "value_error", "Value error, "
			    "control characters are not allowed");
			return;
		}
	}

	if ((field->flags & FIELD_PATTERN) &&
	    !span_is(value->text, field->fallback)) {
		pattern = arena_printf(r->arena, "^%s$", field->fallback);
		error_reason(r, "string_pattern_mismatch",
		    arena_printf(r->arena, "String should match pattern '%s'",
		    pattern), "pattern", pattern);
		return;
	}

	if (field->type == FIELD_EMAIL)
		read_email(r, value->text);
	else
		give(r, value->text);
}

/* Whether it is a string that a column takes, else an error. */
static int
is_text(struct reading *r, const struct value *value)
{
	if (value->type != VALUE_STRING) {
		error_plain(r, "string_type", "Input should be a valid string");
		return (0);
	}
	if (value->has_nul) {
		error_plain(r, "value_error",
		    "Value error, NUL characters are not allowed");
		return (0);
	}

	return (1);
}

static void
read_email(struct reading *r, struct span text)
{
	const char	*why;
	struct span	normal;

	if (!email_normalize(r->arena, text, &normal, &why)) {
		error_reason(r, "value_error", arena_printf(r->arena,
		    "value is not a valid email address: %s", why),
		    "reason", why);
		return;
	}
	/* Normalising can make it longer than what the column takes. */
	if (r->field->max > 0 &&
	    (int64_t)utf8_length(normal) > r->field->max) {
		error_limit(r, "string_too_long",
		    "String should have at most", "max_length", r->field->max);
		return;
	}
	give(r, normal);
}

static void
read_integer(struct reading *r, const struct value *value)
{
	const struct field	*field = r->field;
	int64_t			number;

	switch (number_of_value(value, &number)) {
	case NUMBER_OK:
		break;
	case NUMBER_FRACTION:
		error_plain(r, "int_from_float", "Input should be a valid "
		    "integer, got a number with a fractional part");
		return;
	case NUMBER_UNPARSABLE:
		error_plain(r, "int_parsing", "Input should be a valid "
		    "integer, unable to parse string as an integer");
		return;
	default:
		error_plain(r, "int_type", "Input should be a valid integer");
		return;
	}

	if (number < field->min) {
		error_limit(r, "greater_than_equal", "Input should be "
		    "greater than or equal to", "ge", field->min);
		return;
	}
	if (number > field->max && (field->flags & FIELD_CLAMPED))
		number = field->max;
	if (number > field->max) {
		error_limit(r, "less_than_equal", "Input should be "
		    "less than or equal to", "le", field->max);
		return;
	}

	give_text(r, arena_printf(r->arena, "%" PRId64, number));
}

/* What the old service's clients may send for one: 1, "yes", "off", ... */
static void
read_boolean(struct reading *r, const struct value *value)
{
	static const char *const	words[2][6] = {
		{ "false", "f", "no", "n", "off", "0" },
		{ "true", "t", "yes", "y", "on", "1" },
	};
	int64_t				number;
	int				is, i;

	if (value->type == VALUE_STRING) {
		for (is = 0; is < 2; is++) {
			for (i = 0; i < 6; i++) {
				if (!span_is_nocase(value->text, words[is][i]))
					continue;
				give_text(r, words[is][0]);
				return;
			}
		}
	} else if (value->type == VALUE_ARRAY || value->type == VALUE_OBJECT ||
	    value->type == VALUE_NULL) {
		error_plain(r, "bool_type", "Input should be a valid boolean");
		return;
	} else if (number_of_value(value, &number) == NUMBER_OK &&
	    (number == 0 || number == 1)) {
		give_text(r, words[number][0]);
		return;
	}

	error_plain(r, "bool_parsing",
	    "Input should be a valid boolean, unable to interpret input");
}

static void
read_timestamp(struct reading *r, const struct value *value)
{
	char	text[TIMESTAMP_MAX];

	if (value->type != VALUE_STRING) {
		error_plain(r, "datetime_type",
		    "Input should be a valid datetime");
		return;
	}
	switch (timestamp_parse(value->text, text)) {
	case TIMESTAMP_OK:
		give_text(r, text);
		break;
	case TIMESTAMP_NO_ZONE:
		error_plain(r, "timezone_aware",
		    "Input should have timezone info");
		break;
	default:
		error_plain(r, "datetime_parsing", "Input should be a valid "
		    "datetime, as RFC 3339 has it");
		break;
	}
}

static void
read_source(struct reading *r, const struct value *value)
{
	const char	*source;

	if ((source = find_source(value)) == NULL)
		error_source(r);
	else
		give_text(r, source);
}

/*
 * Each of the list's members that is none of them is an error of its own. What
 * is said again is not passed on again.
 */
static void
read_sources(struct reading *r, const struct value *value)
{
	const struct member	*member;
	const char		*source, *seen[TRACK_SOURCES];
	size_t			i, nseen = 0;
	struct buffer		out;
	struct json		json;
	int			nerrors;

	if (value->type != VALUE_ARRAY) {
		error_plain(r, "list_type", "Input should be a valid list");
		return;
	}

	buffer_init(&out);
	json_init(&json, &out);
	json_array_begin(&json);
	nerrors = r->nerrors;
	for (member = value->members; member != NULL; member = member->next) {
		r->index++;
		source = find_source(&member->value);
		if (source == NULL) {
			error_source(r);
			continue;
		}
		for (i = 0; i < nseen && seen[i] != source; i++)
			continue;
		if (i < nseen)
			continue;
		seen[nseen++] = source;
		json_put_text(&json, source);
	}
	r->index = -1;
	json_array_end(&json);
	if (r->nerrors == nerrors)
		give(r, (struct span){ out.data, out.len });
	buffer_cleanup(&out);
}

static const char *
find_source(const struct value *value)
{
	size_t	i;

	for (i = 0; value->type == VALUE_STRING && i < TRACK_SOURCES; i++) {
		if (span_is_nocase(value->text, track_sources[i]))
			return (track_sources[i]);
	}

	return (NULL);
}

static void
read_object(struct reading *r, const struct value *value)
{
	if (value->type != VALUE_OBJECT) {
		error_plain(r, "dict_type",
		    "Input should be a valid dictionary");
		return;
	}
	r->input->state = INPUT_GIVEN;
	r->input->value = value;
}

static void
read_number_id(struct reading *r, struct span text)
{
	struct value	value;
	int64_t		number;
	char		*id;

	memset(&value, 0, sizeof(value));
	value.type = VALUE_STRING;
	value.text = text;
	if (number_of_value(&value, &number) != NUMBER_OK) {
		error_plain(r, "int_parsing", "Input should be a valid "
		    "integer, unable to parse string as an integer");
		return;
	}

	/* Nobody has an id beyond the column's range: found, and empty. */
	r->input->state = INPUT_GIVEN;
	if (number >= 0 && number <= INT32_MAX) {
		id = arena_printf(r->arena, "%" PRId64, number);
		give(r, span_of(id));
	}
}

static void
read_room_id(struct reading *r, struct span text)
{
	struct value	value;
	int64_t		number;
	char		*id;

	r->input->state = INPUT_GIVEN;
	if (text.len > 5 && memcmp(text.data, "room_", 5) == 0) {
		give(r, text);
		return;
	}

	/* Neither the name nor a number in range: no room has that id. */
	memset(&value, 0, sizeof(value));
	value.type = VALUE_STRING;
	value.text = text;
	if (number_of_value(&value, &number) == NUMBER_OK && number >= 0 &&
	    number <= INT32_MAX) {
		id = arena_printf(r->arena, "%" PRId64, number);
		give(r, span_of(id));
	}
}

static void
give(struct reading *r, struct span text)
{
	r->input->state = INPUT_GIVEN;
	r->input->text = arena_strndup(r->arena, text.data, text.len);
	r->input->len = text.len;
}

static void
give_text(struct reading *r, const char *text)
{
	give(r, span_of(text));
}

static void
error_begin(struct reading *r, const char *type, const char *message)
{
	r->nerrors++;
	json_object_begin(r->errors);
	json_member(r->errors, "type", type);
	json_name(r->errors, "loc");
	json_array_begin(r->errors);
	json_put_text(r->errors, places[r->field->place]);
	json_put_text(r->errors, r->field->name);
	if (r->index >= 0)
		json_put_integer(r->errors, r->index);
	json_array_end(r->errors);
	json_member(r->errors, "msg", message);
}

static void
error_plain(struct reading *r, const char *type, const char *message)
{
	error_begin(r, type, message);
	json_object_end(r->errors);
}

/* An error whose ctx says what it is about. */
static void
error_reason(struct reading *r, const char *type, const char *message,
    const char *name, const char *text)
{
	error_begin(r, type, message);
	json_name(r->errors, "ctx");
	json_object_begin(r->errors);
	json_member(r->errors, name, text);
	json_object_end(r->errors);
	json_object_end(r->errors);
}

static void
error_limit(struct reading *r, const char *type, const char *message,
    const char *name, int64_t limit)
{
	const char	*unit;

	unit = strncmp(type, "string", 6) != 0 ? "" :
	    limit == 1 ? " character" : " characters";
	error_begin(r, type, arena_printf(r->arena, "%s %" PRId64 "%s",
	    message, limit, unit));
	json_name(r->errors, "ctx");
	json_object_begin(r->errors);
	json_name(r->errors, name);
	json_put_integer(r->errors, limit);
	json_object_end(r->errors);
	json_object_end(r->errors);
}

static void
error_source(struct reading *r)
{
	static const char	expected[] = "'CAMERA', 'MICROPHONE', "
	    "'SCREEN_SHARE' or 'SCREEN_SHARE_AUDIO'";

	error_reason(r, "literal_error", arena_printf(r->arena,
	    "Input should be %s", expected), "expected", expected);
}
