#include <stdlib.h>

#include <uniname.h>
#include <unictype.h>

#include "data/email_chars.h"
#include "data/utf8.h"

#define CATEGORY_MARK	UC_CATEGORY_MASK_M
#define CATEGORY_SHOWN	(UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N |	\
			    UC_CATEGORY_MASK_P | UC_CATEGORY_MASK_S)

static email_char_test	unsafe;
static const char	*refuse(struct arena *, struct span, email_char_test *,
			    const char *, int (*)(const void *, const void *));
static const char	*join(struct arena *, const char *, const char **,
			    size_t);
static const char	*display(struct arena *, uint32_t);
static int		is_category(uint32_t, uint32_t);
static int		compare_names(const void *, const void *);

const char *
email_chars_refuse(struct arena *arena, struct span text, email_char_test *bad,
    const char *before)
{
	return (refuse(arena, text, bad, before, compare_names));
}

const char *
email_chars_refuse_unsafe(struct arena *arena, struct span text)
{
	return (refuse(arena, text, unsafe,
	    "The email address contains unsafe characters: ", NULL));
}

const char *
email_rules_refuse(struct span text, const struct email_rule *rules,
    size_t nrules)
{
	struct span	rest;
	size_t		i;
	int		broken;

	for (i = 0; i < nrules; i++) {
		rest = text;
		if (rules[i].place == EMAIL_AT_END) {
			broken = email_ends(rest, rules[i].piece);
		} else {
			broken = email_starts(rest, rules[i].piece);
			while (!broken && rest.len > 0 &&
			    rules[i].place == EMAIL_ANYWHERE) {
				rest.data++;
				rest.len--;
				broken = email_starts(rest, rules[i].piece);
			}
		}
		if (broken)
			return (rules[i].why);
	}

	return (NULL);
}

int
email_starts(struct span text, const char *piece)
{
	size_t	len = strlen(piece);

	return (text.len >= len && memcmp(text.data, piece, len) == 0);
}

int
email_ends(struct span text, const char *piece)
{
	size_t	len = strlen(piece);

	return (text.len >= len &&
	    memcmp(text.data + text.len - len, piece, len) == 0);
}

int
email_is_ascii(struct span text)
{
	size_t	i;

	for (i = 0; i < text.len; i++) {
		if ((unsigned char)text.data[i] >= 0x80)
			return (0);
	}

	return (1);
}

struct span
email_lower(struct arena *arena, struct span text)
{
	size_t	i;
	char	*copy;

	copy = arena_strndup(arena, text.data, text.len);
	for (i = 0; i < text.len; i++) {
		if (copy[i] >= 'A' && copy[i] <= 'Z')
			copy[i] += 'a' - 'A';
	}

	return ((struct span){ copy, text.len });
}

const char *
email_too_many(struct arena *arena, size_t many, const char *unit)
{
	return (arena_printf(arena, "(%zu %s%s too many)", many, unit,
	    many > 1 ? "s" : ""));
}

static int
unsafe(uint32_t point, int first)
{
	if (is_category(point, CATEGORY_MARK))
		return (first);

	return (!is_category(point, CATEGORY_SHOWN));
}

static int
compare_points(const void *a, const void *b)
{
	const uint32_t	*one = a, *other = b;

	return ((*one > *other) - (*one < *other));
}

/* In UTF-8 the order of octets is the order of code points. */
static int
compare_names(const void *a, const void *b)
{
	const char	*const *one = a, *const *other = b;

	return (strcmp(*one, *other));
}

/* Lists the bad ones by code point, or in the order of compare. */
static const char *
refuse(struct arena *arena, struct span text, email_char_test *bad,
    const char *before, int (*compare)(const void *, const void *))
{
	const char	**names;
	uint32_t	*points;
	size_t		i, n, nnames, used;
	int32_t		point;

	points = NULL;
	n = 0;
	for (i = 0; i < text.len; i += used) {
		point = utf8_next((struct span){ text.data + i, text.len - i },
		    &used);
		if (!bad((uint32_t)point, i == 0))
			continue;
		if (points == NULL) {
			points = arena_alloc(arena,
			    text.len * sizeof(*points));
		}
		points[n++] = (uint32_t)point;
	}
	if (n == 0)
		return (NULL);

	qsort(points, n, sizeof(*points), compare_points);
	names = arena_alloc(arena, n * sizeof(*names));
	nnames = 0;
	for (i = 0; i < n; i++) {
		if (i == 0 || points[i] != points[i - 1])
			names[nnames++] = display(arena, points[i]);
	}
	if (compare != NULL)
		qsort(names, nnames, sizeof(*names), compare);

	return (join(arena, before, names, nnames));
}

/* "before a, b, c." */
static const char *
join(struct arena *arena, const char *before, const char **names, size_t n)
{
	char	*p, *text;
	size_t	i, len;

	len = strlen(before) + sizeof(".");
	for (i = 0; i < n; i++)
		len += strlen(names[i]) + strlen(", ");

	text = arena_alloc(arena, len);
	p = stpcpy(text, before);
	for (i = 0; i < n; i++)
		p = stpcpy(stpcpy(p, i == 0 ? "" : ", "), names[i]);
	(void)stpcpy(p, ".");

	return (text);
}

/* In quotes what can be seen; the name or number of what cannot. */
static const char *
display(struct arena *arena, uint32_t point)
{
	char	octets[UTF8_MAX + 1], name[UNINAME_MAX];

	if (is_category(point, CATEGORY_SHOWN)) {
		octets[utf8_put(octets, (int32_t)point)] = '\0';
		return (arena_printf(arena,
		    point == '\\' || point == '\'' ? "\"%s\"" : "'%s'",
		    octets));
	}
	if (unicode_character_name(point, name) != NULL)
		return (arena_printf(arena, "%s", name));

	return (arena_printf(arena, point < 0xffff ? "U+%04X" : "U+%08X",
	    point));
}

static int
is_category(uint32_t point, uint32_t mask)
{
	return (uc_is_general_category_withtable(point, mask));
}
