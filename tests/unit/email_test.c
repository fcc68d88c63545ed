/* Addresses, their normal forms, and why others are refused. */
/* sources: src/data/email.c src/data/email_chars.c src/data/email_domain.c
   src/data/arena.c src/data/utf8.c */
/* libraries: -lidn2 -lunistring */

#include <stdlib.h>

#include "data/email.h"

#include "check.h"

static const struct {
	const char	*given, *normal;
} taken[] = {
	{ "test@example.com", "test@example.com" },
	{ "John.Doe+tag@Example.COM", "John.Doe+tag@example.com" },
	{ "!#$%&'*+-/=?^_`{|}~@b.co", "!#$%&'*+-/=?^_`{|}~@b.co" },
	{ "a@mail.example", "a@mail.example" },
	{ " \t\xe3\x80\x80" "a@b.co\xc2\xa0", "a@b.co" },
	{ "WebMaster@b.co", "webmaster@b.co" },
	{ "WebMasters@b.co", "WebMasters@b.co" },
	{ "John Q. Public <John@B.co>", "John@b.co" },
	{ "\"Any, \"(thing)\" <@>\" < a@b.co > ", "a@b.co" },
	{ "<a@b.co>", "a@b.co" },
	{ "u\xcc\x88@b.co", "\xc3\xbc@b.co" },
	{ "a@xn--bcher-kva.de", "a@b\xc3\xbc" "cher.de" },
	{ "a@BU\xcc\x88" "CHER.de", "a@b\xc3\xbc" "cher.de" },
	{ "a@\xef\xbd\x82\xe3\x80\x82\xef\xbd\x83\xef\xbd\x8f", "a@b.co" },
	{ "a@FA\xe1\xba\x9e.de", "a@fa\xc3\x9f.de" },
	{ "a@\xd7\x90\xd7\x91.com", "a@\xd7\x90\xd7\x91.com" },
};

static const struct {
	const char	*given, *why;
} refused[] = {
	{ "", "An email address must have an @-sign." },
	{ "a.b.co", "An email address must have an @-sign." },
	{ "a\xef\xbc\xa0" "b.co", "The email address has the \"full-width\" "
	    "at-sign (@) character instead of a regular at-sign." },
	{ "@b.co", "There must be something before the @-sign." },
	{ "a@", "There must be something after the @-sign." },
	{ ".a@b.co", "An email address cannot start with a period." },
	{ "a.@b.co", "An email address cannot have a period immediately "
	    "before the @-sign." },
	{ "a..b@c.co", "An email address cannot have two periods in a row." },
	{ "a (b)\t\\,'@c.co", "The email address contains invalid characters "
	    "before the @-sign: \"\\\", '(', ')', ',', SPACE, U+0009." },
	{ "a\xe2\x80\x8d\xe2\x80\x8d@b.co", "The email address contains "
	    "unsafe characters: ZERO WIDTH JOINER." },
	{ "\xcc\x81@b.co", "The email address contains unsafe characters: "
	    "COMBINING ACUTE ACCENT." },
	{ "a\xcd\xbe@b.co", "After Unicode normalization: The email address "
	    "contains invalid characters before the @-sign: ';'." },
	{ "\"a\"@b.co", "Quoting the part before the @-sign "
	    "is not allowed here." },
	{ "\"a\\\"@b\"", "An email address must have an @-sign." },
	{ "\"a\\\\\"@b.co", "Quoting the part before the @-sign "
	    "is not allowed here." },
	{ "\"a@b\"", "An email address must have an @-sign." },
	{ "x, <a@b.co>", "A display name and angle brackets around the email "
	    "address are not permitted here." },
	{ "a<\xcc\xb8@b.co", "The email address contains invalid characters "
	    "before the @-sign: '<'." },
	{ "a@[127.0.0.1]", "A bracketed IP address after the @-sign "
	    "is not allowed here." },
	{ "a@b@c.co", "The part after the @-sign contains invalid "
	    "characters: '@'." },
	{ "a@b_c.co", "The part after the @-sign contains invalid "
	    "characters: '_'." },
	{ "a@b..co", "An email address cannot have two periods in a row." },
	{ "a@-b.co", "An email address cannot have a hyphen immediately after "
	    "the @-sign." },
	{ "a@b.co.", "An email address cannot end with a period." },
	{ "a@ab--c.co", "An email address cannot have two letters followed by "
	    "two dashes immediately after the @-sign or after a period, "
	    "except Punycode." },
	{ "a@\xc3\xbc\xe3\x80\x82\xe3\x80\x82" "co",
	    "An email address cannot have two periods in a row." },
	{ "a@\xe2\x92\x88" "b.co", "The part after the @-sign contains "
	    "invalid characters: '\xe2\x92\x88'." },
	{ "a@\xe2\x84\x80.co", "The part after the @-sign contains invalid "
	    "characters after Unicode normalization: '/'." },
	{ "a@b", "The part after the @-sign is not valid. "
	    "It should have a period." },
	{ "a@localhost", "The part after the @-sign is not valid. "
	    "It should have a period." },
	{ "a@b.c0", "The part after the @-sign is not valid. "
	    "It is not within a valid top-level domain." },
	{ "a@b.Local", "The part after the @-sign is a special-use or "
	    "reserved name that cannot be used with email." },
	{ "a@\xe2\x98\x83.com", "The part after the @-sign is invalid." },
	{ "a@xn--n3h.com", "The part after the @-sign is not valid IDNA." },
	{ "a@xn---bbk.com", "The part after the @-sign is not valid IDNA." },
	{ "a@1.\xd7\x90.com", "The part after the @-sign is not valid IDNA." },
	{ "a@b.co\nx", "Carriage return and line feed characters "
	    "are not allowed" },
	{ "a\xff@b.co", "The email address contains an invalid character." },
};

