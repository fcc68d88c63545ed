/*
 * The JSON reader: what it makes of values, and what it must never leave
 * behind. Which texts it takes is compared with Python's json by
 * test_json_suite.py.
 */
/* sources: src/data/arena.c src/data/buffer.c src/data/json_read.c
   src/data/json_scan.c src/data/utf8.c tests/unit/kore_stubs.c
   kore:json.c kore:buf.c kore:mem.c kore:pool.c kore:utils.c */
/* libraries: -lcrypto */

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <kore/kore.h>

#include "data/buffer.h"
#include "data/json_read.h"

#include "check.h"

#define MEGABYTE	(1024 * 1024)
#define SECRET_LEN	(sizeof(secret) - 1)

static const char	secret[] = "correct horse battery staple";
static struct arena	arena;

static enum json_result
read_text(const char *text, size_t len, struct value *out)
{
	enum json_result	result;
	const char		*error_text;
	size_t			error_offset;

	errno = ERANGE;		/* as an earlier call may have left it */
	error_text = "(none)";
	result = json_read(&arena, text, len, out, &error_offset, &error_text);
	if (result == JSON_INVALID)
		CHECK(error_offset <= len && strcmp(error_text,
		    "Kore and the scan disagree") != 0, "%s", error_text);

	return (result);
}

static const struct value *
read_ok(const char *text)
{
	static struct value	value;

	CHECK(read_text(text, strlen(text), &value) == JSON_OK, "%s", text);
	return (&value);
}

static void
test_scalars(void)
{
	static const struct {
		const char	*text;
		int64_t		integer;
	} integers[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ " 7 ", 7 },
		{ "-17", -17 },
		{ "999999999999999999", 999999999999999999 },
		{ "-99999999999999999", -99999999999999999 },
		{ "1000000000000000000", 1000000000000000000 },
		{ "9223372036854775807", INT64_MAX },
		{ "-9223372036854775808", INT64_MIN },
	};
	static const char *const numbers[] = {
		"9223372036854775808", "-9223372036854775809", "7.0", "7.5",
		"-0.0", "1e5", "1E+2", "1e-2", "0e0", "0.1e1", "1e999",
		"123456789012345678901234567890", "0.1000000000000000055511151"
	};
	const struct value	*value;
	size_t			i;

	for (i = 0; i < sizeof(integers) / sizeof(integers[0]); i++) {
		value = read_ok(integers[i].text);
		CHECK(value->type == VALUE_INTEGER &&
		    value->integer == integers[i].integer,
		    "%s is %" PRId64, integers[i].text, value->integer);
	}
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		value = read_ok(numbers[i]);
		CHECK(value->type == VALUE_NUMBER &&
		    span_is(value->text, numbers[i]), "%s", numbers[i]);
		CHECK(value->text.data[value->text.len] == '\0',
		    "%s", numbers[i]);
	}

	CHECK(read_ok("null")->type == VALUE_NULL, "null");
	value = read_ok("true");
	CHECK(value->type == VALUE_BOOL && value->boolean == 1, "true");
	value = read_ok("false");
	CHECK(value->type == VALUE_BOOL && value->boolean == 0, "false");
}

static void
test_strings(void)
{
	static const struct {
		const char	*text;
		struct span	decoded;
	} strings[] = {
		{ "\"\"", { "", 0 } },
		{ "\"ada\"", { "ada", 3 } },
		{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", { "\"\\/\b\f\n\r\t", 8 } },
		{ "\"\\u0041\\u005c\\u0022\\u002F\"", { "A\\\"/", 4 } },
		{ "\"\\u00eb\\u00EB\"", { "\xc3\xab\xc3\xab", 4 } },
		{ "\"\\u20ac\"", { "\xe2\x82\xac", 3 } },
		{ "\"\\ud83d\\ude00\"", { "\xf0\x9f\x98\x80", 4 } },
		{ "\"\\uDBFF\\uDFFF\"", { "\xf4\x8f\xbf\xbf", 4 } },
		{ "\"zo\xc3\xab \xf0\x9f\x98\x80\x7f\"",
		    { "zo\xc3\xab \xf0\x9f\x98\x80\x7f", 10 } },
		{ "\"\\u0000\"", { "\0", 1 } },
		{ "\"a\\u0000b\\u0000\"", { "a\0b\0", 4 } },
		{ "\"\\u0001\\u001f\\u007f\"", { "\x01\x1f\x7f", 3 } },
		{ "\"\\ufeff\\uffff\"", { "\xef\xbb\xbf\xef\xbf\xbf", 6 } },
		{ "\"\\\\u0041\"", { "\\u0041", 6 } },
		{ "\"7\"", { "7", 1 } },
	};
	const struct value	*value;
	struct span		got, want;
	size_t			i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		value = read_ok(strings[i].text);
		got = value->text;
		want = strings[i].decoded;
		CHECK(value->type == VALUE_STRING && got.len == want.len &&
		    memcmp(got.data, want.data, want.len) == 0,
		    "%s", strings[i].text);
		CHECK(got.data[got.len] == '\0', "%s", strings[i].text);
		CHECK(value->has_nul ==
		    (memchr(want.data, '\0', want.len) != NULL),
		    "%s", strings[i].text);
	}
}

