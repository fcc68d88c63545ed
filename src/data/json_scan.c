#include <stdint.h>
#include <string.h>

#include "data/hex.h"
#include "data/json_scan.h"
#include "data/utf8.h"

#define KORE_DIGITS	18	/* always fit int64_t, sign included */

#define UNTERMINATED	"Unterminated string starting at"
#define BAD_UNICODE	"Invalid \\uXXXX escape"

enum expect {
	EXPECT_VALUE,
	EXPECT_FIRST_VALUE,	/* or the end of the array */
	EXPECT_NAME,
	EXPECT_FIRST_NAME,	/* or the end of the object */
	EXPECT_NEXT,		/* a comma or the end of what is open */
	EXPECT_NOTHING
};

struct scan {
	const char	*data;
	size_t		len;
	size_t		pos;
	enum expect	expect;
	size_t		depth;
	char		open[JSON_DEPTH_MAX];	/* '[' or '{' */
	size_t		values;
	struct buffer	*carried;		/* the text for Kore */
	size_t		error_pos;
	const char	*error_text;
};

static int	scan_text(struct scan *);
static int	scan_value(struct scan *);
static int	scan_name(struct scan *);
static int	scan_next(struct scan *);
static int	scan_open(struct scan *);
static void	scan_close(struct scan *);
static int	scan_literal(struct scan *);
static int	scan_number(struct scan *);
static size_t	scan_digits(struct scan *);
static int	scan_string(struct scan *);
static int	scan_plain(struct scan *);
static int	scan_escape(struct scan *, size_t);
static int	scan_unicode(struct scan *);
static int	scan_hex(struct scan *, size_t, int32_t *);
static int	scan_peek(const struct scan *);
static void	scan_blanks(struct scan *);
static int	scan_fail(struct scan *, size_t, const char *);
static void	carry(struct scan *, const char *, size_t);
static void	carry_point(struct scan *, int32_t);
static int	closes(const struct scan *, int);

int
json_scan(const char *data, size_t len, struct buffer *carried,
    size_t *error_pos, const char **error_text)
{
	struct scan	scan;
	int		ok;

	memset(&scan, 0, sizeof(scan));
	scan.data = data;
	scan.len = len;
	scan.carried = carried;

	ok = scan_text(&scan);
	if (!ok) {
		*error_pos = scan.error_pos;
		*error_text = scan.error_text;
	}

	return (ok);
}

static int
scan_text(struct scan *scan)
{
	int	ok;

	ok = 1;
	scan->expect = EXPECT_VALUE;

	while (ok && scan->expect != EXPECT_NOTHING) {
		scan_blanks(scan);
		if (closes(scan, scan_peek(scan))) {
			scan_close(scan);
			continue;
		}

		switch (scan->expect) {
		case EXPECT_NAME:
		case EXPECT_FIRST_NAME:
			ok = scan_name(scan);
			break;
		case EXPECT_NEXT:
			ok = scan_next(scan);
			break;
		default:
			ok = scan_value(scan);
			break;
		}
	}

	return (ok);
}

static int
scan_value(struct scan *scan)
{
	if (++scan->values > JSON_VALUES_MAX)
		return (scan_fail(scan, scan->pos, "Too many values"));

	scan->expect = EXPECT_NEXT;

	switch (scan_peek(scan)) {
	case '[':
	case '{':
		return (scan_open(scan));
	case '"':
		return (scan_string(scan));
	case 't':
	case 'f':
	case 'n':
		return (scan_literal(scan));
	default:
		return (scan_number(scan));
	}
}

static int
scan_name(struct scan *scan)
{
	if (scan_peek(scan) != '"')
		return (scan_fail(scan, scan->pos,
		    "Expecting property name enclosed in double quotes"));
	if (!scan_string(scan))
		return (0);

	scan_blanks(scan);
	if (scan_peek(scan) != ':')
		return (scan_fail(scan, scan->pos, "Expecting ':' delimiter"));
	carry(scan, ":", 1);
	scan->pos++;
	scan->expect = EXPECT_VALUE;

	return (1);
}

