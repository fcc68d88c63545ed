/*
 * Reads records (four octets of length, little end first, then that many octets
 * of JSON) and prints what each says, a line a record: its value, or "!", the
 * offset and the text of the error. tests/unit/test_json_suite.py compares the
 * lines with what Python's json says.
 */
/* sources: src/data/arena.c src/data/buffer.c src/data/json_read.c
   src/data/json_scan.c src/data/utf8.c tests/unit/kore_stubs.c
   kore:json.c kore:buf.c kore:mem.c kore:pool.c kore:utils.c */
/* libraries: -lcrypto */

#include <sys/types.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <kore/kore.h>

#include "data/json_read.h"

static void
print_string(struct span text)
{
	size_t	i;

	printf("s%zu:", text.len);
	for (i = 0; i < text.len; i++)
		printf("%02x", (unsigned char)text.data[i]);
	printf(" ");
}

static void
print_value(const struct value *value)
{
	const struct member	*member;

	switch (value->type) {
	case VALUE_NULL:
		printf("null ");
		break;
	case VALUE_BOOL:
		printf(value->boolean ? "true " : "false ");
		break;
	case VALUE_INTEGER:
		printf("i%" PRId64 " ", value->integer);
		break;
	case VALUE_NUMBER:
		printf("n%s ", value->text.data);
		break;
	case VALUE_STRING:
		print_string(value->text);
		break;
	default:
		printf(value->type == VALUE_ARRAY ? "[ " : "{ ");
		for (member = value->members; member != NULL;
		    member = member->next) {
			if (value->type == VALUE_OBJECT)
				print_string(member->name);
			print_value(&member->value);
		}
		printf(value->type == VALUE_ARRAY ? "] " : "} ");
		break;
	}
}

int
main(void)
{
	enum json_result	result;
	const char		*error_text;
	struct arena		arena;
	struct value		value;
	unsigned char		size[4];
	size_t			len, error_offset;
	char			*text;

	kore_mem_init();
	arena_init(&arena);

	while (fread(size, sizeof(size), 1, stdin) == 1) {
		len = (size_t)size[0] | (size_t)size[1] << 8 |
		    (size_t)size[2] << 16 | (size_t)size[3] << 24;

		/* Exactly as long, so that ASan sees a step too far. */
		text = malloc(len);
		if (text == NULL || fread(text, 1, len, stdin) != len)
			return (1);
		result = json_read(&arena, text, len, &value, &error_offset,
		    &error_text);
		if (result == JSON_OK)
			print_value(&value);
		else if (result == JSON_EMPTY)
			printf("empty");
		else
			printf("! %zu %s", error_offset, error_text);
		printf("\n");
		arena_cleanup(&arena);
		free(text);
	}

	return (0);
}
