/*
 * The form reader, percent-decoding and UTF-8.
 */
/* sources: src/data/arena.c src/data/form.c src/data/percent.c
   src/data/utf8.c */

#include "data/form.h"
#include "data/percent.h"
#include "data/utf8.h"

#include "check.h"

#define BAD	"\xef\xbf\xbd"

/* Forms, and what they say: "name|value;" for every pair. */
static const struct {
	const char	*form;
	const char	*pairs;
} forms[] = {
	{ "", "" },
	{ "&", "" },
	{ "&&a=1&&", "a|1;" },
	{ "username=ada&password=secret", "username|ada;password|secret;" },
	{ "password=a=b", "password|a=b;" },
	{ "password=a=b==", "password|a=b==;" },
	{ "password=100%", "password|100%;" },
	{ "password=100%&x=1", "password|100%;x|1;" },
	{ "password=%zz%4", "password|%zz%4;" },
	{ "password=%4g%%41", "password|%4g%A;" },
	{ "password=a+b", "password|a b;" },
	{ "password=a%2Bb", "password|a+b;" },
	{ "password=a%26b%3Dc", "password|a&b=c;" },
	{ "pass+word=1", "pass word|1;" },
	{ "p%61ss=1", "pass|1;" },
	{ "a", "a|;" },
	{ "a=", "a|;" },
	{ "=", "|;" },
	{ "=b", "|b;" },
	{ "==b", "|=b;" },
	{ "a=1&a=2", "a|1;a|2;" },
	{ "a;b=1", "a;b|1;" },
	{ "zo%C3%AB=zo\xc3\xab", "zo\xc3\xab|zo\xc3\xab;" },
	{ "a=%f0%9f%98%80", "a|\xf0\x9f\x98\x80;" },
	{ "a=%EF%BB%BFb", "a|\xef\xbb\xbf" "b;" },	/* no BOM is dropped */
	{ "a=%C3", "a|" BAD ";" },
	{ "a=%C3x", "a|" BAD "x;" },
	{ "a=\xff\xfe", "a|" BAD BAD ";" },
	{ "a=%F0%9F%98x", "a|" BAD "x;" },	/* one for a cut character */
	{ "a=%C0%80", "a|" BAD BAD ";" },	/* overlong */
	{ "a=%ED%A0%80", "a|" BAD BAD BAD ";" },	/* surrogate */
	{ "a=%F4%90%80%80", "a|" BAD BAD BAD BAD ";" },
	{ "a=%E2%82&b=%AC", "a|" BAD ";b|" BAD ";" },
	{ "a=b\r\n", "a|b\r\n;" },
};

static const struct {
	const char	*text;
	const char	*decoded;	/* NULL: refused */
} segments[] = {
	{ "", "" },
	{ "ada", "ada" },
	{ "zo%C3%AB", "zo\xc3\xab" },
	{ "zo%c3%ab", "zo\xc3\xab" },
	{ "zo\xc3\xab", "zo\xc3\xab" },
	{ "a%2Fb", "a/b" },
	{ "a+b", "a+b" },
	{ "%25", "%" },
	{ "%2525", "%25" },
	{ "%", NULL },
	{ "a%", NULL },
	{ "a%4", NULL },
	{ "%zz", NULL },
	{ "%4g", NULL },
	{ "% 1", NULL },
	{ "%+1", NULL },
	{ "%00", NULL },
	{ "a%00b", NULL },
	{ "%C3", NULL },
	{ "%C0%AF", NULL },
	{ "%ED%A0%80", NULL },
	{ "\xff", NULL },
};

static const struct {
	const char	*octets;
	int32_t		point;
	size_t		used;
} points[] = {
	{ "a", 'a', 1 },
	{ "\x7f", 0x7f, 1 },
	{ "\x80", UTF8_BAD, 1 },
	{ "\xbf", UTF8_BAD, 1 },
	{ "\xc0\x80", UTF8_BAD, 1 },
	{ "\xc1\xbf", UTF8_BAD, 1 },
	{ "\xc2\x80", 0x80, 2 },
	{ "\xc2\x7f", UTF8_BAD, 1 },
	{ "\xc2\xc0", UTF8_BAD, 1 },
	{ "\xc2", UTF8_BAD, 1 },
	{ "\xdf\xbf", 0x7ff, 2 },
	{ "\xe0\x9f\xbf", UTF8_BAD, 1 },
	{ "\xe0\xa0\x80", 0x800, 3 },
	{ "\xe2\x82", UTF8_BAD, 2 },
	{ "\xe2\x82\xac", 0x20ac, 3 },
	{ "\xe2\x82\xc0", UTF8_BAD, 2 },
	{ "\xed\x9f\xbf", 0xd7ff, 3 },
	{ "\xed\xa0\x80", UTF8_BAD, 1 },
	{ "\xee\x80\x80", 0xe000, 3 },
	{ "\xef\xbf\xbf", 0xffff, 3 },
	{ "\xf0\x8f\xbf\xbf", UTF8_BAD, 1 },
	{ "\xf0\x90\x80\x80", 0x10000, 4 },
	{ "\xf1\x80\x80", UTF8_BAD, 3 },
	{ "\xf4\x8f\xbf\xbf", 0x10ffff, 4 },
	{ "\xf4\x90\x80\x80", UTF8_BAD, 1 },
	{ "\xf5\x80\x80\x80", UTF8_BAD, 1 },
	{ "\xff", UTF8_BAD, 1 },
};