static int
scan_next(struct scan *scan)
{
	int	c;

	c = scan_peek(scan);

	if (scan->depth == 0) {
		scan->expect = EXPECT_NOTHING;
		return (c == -1 || scan_fail(scan, scan->pos, "Extra data"));
	}

	if (c != ',')
		return (scan_fail(scan, scan->pos, "Expecting ',' delimiter"));
	carry(scan, ",", 1);
	scan->pos++;
	scan->expect = scan->open[scan->depth - 1] == '{' ?
	    EXPECT_NAME : EXPECT_VALUE;

	return (1);
}

static int
scan_open(struct scan *scan)
{
	char	c;

	if (scan->depth == JSON_DEPTH_MAX)
		return (scan_fail(scan, scan->pos, "Too many levels"));

	c = scan->data[scan->pos++];
	carry(scan, &c, 1);
	scan->open[scan->depth++] = c;
	scan->expect = c == '{' ? EXPECT_FIRST_NAME : EXPECT_FIRST_VALUE;

	return (1);
}

static void
scan_close(struct scan *scan)
{
	scan->depth--;
	carry(scan, scan->data + scan->pos, 1);
	scan->pos++;
	scan->expect = EXPECT_NEXT;
}

/* True where c may end what was opened last, and does. */
static int
closes(const struct scan *scan, int c)
{
	switch (scan->expect) {
	case EXPECT_FIRST_VALUE:
		return (c == ']');
	case EXPECT_FIRST_NAME:
		return (c == '}');
	case EXPECT_NEXT:
		return (scan->depth > 0 && c ==
		    (scan->open[scan->depth - 1] == '{' ? '}' : ']'));
	default:
		return (0);
	}
}

static int
scan_literal(struct scan *scan)
{
	static const char *const	literals[] = { "true", "false", "null" };
	size_t				i, len;

	for (i = 0; i < sizeof(literals) / sizeof(literals[0]); i++) {
		len = strlen(literals[i]);
		if (scan->len - scan->pos < len ||
		    memcmp(scan->data + scan->pos, literals[i], len) != 0)
			continue;
		carry(scan, literals[i], len);
		scan->pos += len;
		return (1);
	}

	return (scan_fail(scan, scan->pos, "Expecting value"));
}

/*
 * RFC 8259, section 6. A fraction or exponent without digits is not part of
 * the number, so that what is wrong is found behind it, as Python does.
 */
static int
scan_number(struct scan *scan)
{
	size_t	start, mark;
	int	whole, c;

	start = scan->pos;
	whole = 1;

	if (scan_peek(scan) == '-')
		scan->pos++;
	if (scan_peek(scan) == '0')
		scan->pos++;
	else if (scan_digits(scan) == 0)
		return (scan_fail(scan, start, "Expecting value"));

	mark = scan->pos;
	if (scan_peek(scan) == '.') {
		scan->pos++;
		if (scan_digits(scan) > 0) {
			mark = scan->pos;
			whole = 0;
		}
		scan->pos = mark;
	}

	c = scan_peek(scan);
	if (c == 'e' || c == 'E') {
		scan->pos++;
		c = scan_peek(scan);
		if (c == '+' || c == '-')
			scan->pos++;
		if (scan_digits(scan) > 0) {
			mark = scan->pos;
			whole = 0;
		}
		scan->pos = mark;
	}

	if (whole && mark - start <= KORE_DIGITS) {
		carry(scan, scan->data + start, mark - start);
	} else {
		carry(scan, (const char []){ '"', CARRY_NUMBER }, 2);
		carry(scan, scan->data + start, mark - start);
		carry(scan, "\"", 1);
	}

	return (1);
}

/* Passes digits and returns how many there were. */
static size_t
scan_digits(struct scan *scan)
{
	size_t	start;
	int	c;

	start = scan->pos;
	while ((c = scan_peek(scan)) >= '0' && c <= '9')
		scan->pos++;

	return (scan->pos - start);
}

static int
scan_string(struct scan *scan)
{
	size_t	start;
	int	ok;

	start = scan->pos++;
	carry(scan, "\"", 1);

	do {
		ok = scan_plain(scan);
		if (!ok || scan_peek(scan) != '\\')
			break;
		ok = scan_escape(scan, start);
	} while (ok);

	if (!ok)
		return (0);
	if (scan_peek(scan) == -1)
		return (scan_fail(scan, start, UNTERMINATED));
	if (scan_peek(scan) != '"')
		return (scan_fail(scan, scan->pos,
		    "Invalid control character at"));

	scan->pos++;
	carry(scan, "\"", 1);

	return (1);
}

