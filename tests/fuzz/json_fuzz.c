/*
 * Any octets as JSON, with jansson as the oracle: the same texts are taken, but
 * for the differences named in differ(), and they say the same.
 */
/* sources: src/data/arena.c src/data/buffer.c src/data/json_read.c
   src/data/json_scan.c src/data/utf8.c tests/unit/kore_stubs.c
   kore:json.c kore:buf.c kore:mem.c kore:pool.c kore:utils.c */
/* libraries: -lcrypto -ljansson */

#include <sys/types.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <kore/kore.h>

#include "data/json_read.h"
#include "data/utf8.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

int	LLVMFuzzerInitialize(int *, char ***);
int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void	compare(const struct value *, json_t *, int);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	kore_mem_init();

	return (0);
}

/* Where one of the two refuses a text, it must be for one of these reasons. */
static void
differ(enum json_result result, const char *error_text, json_error_t *error,
    int nul)
{
	switch (result) {
	case JSON_OK:
		/*
		 * jansson has no integers beyond 64 bits and no numbers beyond
		 * a double, where we keep the text, and no NUL in a name.
		 */
		HOLDS(json_error_code(error) == json_error_numeric_overflow ||
		    json_error_code(error) == json_error_null_byte_in_key);
		break;
	case JSON_INVALID:
		/* jansson passes over a NUL octet behind a number; our bounds. */
		HOLDS(nul || strcmp(error_text, "Too many levels") == 0 ||
		    strcmp(error_text, "Too many values") == 0);
		break;
	case JSON_EMPTY:
		abort();
	}
}

/* The last member of that name; the field rules look it up in this way too. */
static const struct value *
last_member(const struct value *object, struct span name)
{
	const struct member	*member;
	const struct value	*found;

	found = NULL;
	for (member = object->members; member != NULL; member = member->next) {
		if (member->name.len == name.len &&
		    memcmp(member->name.data, name.data, name.len) == 0)
			found = &member->value;
	}

	return (found);
}

static void
compare_array(const struct value *value, json_t *oracle, int depth)
{
	const struct member	*member;
	size_t			i;

	member = value->members;
	for (i = 0; i < json_array_size(oracle); i++) {
		HOLDS(member != NULL && member->name.len == 0);
		compare(&member->value, json_array_get(oracle, i), depth + 1);
		member = member->next;
	}
	HOLDS(member == NULL);
}

static void
compare_object(const struct value *value, json_t *oracle, int depth)
{
	const struct member	*member;
	const struct value	*found;
	const char		*name;
	json_t			*item;

	for (member = value->members; member != NULL; member = member->next) {
		HOLDS(utf8_valid(member->name));
		HOLDS(member->name.data[member->name.len] == '\0');
		HOLDS(json_object_get(oracle, member->name.data) != NULL);
	}
	json_object_foreach(oracle, name, item) {
		found = last_member(value, (struct span){ name, strlen(name) });
		HOLDS(found != NULL && found == value_member(value, name));
		compare(found, item, depth + 1);
	}
}

static void
compare(const struct value *value, json_t *oracle, int depth)
{
	switch (value->type) {
	case VALUE_NULL:
		HOLDS(json_is_null(oracle));
		break;
	case VALUE_BOOL:
		HOLDS(json_is_boolean(oracle));
		HOLDS(value->boolean == json_is_true(oracle));
		break;
	case VALUE_INTEGER:
		HOLDS(json_is_integer(oracle));
		HOLDS(value->integer == json_integer_value(oracle));
		break;
	case VALUE_NUMBER:
		HOLDS(json_is_real(oracle));
		HOLDS(strtod(value->text.data, NULL) ==
		    json_real_value(oracle));
		break;
	case VALUE_STRING:
		HOLDS(json_is_string(oracle));
		HOLDS(value->text.len == json_string_length(oracle));
		HOLDS(memcmp(value->text.data, json_string_value(oracle),
		    value->text.len + 1) == 0);
		HOLDS(value->has_nul ==
		    (strlen(value->text.data) != value->text.len));
		HOLDS(utf8_valid(value->text));
		break;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		HOLDS(value->type == VALUE_ARRAY ?
		    json_is_array(oracle) : json_is_object(oracle));
		if (depth == KORE_JSON_DEPTH_MAX)
			HOLDS(value->members == NULL);
		else if (value->type == VALUE_ARRAY)
			compare_array(value, oracle, depth);
		else
			compare_object(value, oracle, depth);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum json_result	result;
	const char		*error_text;
	struct arena		arena;
	struct value		value;
	json_error_t		error;
	json_t			*oracle;
	size_t			error_offset;

	arena_init(&arena);
	error_text = NULL;
	result = json_read(&arena, (const char *)data, len, &value,
	    &error_offset, &error_text);
	HOLDS((result == JSON_EMPTY) == (len == 0));
	if (result == JSON_INVALID) {
		HOLDS(error_text != NULL && error_offset <= len);
		HOLDS(strcmp(error_text, "Kore and the scan disagree") != 0);
	}

	oracle = json_loadb((const char *)data, len,
	    JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if ((oracle != NULL) != (result == JSON_OK))
		differ(result, error_text, &error,
		    memchr(data, '\0', len) != NULL);
	else if (oracle != NULL)
		compare(&value, oracle, 1);

	json_decref(oracle);
	arena_cleanup(&arena);

	return (0);
}
