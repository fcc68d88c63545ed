/*
 * Kore's parser reads JSON, but not all of it (no \u, no exponents, no NUL) and
 * more than it (no check of UTF-8, "01"). So a text goes through three steps:
 *
 * 1. json_scan() checks all of it and writes it anew, as Kore can take it;
 * 2. kore_json_parse() makes a tree of that;
 * 3. take_value() copies the tree into the arena.
 */
#include <sys/types.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <kore/kore.h>

#include "data/buffer.h"
#include "data/json_read.h"
#include "data/json_scan.h"
#include "data/utf8.h"

_Static_assert(CARRY_DEPTH == KORE_JSON_DEPTH_MAX, "what Kore takes");

static int	parse_carried(struct arena *, const struct buffer *,
		    struct value *);
static void	take_value(struct arena *, const struct kore_json_item *,
		    struct value *);
static void	take_members(struct arena *, const struct kore_json_item *,
		    struct value *);
static void	take_number(struct arena *, const char *, struct value *);
static struct span	take_text(struct arena *, const char *, int *);
static void	wipe_items(struct kore_json_item *);

enum json_result
json_read(struct arena *arena, const char *data, size_t len,
    struct value *out, size_t *error_offset, const char **error_text)
{
	struct buffer	carried;
	size_t		error_pos;
	int		ok;

	if (len == 0)
		return (JSON_EMPTY);

	error_pos = 0;
	buffer_init(&carried);
	ok = json_scan(data, len, &carried, &error_pos, error_text);
	if (ok && !parse_carried(arena, &carried, out)) {
		*error_text = "Kore and the scan disagree";
		ok = 0;
	}
	buffer_cleanup(&carried);

	if (ok)
		return (JSON_OK);
	*error_offset = utf8_length((struct span){ data, error_pos });

	return (JSON_INVALID);
}

/*
 * Everything Kore keeps of the text is wiped before Kore frees it.
 */
static int
parse_carried(struct arena *arena, const struct buffer *carried,
    struct value *out)
{
	struct kore_json	json;
	int			ok;

	kore_json_init(&json, carried->data, carried->len);

	/*
	 * A kore_buf grows by what is appended, and Kore appends octet by
	 * octet: with its 1024 a longer string would be copied whole for each,
	 * and those copies never wiped. The text's own length is enough.
	 */
	kore_buf_cleanup(&json.tmpbuf);
	kore_buf_init(&json.tmpbuf, carried->len + 1);

	ok = (kore_json_parse(&json) == KORE_RESULT_OK);
	if (ok)
		take_value(arena, json.root, out);

	explicit_bzero(json.tmpbuf.data, json.tmpbuf.length);
	if (json.root != NULL)
		wipe_items(json.root);
	kore_json_cleanup(&json);

	return (ok);
}

/* Recursion here and in wipe_items() ends at Kore's ten levels. */
static void
take_value(struct arena *arena, const struct kore_json_item *item,
    struct value *out)
{
	memset(out, 0, sizeof(*out));

	switch (item->type) {
	case KORE_JSON_TYPE_OBJECT:
		out->type = VALUE_OBJECT;
		take_members(arena, item, out);
		break;
	case KORE_JSON_TYPE_ARRAY:
		out->type = VALUE_ARRAY;
		take_members(arena, item, out);
		break;
	case KORE_JSON_TYPE_STRING:
		if (item->data.string[0] == CARRY_NUMBER) {
			take_number(arena, item->data.string + 1, out);
			break;
		}
		out->type = VALUE_STRING;
		out->text = take_text(arena, item->data.string, &out->has_nul);
		break;
	case KORE_JSON_TYPE_INTEGER:
	case KORE_JSON_TYPE_INTEGER_U64:
		out->type = VALUE_INTEGER;
		out->integer = item->data.s64;
		break;
	default:
		if (item->data.literal == KORE_JSON_NULL)
			break;
		out->type = VALUE_BOOL;
		out->boolean = (item->data.literal == KORE_JSON_TRUE);
		break;
	}
}

static void
take_members(struct arena *arena, const struct kore_json_item *item,
    struct value *out)
{
	const struct kore_json_item	*child;
	struct member			*member, **next;
	int				has_nul;

	next = &out->members;

	TAILQ_FOREACH(child, &item->data.items, list) {
		member = arena_calloc(arena, sizeof(*member));
		member->name = (child->name == NULL) ? SPAN("") :
		    take_text(arena, child->name, &has_nul);
		take_value(arena, child, &member->value);
		*next = member;
		next = &member->next;
	}
}

static void
take_number(struct arena *arena, const char *text, struct value *out)
{
	char	*end;

	errno = 0;
	out->integer = strtoll(text, &end, 10);
	if (*end == '\0' && errno == 0) {
		out->type = VALUE_INTEGER;
		return;
	}

	out->type = VALUE_NUMBER;
	out->integer = 0;
	out->text.len = strlen(text);
	out->text.data = arena_strndup(arena, text, out->text.len);
}

static struct span
take_text(struct arena *arena, const char *carried, int *has_nul)
{
	char	*text;
	size_t	len;

	text = arena_alloc(arena, strlen(carried) + 1);
	*has_nul = 0;

	for (len = 0; *carried != '\0'; carried++) {
		text[len] = *carried;
		if (*carried == CARRY_CONTROL) {
			text[len] = *++carried & 0x7f;
			if (text[len] == '\0')
				*has_nul = 1;
		}
		len++;
	}
	text[len] = '\0';

	return ((struct span){ text, len });
}

static void
wipe_items(struct kore_json_item *item)
{
	struct kore_json_item	*child;

	if (item->name != NULL)
		explicit_bzero(item->name, strlen(item->name));

	if (item->type == KORE_JSON_TYPE_STRING && item->data.string != NULL)
		explicit_bzero(item->data.string, strlen(item->data.string));

	if (item->type == KORE_JSON_TYPE_OBJECT ||
	    item->type == KORE_JSON_TYPE_ARRAY) {
		TAILQ_FOREACH(child, &item->data.items, list)
			wipe_items(child);
	}
}