static void
test_members(void)
{
	const struct member	*member;
	const struct value	*value, *list;

	value = read_ok("{\"a\": 1, \"b/c\": [true, [], {}, \"x\"], "
	    "\"\\u0061\": 2, \"\": null, \"n\\u0000\": 3}");

	CHECK(value->type == VALUE_OBJECT, "an object");
	CHECK(value_member(value, "a") != NULL &&
	    value_member(value, "a")->integer == 2, "the last counts");
	CHECK(value_member(value, "") != NULL &&
	    value_member(value, "")->type == VALUE_NULL, "an empty name");
	CHECK(value_member(value, "n") == NULL, "a name is not cut at NUL");
	CHECK(value_member(value, "z") == NULL, "no such name");

	list = value_member(value, "b/c");
	CHECK(list != NULL && list->type == VALUE_ARRAY, "an array");
	CHECK(value_member(list, "") == NULL, "an array has no names");
	member = list->members;
	CHECK(member->value.type == VALUE_BOOL && member->name.len == 0,
	    "first");
	member = member->next;
	CHECK(member->value.type == VALUE_ARRAY &&
	    member->value.members == NULL, "second");
	member = member->next;
	CHECK(member->value.type == VALUE_OBJECT &&
	    member->value.members == NULL, "third");
	member = member->next;
	CHECK(span_is(member->value.text, "x") && member->next == NULL,
	    "fourth and last");
}

static size_t
levels(const struct value *value)
{
	size_t	depth;

	for (depth = 1; value->members != NULL; depth++)
		value = &value->members->value;

	return (depth);
}

static void
test_depth(void)
{
	struct value	value;
	char		text[2 * JSON_DEPTH_MAX + 3];
	size_t		n;

	for (n = 1; n <= JSON_DEPTH_MAX + 1; n++) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		CHECK(read_text(text, 2 * n, &value) ==
		    (n <= JSON_DEPTH_MAX ? JSON_OK : JSON_INVALID),
		    "%zu levels", n);
		if (n > JSON_DEPTH_MAX)
			break;
		CHECK(levels(&value) ==
		    (n < KORE_JSON_DEPTH_MAX ? n : KORE_JSON_DEPTH_MAX),
		    "%zu levels: %zu", n, levels(&value));
	}

	/* What is folded is still checked, and what follows is still there. */
	CHECK(read_text("[[[[[[[[[[[01]]]]]]]]]]]", 24, &value) ==
	    JSON_INVALID, "deep and wrong");
	CHECK(levels(read_ok("{\"a\":[[[[[[[[[{\"x\":[1,2]},3]]]]]]]]],"
	    "\"b\":\"c\"}")) == KORE_JSON_DEPTH_MAX, "folded");
	CHECK(span_is(value_member(read_ok("{\"a\":[[[[[[[[[{\"x\":\"1\"},3"
	    "]]]]]]]]],\"b\":\"c\"}"), "b")->text, "c"), "behind it");
}

static void
test_refused(void)
{
	static const char	*words[] = {
		"\xef\xbb\xbf{}", "[1,]", "{\"a\":1,}", "[1 2]", "{'a':1}",
		"{a:1}", "/**/1", "1//", "[NaN]", "Infinity", "-Infinity",
		"01", "-01", "2.e3", "1e", "+1", ".5", "0x1", "truE", "nul",
		"\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\udc00\"",
		"\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"", "\"a\tb\"",
		"\"\xff\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xed\xa0\x80\"",
		"\"\xf4\x90\x80\x80\"", "\"", "[", "{", "[\"a\"", "{\"a\"",
		"{\"a\":", "{\"a\":1", "]", "}", "[}", "{]", " ", "\n", "\xff",
		"{\"a\":1}}", "[]x", "[\v1]", "[\xc2\xa0]"
	};
	struct value	value;
	size_t		i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		CHECK(read_text(words[i], strlen(words[i]), &value) ==
		    JSON_INVALID, "%s", words[i]);

	CHECK(read_text("", 0, &value) == JSON_EMPTY, "nothing");
	CHECK(read_text(NULL, 0, &value) == JSON_EMPTY, "nothing at all");
	CHECK(read_text("\0", 1, &value) == JSON_INVALID, "NUL");
	CHECK(read_text("1\0", 2, &value) == JSON_INVALID, "NUL behind");
	CHECK(read_text("\"\0\"", 3, &value) == JSON_INVALID, "NUL inside");
}

static void
fill(char *text, const char *pattern)
{
	size_t	i, len;

	len = strlen(pattern);
	for (i = 0; i < MEGABYTE; i++)
		text[i] = pattern[i % len];
}