/* Reads a copy on the heap, which ASan watches the end of. */
static int
normalize(struct arena *arena, const char *text, size_t len, struct span *out,
    const char **why)
{
	struct span	copy;
	char		*octets;
	int		ok;

	octets = malloc(len > 0 ? len : 1);
	memcpy(octets, text, len);
	copy.data = octets;
	copy.len = len;
	ok = email_normalize(arena, copy, out, why);
	free(octets);

	return (ok);
}

static void
test_tables(struct arena *arena)
{
	struct span	out;
	const char	*why;
	size_t		i;
	int		ok;

	for (i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		ok = normalize(arena, taken[i].given, strlen(taken[i].given),
		    &out, &why);
		CHECK(ok, "%s: %s", taken[i].given, why);
		if (!ok)
			continue;
		CHECK(span_is(out, taken[i].normal), "%s: %s", taken[i].given,
		    out.data);
		CHECK(out.data[out.len] == '\0', "%s", taken[i].given);
	}

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		ok = normalize(arena, refused[i].given,
		    strlen(refused[i].given), &out, &why);
		CHECK(!ok, "%s", refused[i].given);
		CHECK(ok || strcmp(why, refused[i].why) == 0, "%s: %s",
		    refused[i].given, why);
	}
}

/* n times a character, then the rest. */
static void
test_length(struct arena *arena, const char *before, const char *character,
    size_t n, const char *after, const char *expected)
{
	struct span	out;
	const char	*why;
	char		text[4096];
	size_t		i;
	int		len;

	len = snprintf(text, sizeof(text), "%s", before);
	for (i = 0; i < n; i++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s",
		    character);
	len += snprintf(text + len, sizeof(text) - (size_t)len, "%s", after);

	if (normalize(arena, text, (size_t)len, &out, &why))
		why = "";
	CHECK(strcmp(why, expected) == 0, "%s%zu x %s%s: %s", before, n,
	    character, after, why);
}

static void
test_lengths(struct arena *arena)
{
	test_length(arena, "", "a", 249, "@b.co", "");
	test_length(arena, "", "a", 250, "@b.co", "The email address is too "
	    "long (1 character too many).");
	test_length(arena, "", "\xc3\xbc", 124, "@b.co", "");
	test_length(arena, "", "\xc3\xbc", 130, "@b.co", "The email address is "
	    "too long (5-11 characters too many).");
	test_length(arena, "a@", "b", 63, ".co", "");
	test_length(arena, "a@", "b", 64, ".co", "After the @-sign, periods "
	    "cannot be separated by so many characters "
	    "(1 character too many).");
	test_length(arena, "a@", "\xc3\xbc", 57, ".co", "");
	test_length(arena, "a@", "\xc3\xbc", 58, ".co",
	    "The part after the @-sign is invalid.");
	test_length(arena, "a@", "b.", 125, "cde", "The email address is too "
	    "long (1 character too many).");
	test_length(arena, "a@", "b.", 126, "co", "The email address is too "
	    "long after the @-sign (1 character too many).");
	test_length(arena, "a@b.co", " ", 2042, "", "");
	test_length(arena, "a@b.co", " ", 2043, "",
	    "Length must not exceed 2048 characters");
}

int
main(void)
{
	struct arena	arena;
	struct span	out;
	const char	*why;

	arena_init(&arena);
	test_tables(&arena);
	test_lengths(&arena);
	CHECK(!normalize(&arena, "a\0@b.co", 7, &out, &why), "NUL before @");
	CHECK(!normalize(&arena, "a@b\0.co", 7, &out, &why), "NUL after @");
	CHECK(!email_normalize(&arena, (struct span){ NULL, 0 }, &out, &why),
	    "nothing at all");
	arena_cleanup(&arena);

	return (check_end());
}