static void
test_forms(void)
{
	const struct member	*member;
	struct arena		arena;
	struct value		form;
	char			got[256];
	size_t			i, len;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		arena_init(&arena);
		CHECK(form_read(&arena, forms[i].form, strlen(forms[i].form),
		    &form), "%s", forms[i].form);
		CHECK(form.type == VALUE_OBJECT, "%s", forms[i].form);
		got[0] = '\0';
		len = 0;
		for (member = form.members; member != NULL;
		    member = member->next) {
			CHECK(member->value.type == VALUE_STRING,
			    "%s", forms[i].form);
			CHECK(!member->value.has_nul, "%s", forms[i].form);
			len += (size_t)snprintf(got + len, sizeof(got) - len,
			    "%.*s|%s;", (int)member->name.len,
			    member->name.data, member->value.text.data);
		}
		CHECK(strcmp(got, forms[i].pairs) == 0,
		    "%s: got '%s', not '%s'",
		    forms[i].form, got, forms[i].pairs);
		arena_cleanup(&arena);
	}
}

static void
test_form_members(void)
{
	static const char	text[] = "a=1&b=x%00y&a=2&c=\0z";
	const struct value	*value;
	struct arena		arena;
	struct value		form;

	arena_init(&arena);
	CHECK(form_read(&arena, text, sizeof(text) - 1, &form), "members");

	value = value_member(&form, "a");
	CHECK(value != NULL && span_is(value->text, "2"), "the last counts");
	value = value_member(&form, "b");
	CHECK(value != NULL && value->has_nul && value->text.len == 3,
	    "an encoded NUL");
	value = value_member(&form, "c");
	CHECK(value != NULL && value->has_nul && value->text.len == 2,
	    "a NUL as it is");
	CHECK(value_member(&form, "d") == NULL, "no such name");
	CHECK(value_member(value, "a") == NULL, "a string has no members");
	arena_cleanup(&arena);
}

static void
test_form_bound(void)
{
	char		text[2 * (FORM_PAIRS_MAX + 1)];
	struct arena	arena;
	struct value	form;
	size_t		i;

	for (i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "a&", 2);

	arena_init(&arena);
	CHECK(form_read(&arena, text, 2 * FORM_PAIRS_MAX, &form),
	    "as many as are allowed");
	CHECK(!form_read(&arena, text, sizeof(text), &form), "one too many");
	CHECK(form_read(&arena, NULL, 0, &form) && form.members == NULL,
	    "no form at all");
	arena_cleanup(&arena);
}

static void
test_percent(void)
{
	struct arena	arena;
	struct span	text, out;
	size_t		i;
	int		ok;

	arena_init(&arena);
	for (i = 0; i < sizeof(segments) / sizeof(segments[0]); i++) {
		text = (struct span){ segments[i].text,
		    strlen(segments[i].text) };
		out = SPAN("untouched");
		ok = percent_decode(&arena, text, &out);
		CHECK(ok == (segments[i].decoded != NULL),
		    "%s", segments[i].text);
		CHECK(span_is(out, ok ? segments[i].decoded : "untouched"),
		    "%s", segments[i].text);
		CHECK(strlen(out.data) == out.len, "%s", segments[i].text);
	}
	CHECK(!percent_decode(&arena, SPAN("a\0b"), &out), "NUL as it is");
	arena_cleanup(&arena);
}

static void
test_utf8(void)
{
	struct span	text;
	char		out[UTF8_MAX];
	size_t		i, used;
	int32_t		point;

	for (i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
		text = (struct span){ points[i].octets,
		    strlen(points[i].octets) };
		point = utf8_next(text, &used);
		CHECK(point == points[i].point, "row %zu: %#x", i,
		    (unsigned)point);
		CHECK(used == points[i].used, "row %zu: used %zu", i, used);
		CHECK(utf8_valid(text) == (point != UTF8_BAD), "row %zu", i);
	}
	for (point = 0; point <= 0x10ffff; point++) {
		if (point >= 0xd800 && point <= 0xdfff)
			continue;
		text = (struct span){ out, utf8_put(out, point) };
		if (utf8_next(text, &used) != point || used != text.len)
			break;
	}
	CHECK(point == 0x110000, "there and back: %#x", (unsigned)point);

	CHECK(utf8_valid((struct span){ NULL, 0 }), "nothing is valid");
	CHECK(!utf8_valid(SPAN("abc\xe2\x82")), "cut short");
	CHECK(utf8_length(SPAN("a\xc3\xab\xe2\x82\xac\xf0\x9f\x98\x80")) == 4,
	    "four characters");
}

int
main(void)
{
	test_forms();
	test_form_members();
	test_form_bound();
	test_percent();
	test_utf8();

	return (check_end());
}