/* Hostile megabytes must not hold a worker up. */
static void
test_megabytes(void)
{
	static const char *const patterns[] = {
		"a", "\\u0041", "\\n", "\xc3\xab", "1", "[", "0,", "{\"a\":", " "
	};
	struct value	value;
	struct timespec	from, to;
	char		*text;
	size_t		i;
	int		quoted;
	double		ms;

	text = malloc(MEGABYTE);
	if (text == NULL)
		abort();
	for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		fill(text, patterns[i]);
		quoted = (i < 4);
		if (quoted) {
			memset(text, 'a', 10);
			memset(text + MEGABYTE - 8, 'a', 8);
			text[0] = '"';
			text[MEGABYTE - 1] = '"';
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
		CHECK((read_text(text, MEGABYTE, &value) == JSON_OK) ==
		    (i < 5), "%s", patterns[i]);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
		ms = (double)(to.tv_sec - from.tv_sec) * 1e3 +
		    (double)(to.tv_nsec - from.tv_nsec) / 1e6;
		CHECK(ms < 500, "a megabyte of '%s': %.1f ms", patterns[i], ms);
		if (getenv("JSON_TIMES") != NULL)
			printf("%.1f ms: '%s'\n", ms, patterns[i]);
		arena_cleanup(&arena);
	}
	free(text);
}

static void
test_many_values(void)
{
	struct buffer	text;
	struct value	value;
	size_t		i;

	buffer_init(&text);
	buffer_append(&text, "[", 1);
	for (i = 0; i < JSON_VALUES_MAX - 2; i++)
		buffer_append(&text, "0,", 2);
	buffer_append(&text, "0]", 2);
	CHECK(read_text(text.data, text.len, &value) == JSON_OK,
	    "as many as are allowed");
	text.data[text.len - 1] = ',';
	buffer_append(&text, "0]", 2);
	CHECK(read_text(text.data, text.len, &value) == JSON_INVALID,
	    "one too many");
	buffer_cleanup(&text);
}

/*
 * Counts the places in this process's writable memory that hold the secret;
 * the constant itself is not writable, and the window that memory is looked at
 * through does not count.
 */
static size_t
count_traces(void)
{
	static char	window[65536];
	unsigned long	from, to, at;
	const char	*hit;
	size_t		found;
	ssize_t		got;
	char		line[256];
	FILE		*maps;
	int		mem;

	found = 0;
	maps = fopen("/proc/self/maps", "r");
	mem = open("/proc/self/mem", O_RDONLY);
	if (maps == NULL || mem == -1)
		abort();

	while (fgets(line, sizeof(line), maps) != NULL) {
		/* What is larger is ASan's own. */
		if (sscanf(line, "%lx-%lx", &from, &to) != 2 ||
		    strstr(line, " rw") == NULL || to - from > 64 * MEGABYTE)
			continue;
		for (at = from; at < to; at += sizeof(window) - SECRET_LEN) {
			got = pread(mem, window, to - at < sizeof(window) ?
			    to - at : sizeof(window), (off_t)at);
			if (got <= 0)
				break;
			hit = memmem(window, (size_t)got, secret, SECRET_LEN);
			if (hit == NULL)
				continue;
			at += (unsigned long)(hit - window);
			if (at < (uintptr_t)window ||
			    at >= (uintptr_t)(window + sizeof(window)))
				found++;
			at -= sizeof(window) - SECRET_LEN - 1;
		}
	}
	(void)fclose(maps);
	(void)close(mem);
	explicit_bzero(window, sizeof(window));

	return (found);
}

/* A password goes with its request: from our buffers and from Kore's. */
static void
test_wiped(void)
{
	static const char *const	forms[] = {
		"%*s{\"password\":\"%s\"}", "%*s{\"%s\":[true]}",
		"%*s[[[\"%s\\n\"]],1.5]", "%*s{\"a\":\"\\u0001%s\",}",
		"%*s[\"%s"
	};
	struct value	value;
	char		text[8192];
	size_t		i, len;
	int		pad;

	(void)strcpy(text, secret);
	CHECK(count_traces() == 1, "it would be found");

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		for (pad = 0; pad <= 6000; pad += 1500) {
			len = (size_t)snprintf(text, sizeof(text), forms[i],
			    pad, "", secret);
			(void)read_text(text, len, &value);
			arena_cleanup(&arena);
			explicit_bzero(text, sizeof(text));
			CHECK(count_traces() == 0, "%s after %d blanks: %zu",
			    forms[i], pad, count_traces());
		}
	}
}

int
main(void)
{
	kore_mem_init();
	arena_init(&arena);

	test_scalars();
	test_strings();
	test_members();
	test_depth();
	test_refused();
	test_many_values();
	arena_cleanup(&arena);
	test_wiped();
	test_megabytes();

	return (check_end());
}