/* What a string holds up to a quote, a backslash or a control character. */
static int
scan_plain(struct scan *scan)
{
	size_t	start, used;
	int	c;

	start = scan->pos;

	while ((c = scan_peek(scan)) >= ' ' && c != '"' && c != '\\') {
		if (utf8_next((struct span){ scan->data + scan->pos,
		    scan->len - scan->pos }, &used) == UTF8_BAD)
			return (scan_fail(scan, scan->pos, "Invalid UTF-8 at"));
		scan->pos += used;
	}
	carry(scan, scan->data + start, scan->pos - start);

	return (1);
}

/* At a backslash; the string began at start. */
static int
scan_escape(struct scan *scan, size_t start)
{
	char	c;

	if (scan->len - scan->pos < 2)
		return (scan_fail(scan, start, UNTERMINATED));

	c = scan->data[scan->pos + 1];
	if (c == 'u')
		return (scan_unicode(scan));
	if (c == '\0' || strchr("\"\\/bfnrt", c) == NULL)
		return (scan_fail(scan, scan->pos, "Invalid \\escape"));

	carry(scan, scan->data + scan->pos, 2);
	scan->pos += 2;

	return (1);
}

/*
 * RFC 8259, section 7: beyond U+FFFF two escapes make one character. Half of
 * such a pair has no UTF-8 form, so it is refused (section 8.2).
 */
static int
scan_unicode(struct scan *scan)
{
	size_t	first;
	int32_t	high, low;

	first = scan->pos + 1;
	if (!scan_hex(scan, first, &high))
		return (0);

	if (high < 0xd800 || high > 0xdfff) {
		carry_point(scan, high);
		return (1);
	}

	if (high > 0xdbff || scan->len - scan->pos < 2 ||
	    memcmp(scan->data + scan->pos, "\\u", 2) != 0)
		return (scan_fail(scan, first, BAD_UNICODE));
	if (!scan_hex(scan, scan->pos + 1, &low))
		return (0);
	if (low < 0xdc00 || low > 0xdfff)
		return (scan_fail(scan, first, BAD_UNICODE));

	carry_point(scan, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));

	return (1);
}

/* The four digits after the 'u' at that place, and passes them. */
static int
scan_hex(struct scan *scan, size_t at, int32_t *unit)
{
	size_t	i;
	int	digit;

	/* One more must follow, if only the quote: Python's way to see it. */
	if (scan->len - at <= 5)
		return (scan_fail(scan, at, BAD_UNICODE));

	*unit = 0;
	for (i = at + 1; i <= at + 4; i++) {
		if ((digit = hex_digit(scan->data[i])) == -1)
			return (scan_fail(scan, at, BAD_UNICODE));
		*unit = *unit * 16 + digit;
	}
	scan->pos = at + 5;

	return (1);
}

/* The octet that comes next, or -1 at the end. */
static int
scan_peek(const struct scan *scan)
{
	if (scan->pos == scan->len)
		return (-1);

	return ((unsigned char)scan->data[scan->pos]);
}

static void
scan_blanks(struct scan *scan)
{
	int	c;

	while ((c = scan_peek(scan)) == ' ' || c == '\t' || c == '\n' ||
	    c == '\r')
		scan->pos++;
}

/* Remembers what is wrong and where; returns 0 for the caller to return. */
static int
scan_fail(struct scan *scan, size_t pos, const char *text)
{
	scan->error_pos = pos;
	scan->error_text = text;

	return (0);
}

/* What lies deeper than Kore goes is left out. */
static void
carry(struct scan *scan, const char *data, size_t len)
{
	if (scan->depth < CARRY_DEPTH)
		buffer_append(scan->carried, data, len);
}

/* One character that was written as an escape. */
static void
carry_point(struct scan *scan, int32_t point)
{
	char	out[UTF8_MAX];
	size_t	len;

	if (point < ' ') {
		out[0] = CARRY_CONTROL;
		out[1] = (char)(0x80 | point);
		len = 2;
	} else if (point == '"' || point == '\\') {
		out[0] = '\\';
		out[1] = (char)point;
		len = 2;
	} else {
		len = utf8_put(out, point);
	}

	carry(scan, out, len);
}
