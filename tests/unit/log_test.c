/* What a value cannot do to a line of the log. */
/* sources: src/log.c src/data/utf8.c */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "log.h"

#define LINE_MAX_TEST	4096
#define STAMP_TEXT	24	/* 2026-01-02T03:04:05.678Z */

static const struct {
	struct span	value;
	const char	*json;		/* how it stands in a line, with quotes */
	const char	*plain;		/* NULL: the same */
} cases[] = {
	{ SPAN("plain"), "\"plain\"", "plain" },
	{ SPAN("/rooms/{room_id}"), "\"/rooms/{room_id}\"", "/rooms/{room_id}" },
	{ SPAN(""), "\"\"", NULL },
	{ SPAN("two words"), "\"two words\"", NULL },
	{ SPAN("a=b"), "\"a=b\"", NULL },
	{ SPAN("say \"hi\"\\"), "\"say \\\"hi\\\"\\\\\"", NULL },
	{ SPAN("x\nforged"), "\"x\\nforged\"", NULL },
	{ SPAN("x\r\tforged"), "\"x\\r\\tforged\"", NULL },
	{ SPAN("\x1b[31mred"), "\"\\u001b[31mred\"", NULL },
	{ SPAN("nul\0nul"), "\"nul\\u0000nul\"", NULL },
	{ SPAN("\x7f"), "\"\\u007f\"", NULL },
	{ SPAN("\xc2\x9b"), "\"\\u009b\"", NULL },
	{ SPAN("\xe2\x80\xa8"), "\"\\u2028\"", NULL },
	{ SPAN("\xe2\x80\xae" "abc"), "\"\\u202eabc\"", NULL },
	{ SPAN("Zo\xc3\xab"), "\"Zo\xc3\xab\"", NULL },
	{ SPAN("\xf0\x9f\x98\x80"), "\"\xf0\x9f\x98\x80\"", NULL },
	{ SPAN("bad\xff\xc0\x80"), "\"bad\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"",
	    NULL },
	{ SPAN("cut\xe2\x80"), "\"cut\xef\xbf\xbd\"", NULL }
};

static const char *
format(enum log_format how, const struct log_field *fields, size_t n)
{
	static char	line[LINE_MAX_TEST + 1];
	size_t		len;

	len = log_format_line(line, LINE_MAX_TEST, how, LOG_LEVEL_WARN, "test",
	    fields, n);
	CHECK(len <= LINE_MAX_TEST && line[len - 1] == '\n', "%zu octets", len);
	CHECK(memchr(line, '\n', len) == line + len - 1, "more than one line");
	line[len - 1] = '\0';

	return (line);
}

static void
check_values(void)
{
	struct log_field	field;
	char			want[256];
	const char		*got, *plain;
	size_t			i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		field = log_span("v", cases[i].value);
		(void)snprintf(want, sizeof(want),
		    ",\"level\":\"warn\",\"event\":\"test\",\"v\":%s}",
		    cases[i].json);
		got = strstr(format(LOG_FORMAT_JSON, &field, 1), ",\"level");
		CHECK(got != NULL && strcmp(got, want) == 0,
		    "case %zu\n  got      %s\n  expected %s", i, got, want);

		plain = cases[i].plain != NULL ? cases[i].plain : cases[i].json;
		(void)snprintf(want, sizeof(want), " warn  test v=%s", plain);
		got = format(LOG_FORMAT_TEXT, &field, 1) + STAMP_TEXT;
		CHECK(strcmp(got, want) == 0,
		    "case %zu\n  got      %s\n  expected %s", i, got, want);
	}
}

static void
check_numbers(void)
{
	struct log_field	fields[5];
	const char		*got;

	fields[0] = log_integer("n", -9007199254740993);
	fields[1] = log_text("absent", NULL);
	fields[2] = log_decimal("ms", 1.23456);
	fields[3] = log_decimal("bad", 0.0 / strlen(""));
	fields[4] = log_decimal("huge", 1e300);
	got = strstr(format(LOG_FORMAT_JSON, fields, 5), ",\"n\"");
	CHECK(got != NULL && strcmp(got, ",\"n\":-9007199254740993,\"ms\":1.235,"
	    "\"bad\":null,\"huge\":null}") == 0, "%s", got);
}

/* A line never breaks, wherever the room ends. */
static void
check_cut(void)
{
	static char		big[8192];
	struct log_field	fields[9];
	const char		*got;
	size_t			len, n;

	for (len = 0; len < 1200; len++) {
		memset(big, 'a', sizeof(big));
		for (n = 0; n < 8; n++)
			fields[n] = log_span("x", (struct span){ big,
			    len + n * 100 });
		fields[8] = log_integer("last", 123456789);
		got = format(LOG_FORMAT_JSON, fields, 9);
		CHECK(got[strlen(got) - 1] == '}', "length %zu", len);
		CHECK((strstr(got, "\"last\":123456789}") != NULL) !=
		    (strstr(got, ",\"cut\":true}") != NULL), "length %zu", len);
		memset(big, '\1', sizeof(big));
		got = format(LOG_FORMAT_JSON, fields, 9);
		CHECK(got[strlen(got) - 1] == '}', "length %zu", len);
		(void)format(LOG_FORMAT_TEXT, fields, 9);
	}
}

int
main(void)
{
	check_values();
	check_numbers();
	check_cut();

	return (check_end());
}
