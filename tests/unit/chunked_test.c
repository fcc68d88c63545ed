/* Chunked bodies: RFC 9112 section 7.1. */
/* sources: src/http/chunked.c */

#include <stdlib.h>

#include "http/head.h"

#include "check.h"

#define HELLO	"5\r\nhello\r\n"
#define END	"0\r\n\r\n"

struct sample {
	int			line;
	enum chunked_result	result;
	const char		*body;		/* NULL: not looked at */
	size_t			rest;		/* octets that are not its own */
	const char		*bytes;
	size_t			len;
};

#define YES(body, rest, bytes)						\
	{ __LINE__, CHUNKED_DONE, body, rest, bytes, sizeof(bytes) - 1 }
#define NO(bytes)							\
	{ __LINE__, CHUNKED_REFUSED, NULL, 0, bytes, sizeof(bytes) - 1 }
#define MORE(body, bytes)						\
	{ __LINE__, CHUNKED_MORE, body, 0, bytes, sizeof(bytes) - 1 }

static const struct sample samples[] = {
	YES("", 0, END),
	YES("hello", 0, HELLO END),
	YES("hellohello", 0, HELLO HELLO END),
	YES("hello", 5, HELLO END "GET /"),
	YES("hello", 0, HELLO "000\r\n\r\n"),
	YES("hello", 0, "0000000000000005\r\nhello\r\n" END),
	YES("0123456789", 0, "a\r\n0123456789\r\n" END),
	YES("0123456789", 0, "A\r\n0123456789\r\n" END),
	YES("0123456789abcdef", 0, "10\r\n0123456789abcdef\r\n" END),
	YES("\r\n0\r\n", 0, "5\r\n\r\n0\r\n\r\n" END),
	YES("hello", 0, "5;\r\nhello\r\n" END),
	YES("hello", 0, "5;a=b\r\nhello\r\n0;x=\"y;z\"\r\n\r\n"),
	YES("hello", 0, "5 ; a = b \r\nhello\r\n" END),
	YES("hello", 0, "5\t;\xff\r\nhello\r\n" END),
	YES("hello", 0, "5 \t \r\nhello\r\n" END),
	YES("hello", 0, HELLO "0\r\nX: y\r\nZ:\r\n\r\n"),
	YES("hello", 3, HELLO "0\r\nContent-Length: 9\r\nHost: b\r\n\r\nGET"),

	MORE("", ""),
	MORE("", "5"),
	MORE("", "5\r"),
	MORE("", "5\r\n"),
	MORE("hel", "5\r\nhel"),
	MORE("hello", "5\r\nhello\r"),
	MORE("hello", HELLO "0\r\n"),
	MORE("hello", HELLO "0\r\n\r"),
	MORE("hello", HELLO "0\r\nX: y\r\n"),
	MORE("", "ffffffffffffffff\r\n"),

	NO("\r\n"),
	NO("\n"),
	NO("g\r\n"),
	NO(";a\r\n"),
	NO(" 5\r\nhello\r\n"),
	NO("+5\r\nhello\r\n"),
	NO("-5\r\nhello\r\n"),
	NO("0x5\r\nhello\r\n"),
	NO("5h\r\nhello\r\n"),
	NO("5.0\r\nhello\r\n"),
	NO("5 5\r\nhello\r\n"),
	NO("5\nhello\r\n"),
	NO("5\rhello\r\n"),
	NO("5\r\rhello"),
	NO("5;a\nhello\r\n"),
	NO("5;a\rb\r\n"),
	NO("5;\0\r\n"),
	NO("5;\x7f\r\n"),
	NO("5;\x1f\r\n"),
	NO("5 \0\r\n"),
	NO("5\0\r\n"),
	NO("5\r\nhelloX"),
	NO("5\r\nhello\n"),
	NO("5\r\nhello\rX"),
	NO("5\r\nhello0\r\n"),
	NO("10000000000000000\r\n"),
	NO("00000000000000005\r\n"),
	NO("fffffffffffffffff\r\n"),
	NO(HELLO "0\n"),
	NO(HELLO "0\r\n\n"),
	NO(HELLO "0\r\n\rX"),
	NO(HELLO "0\r\nX"  "\r\n"),
	NO(HELLO "0\r\n: y\r\n"),
	NO(HELLO "0\r\nX : y\r\n"),
	NO(HELLO "0\r\n X: y\r\n"),
	NO(HELLO "0\r\nX: y\r\n z\r\n"),
	NO(HELLO "0\r\nX: y\n"),
	NO(HELLO "0\r\nX: y\rZ\r\n"),
	NO(HELLO "0\r\nX: \0\r\n"),
	NO(HELLO "0\r\nX: \1\r\n"),
};

