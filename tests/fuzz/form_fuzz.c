/*
 * Any octets as a form and as a path segment. What was read is written again,
 * with each octet escaped, and must read the same.
 */
/* sources: src/data/arena.c src/data/buffer.c src/data/form.c
   src/data/percent.c src/data/utf8.c */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "data/buffer.h"
#include "data/form.h"
#include "data/percent.h"
#include "data/utf8.h"

/* What must hold, or the fuzzer has found something. */
#define HOLDS(cond)	do { if (!(cond)) abort(); } while (0)

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Pairs in a form: what is between ampersands and not empty. */
static size_t
count_pairs(const char *data, size_t len)
{
	size_t	i, pairs;

	pairs = 0;
	for (i = 0; i < len; i++) {
		if (data[i] != '&' && (i == 0 || data[i - 1] == '&'))
			pairs++;
	}

	return (pairs);
}

static void
check_text(struct span text)
{
	HOLDS(text.data[text.len] == '\0');
	HOLDS(utf8_valid(text));
	HOLDS(utf8_length(text) <= text.len);
}

static void
escape(struct buffer *out, struct span text)
{
	size_t	i;

	for (i = 0; i < text.len; i++)
		buffer_printf(out, "%%%02x", (unsigned char)text.data[i]);
}

static int
same(struct span a, struct span b)
{
	return (a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
}

/* Writes the members of a form anew and reads them back. */
static void
check_again(struct arena *arena, const struct value *form)
{
	const struct member	*was, *is;
	struct buffer		text;
	struct value		again;
	struct span		name;

	buffer_init(&text);
	for (was = form->members; was != NULL; was = was->next) {
		escape(&text, was->name);
		buffer_append(&text, "=", 1);
		escape(&text, was->value.text);
		buffer_append(&text, "&", 1);
	}
	HOLDS(form_read(arena, text.data, text.len, &again));
	buffer_cleanup(&text);

	is = again.members;
	for (was = form->members; was != NULL; was = was->next) {
		HOLDS(is != NULL && same(was->name, is->name));
		HOLDS(same(was->value.text, is->value.text));
		HOLDS(was->value.has_nul == is->value.has_nul);
		is = is->next;

		/* A path segment is read in the same way, but for a NUL. */
		escape(&text, was->name);
		name = (struct span){ text.data, text.len };
		if (percent_decode(arena, name, &name))
			HOLDS(same(name, was->name));
		else
			HOLDS(strlen(was->name.data) != was->name.len);
		buffer_cleanup(&text);
	}
	HOLDS(is == NULL);
}

static void
check_form(struct arena *arena, const char *data, size_t len)
{
	const struct member	*member;
	struct value		form;
	size_t			pairs;

	pairs = count_pairs(data, len);
	if (!form_read(arena, data, len, &form)) {
		HOLDS(pairs > FORM_PAIRS_MAX);
		return;
	}

	HOLDS(form.type == VALUE_OBJECT);
	for (member = form.members; member != NULL; member = member->next) {
		pairs--;
		HOLDS(member->value.type == VALUE_STRING);
		check_text(member->name);
		check_text(member->value.text);
		HOLDS(member->value.has_nul == (memchr(member->value.text.data,
		    '\0', member->value.text.len) != NULL));
	}
	HOLDS(pairs == 0);
	check_again(arena, &form);
}

static void
check_segment(struct arena *arena, struct span text)
{
	struct span	out;
	int		plain;

	plain = text.len == 0 || (memchr(text.data, '%', text.len) == NULL &&
	    memchr(text.data, '\0', text.len) == NULL);

	if (percent_decode(arena, text, &out)) {
		check_text(out);
		HOLDS(strlen(out.data) == out.len);
		HOLDS(!plain || same(text, out));
	} else {
		HOLDS(!plain || !utf8_valid(text));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena	arena;

	arena_init(&arena);
	check_form(&arena, (const char *)data, len);
	check_segment(&arena, (struct span){ (const char *)data, len });
	arena_cleanup(&arena);

	return (0);
}
