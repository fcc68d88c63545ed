#include <string.h>

#include "data/form.h"
#include "data/percent.h"
#include "data/utf8.h"

#define REPLACEMENT	0xfffd

static struct span	cut_at(struct span *, char);
static struct span	decode_text(struct arena *, struct span);
static struct span	replace_bad(struct arena *, struct span);

int
form_read(struct arena *arena, const char *data, size_t len,
    struct value *out)
{
	struct span	rest, pair, name;
	struct member	*member, **next;
	size_t		pairs;

	memset(out, 0, sizeof(*out));
	out->type = VALUE_OBJECT;
	next = &out->members;
	rest = (struct span){ data, len };
	pairs = 0;

	while (rest.len > 0) {
		pair = cut_at(&rest, '&');
		if (pair.len == 0)
			continue;
		if (++pairs > FORM_PAIRS_MAX)
			return (0);

		name = cut_at(&pair, '=');
		member = arena_calloc(arena, sizeof(*member));
		member->name = decode_text(arena, name);
		member->value.type = VALUE_STRING;
		member->value.text = decode_text(arena, pair);
		member->value.has_nul = (member->value.text.len !=
		    strlen(member->value.text.data));
		*next = member;
		next = &member->next;
	}

	return (1);
}

/*
 * Takes what stands before the first separator off the text, and the separator
 * too; all of the text when there is none.
 */
static struct span
cut_at(struct span *text, char separator)
{
	struct span	taken;
	const char	*at;

	taken = *text;
	at = text->len == 0 ? NULL : memchr(text->data, separator, text->len);
	if (at == NULL) {
		text->len = 0;
		return (taken);
	}

	taken.len = (size_t)(at - text->data);
	text->data = at + 1;
	text->len -= taken.len + 1;

	return (taken);
}

static struct span
decode_text(struct arena *arena, struct span text)
{
	struct span	decoded;
	char		*octets;
	int		octet;

	octets = arena_alloc(arena, text.len + 1);
	decoded.data = octets;
	decoded.len = 0;

	while (text.len > 0) {
		octet = percent_octet(text);
		if (octet == -1) {
			octet = text.data[0] == '+' ? ' ' : text.data[0];
		} else {
			text.data += 2;
			text.len -= 2;
		}
		octets[decoded.len++] = (char)octet;
		text.data++;
		text.len--;
	}
	octets[decoded.len] = '\0';

	return (utf8_valid(decoded) ? decoded : replace_bad(arena, decoded));
}

/*
 * A copy with a U+FFFD for every longest start of a broken character, as the
 * Encoding standard's decoder puts them.
 */
static struct span
replace_bad(struct arena *arena, struct span text)
{
	struct span	replaced;
	char		*octets;
	int32_t		point;
	size_t		used;

	/* At worst each octet becomes the three of U+FFFD. */
	octets = arena_alloc(arena, text.len * 3 + 1);
	replaced.data = octets;
	replaced.len = 0;

	while (text.len > 0) {
		point = utf8_next(text, &used);
		if (point == UTF8_BAD)
			point = REPLACEMENT;
		replaced.len += utf8_put(octets + replaced.len, point);
		text.data += used;
		text.len -= used;
	}
	octets[replaced.len] = '\0';

	return (replaced);
}