static void	sample_check(const struct sample *, size_t, int);
static void	limit_check(int, enum chunked_result, const char *, size_t,
		    const char *, size_t);

/* Feeds a body in steps of that many octets; in place or into a buffer. */
static enum chunked_result
decode(const char *bytes, size_t len, size_t step, int in_place, char *body,
    size_t *nbody, size_t *taken)
{
	struct chunked		chunked;
	enum chunked_result	result;
	char			*in;
	size_t			consumed, n, produced;

	memset(&chunked, 0, sizeof(chunked));
	*nbody = *taken = 0;

	do {
		n = len - *taken < step ? len - *taken : step;
		in = malloc(n > 0 ? n : 1);
		memcpy(in, bytes + *taken, n);
		result = chunked_decode(&chunked, in, n, &consumed,
		    in_place ? in : body + *nbody, &produced);
		if (in_place)
			memcpy(body + *nbody, in, produced);
		free(in);
		*taken += consumed;
		*nbody += produced;
	} while (result == CHUNKED_MORE && *taken < len);

	return (result);
}

static void
sample_check(const struct sample *c, size_t step, int in_place)
{
	enum chunked_result	result;
	char			body[256];
	size_t			nbody, taken;

	result = decode(c->bytes, c->len, step, in_place, body, &nbody, &taken);
	CHECK(result == c->result, "line %d, step %zu: %d", c->line, step,
	    (int)result);
	if (c->body == NULL)
		return;
	CHECK(nbody == strlen(c->body) && memcmp(body, c->body, nbody) == 0,
	    "line %d, step %zu: %.*s", c->line, step, (int)nbody, body);
	CHECK(taken == c->len - c->rest, "line %d, step %zu: %zu", c->line,
	    step, taken);
}

/* before, then unit again and again up to n octets of it, then nothing. */
static void
limit_check(int line, enum chunked_result expected, const char *before,
    size_t n, const char *unit, size_t step)
{
	enum chunked_result	result;
	char			*bytes, *body;
	size_t			at, nbody, taken;

	bytes = malloc(strlen(before) + n + strlen(unit) + 1);
	body = malloc(strlen(before) + n + strlen(unit) + 1);
	at = (size_t)sprintf(bytes, "%s", before);
	while (at < strlen(before) + n)
		at += (size_t)sprintf(bytes + at, "%s", unit);

	result = decode(bytes, strlen(before) + n, step, 0, body, &nbody,
	    &taken);
	CHECK(result == expected, "line %d, step %zu: %d", line, step,
	    (int)result);

	free(bytes);
	free(body);
}

int
main(void)
{
	struct chunked	chunked;
	size_t		consumed, i, produced, step;
	char		out[8];

	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		for (step = 1; step < 8; step++) {
			sample_check(&samples[i], step, 0);
			sample_check(&samples[i], step, 1);
		}
		sample_check(&samples[i], samples[i].len + 1, 0);
		sample_check(&samples[i], samples[i].len + 1, 1);
	}

	for (step = 1; step < 70000; step *= 41) {
		limit_check(__LINE__, CHUNKED_MORE, "5;", CHUNKED_LINE_MAX - 1,
		    "a", step);
		limit_check(__LINE__, CHUNKED_REFUSED, "5;", CHUNKED_LINE_MAX,
		    "a", step);
		limit_check(__LINE__, CHUNKED_REFUSED, "5 ", CHUNKED_LINE_MAX,
		    " ", step);
		/* Five octets of extension in every eleven. */
		limit_check(__LINE__, CHUNKED_MORE, "",
		    CHUNKED_LINES_MAX / 5 * 11, "1;abcd\r\nx\r\n", step);
		limit_check(__LINE__, CHUNKED_REFUSED, "",
		    CHUNKED_LINES_MAX / 5 * 11 + 22, "1;abcd\r\nx\r\n", step);
		limit_check(__LINE__, CHUNKED_MORE, "0\r\n",
		    CHUNKED_TRAILERS_MAX, "X: y\r\n", step);
		limit_check(__LINE__, CHUNKED_REFUSED, "0\r\n",
		    CHUNKED_TRAILERS_MAX + 1, "X: y\r\n", step);
	}

	memset(&chunked, 0, sizeof(chunked));
	CHECK(chunked_decode(&chunked, "x", 1, &consumed, out, &produced) ==
	    CHUNKED_REFUSED, "first");
	CHECK(chunked_decode(&chunked, END, 5, &consumed, out, &produced) ==
	    CHUNKED_REFUSED && consumed == 0, "a refusal lasts");

	return (check_end());
}
