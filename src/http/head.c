#include "http/framing.h"
#include "http/head.h"
#include "http/octet.h"
#include "http/target.h"

/*
 * Two steps. lines_cut() finds the lines of what has come, keeps the limits and
 * reads the request line; it decides at the same octet however the head was
 * split on its way. Once the blank line is there, fields_parse() reads the
 * field lines and framing.c says where the request ends.
 */

#define EMPTY_LINES_MAX		16	/* before the request line */

struct method {
	const char	*name;
	size_t		len;
};

#define METHOD(name)	{ name, sizeof(name) - 1 }

static const struct method methods[METHOD__MAX] = {
	[METHOD_GET] = METHOD("GET"),
	[METHOD_HEAD] = METHOD("HEAD"),
	[METHOD_POST] = METHOD("POST"),
	[METHOD_PUT] = METHOD("PUT"),
	[METHOD_PATCH] = METHOD("PATCH"),
	[METHOD_DELETE] = METHOD("DELETE"),
	[METHOD_OPTIONS] = METHOD("OPTIONS"),
	[METHOD_TRACE] = METHOD("TRACE"),
	[METHOD_QUERY] = METHOD("QUERY"),
};

static void		head_reset(struct head *);
static enum head_result	head_refuse(struct head *, int);
static int		start_find(const char *, size_t, size_t *);
static enum head_result	lines_cut(struct head *, const char *, size_t, size_t);
static int		request_line_parse(struct head *, struct span);
static int		method_parse(struct head *, struct span);
static int		version_parse(struct head *, struct span);
static int		fields_parse(struct head *, struct framing *);
static int		field_split(struct head_field *);

enum head_result
head_parse(struct head *head, const char *data, size_t len, size_t *scanned)
{
	struct framing		framing;
	enum head_result	result;
	size_t			start, seen;
	int			status;

	head_reset(head);

	status = start_find(data, len, &start);
	if (status != 0)
		return (head_refuse(head, status));
	if (start == len)
		return (HEAD_MORE);

	/*
	 * Without a new line end there is nothing new to see, except that a
	 * limit is reached. The second condition holds once in a head.
	 */
	seen = *scanned > start ? *scanned : start;
	*scanned = len;
	if (memchr(data + seen, '\n', len - seen) == NULL &&
	    !(seen < start + HEAD_LINE_MAX + 2 &&
	    len >= start + HEAD_LINE_MAX + 2) && len < HEAD_SIZE_MAX)
		return (HEAD_MORE);

	result = lines_cut(head, data, len, start);
	if (result == HEAD_MORE)
		return (HEAD_MORE);

	/* Of a head that is refused too, for the sake of the answer. */
	status = fields_parse(head, &framing);
	if (result == HEAD_REFUSED)
		return (head_refuse(head, head->status));
	if (status == 0)
		status = framing_decide(head, &framing);
	if (status != 0)
		return (head_refuse(head, status));

	return (HEAD_DONE);
}

const struct span *
head_field(const struct head *head, const char *name)
{
	size_t	i;

	for (i = 0; i < head->nfields; i++) {
		if (span_is_nocase(head->fields[i].name, name))
			return (&head->fields[i].value);
	}

	return (NULL);
}

const char *
head_method_name(enum head_method method)
{
	return (methods[method].name);
}

/* All but the fields: clearing those too would cost more than a short head. */
static void
head_reset(struct head *head)
{
	head->size = 0;
	head->status = 0;
	head->method = METHOD_GET;
	head->minor = 0;
	head->path = SPAN("");
	head->query = SPAN("");
	head->host = SPAN("");
	head->chunked = 0;
	head->length = 0;
	head->expect_continue = 0;
	head->keep_alive = 0;
	head->nfields = 0;
}

static enum head_result
head_refuse(struct head *head, int status)
{
	head->status = status;
	head->chunked = 0;
	head->length = 0;
	head->expect_continue = 0;
	head->keep_alive = 0;

	return (HEAD_REFUSED);
}

/*
 * Finds where the request line starts, or sets start to len when more has to
 * come. Empty lines before it are skipped (RFC 9112 section 2.2). What cannot
 * begin a method, such as a TLS handshake, is refused at its first octet.
 */
static int
start_find(const char *data, size_t len, size_t *start)
{
	size_t	at;
	int	lines;

	at = 0;
	for (lines = 0; at < len; lines++) {
		if (data[at] == '\n') {
			at++;
		} else if (data[at] != '\r') {
			break;
		} else if (at + 1 == len) {
			at++;
		} else if (data[at + 1] == '\n') {
			at += 2;
		} else {
			return (400);
		}
		if (lines == EMPTY_LINES_MAX)
			return (400);
	}

	*start = at;
	if (at < len && !octet_is(data[at], OCTET_TOKEN))
		return (400);

	return (0);
}

/*
 * Reads the request line and leaves the field lines, uncut, as names in
 * head->fields. HEAD_DONE when the blank line was found, HEAD_REFUSED with
 * head->status when none of it matters any more. A bare LF ends a line too, as
 * RFC 9112 section 2.2 allows; a CR that stands anywhere else is refused by
 * whoever reads the line.
 */
static enum head_result
lines_cut(struct head *head, const char *data, size_t len, size_t start)
{
	struct span	line;
	const char	*newline, *end;
	int		blank, first, status;

	blank = status = 0;
	first = 1;
	line.data = data + start;
	end = data + (len < HEAD_SIZE_MAX ? len : HEAD_SIZE_MAX);

	while (!blank && (newline = memchr(line.data, '\n',
	    (size_t)(end - line.data))) != NULL) {
		line.len = (size_t)(newline - line.data);
		if (line.len > 0 && newline[-1] == '\r')
			line.len--;

		if (first) {
			status = line.len > HEAD_LINE_MAX ? 414 :
			    request_line_parse(head, line);
			first = 0;
		} else if (line.len == 0) {
			blank = 1;
		} else if (head->nfields == HEAD_FIELDS_MAX) {
			status = status == 0 ? 431 : status;
			break;
		} else {
			head->fields[head->nfields++].name = line;
		}
		line.data = newline + 1;
	}
	head->size = (size_t)(line.data - data);

	/* The CR and LF may be on their way: two octets more than a line has. */
	if (first && end - line.data >= HEAD_LINE_MAX + 2)
		status = 414;
	else if (status == 0 && !blank && len >= HEAD_SIZE_MAX)
		status = 431;

	head->status = status;
	if (status != 0)
		return (HEAD_REFUSED);

	return (blank ? HEAD_DONE : HEAD_MORE);
}

/*
 * Exactly one space between the parts: RFC 9112 section 3 allows to be lenient
 * and section 11.2 says what that costs.
 */
static int
request_line_parse(struct head *head, struct span line)
{
	struct span	method, target, version;
	int		status;

	method = octets_before(line, ' ');
	if (method.len == line.len)
		return (400);

	target.data = method.data + method.len + 1;
	target.len = line.len - method.len - 1;
	version = target;
	target = octets_before(target, ' ');
	if (target.len == version.len)
		return (400);

	version.data += target.len + 1;
	version.len -= target.len + 1;

	if (!octets_are(target, OCTET_TARGET))
		return (400);

	/* A method of another major version is not ours to judge. */
	status = version_parse(head, version);
	if (status == 0)
		status = method_parse(head, method);
	if (status == 0)
		status = target_parse(head, target);

	return (status);
}

static int
method_parse(struct head *head, struct span name)
{
	size_t	i;

	for (i = 0; i < METHOD__MAX; i++) {
		if (name.len == methods[i].len &&
		    memcmp(name.data, methods[i].name, name.len) == 0) {
			head->method = (enum head_method)i;
			return (0);
		}
	}

	/* Every registered method is in capitals; "get" is a mistake. */
	for (i = 0; i < name.len; i++) {
		if (name.data[i] != '-' &&
		    (name.data[i] < 'A' || name.data[i] > 'Z'))
			return (400);
	}

	return (name.len == 0 ? 400 : 501);
}

/* RFC 9112 section 2.3: case matters, one digit each. */
static int
version_parse(struct head *head, struct span version)
{
	if (version.len != 8 || memcmp(version.data, "HTTP/", 5) != 0 ||
	    version.data[5] < '0' || version.data[5] > '9' ||
	    version.data[6] != '.' ||
	    version.data[7] < '0' || version.data[7] > '9')
		return (400);

	if (version.data[5] != '1')
		return (505);

	/* RFC 9110 section 2.5: a higher minor version is read as ours. */
	head->minor = version.data[7] == '0' ? 0 : 1;

	return (0);
}

/*
 * Reads all field lines and drops those that are none, so that even a bad
 * head's Origin is known. Returns what is wrong with the first bad one.
 */
static int
fields_parse(struct head *head, struct framing *framing)
{
	struct head_field	*field;
	size_t			i, kept;
	int			status, wrong;

	memset(framing, 0, sizeof(*framing));

	wrong = 0;
	kept = 0;
	for (i = 0; i < head->nfields; i++) {
		field = &head->fields[kept];
		field->name = head->fields[i].name;
		status = field_split(field);
		if (status == 0) {
			kept++;
			status = framing_read(head, framing, field);
		}
		if (wrong == 0)
			wrong = status;
	}
	head->nfields = kept;

	return (wrong);
}

/*
 * Cuts the line that stands in name into name and value. A line that begins
 * with a blank (obs-fold, or one before the first field) has no token there,
 * and neither has one with a blank before the colon: RFC 9112 section 5.
 */
static int
field_split(struct head_field *field)
{
	struct span	line;
	size_t		n;

	line = field->name;

	for (n = 0; n < line.len && octet_is(line.data[n], OCTET_TOKEN); n++)
		;
	if (n == 0 || n == line.len || line.data[n] != ':')
		return (400);

	field->name.len = n;
	field->value.data = line.data + n + 1;
	field->value.len = line.len - n - 1;
	if (!octets_are(field->value, OCTET_TEXT))
		return (400);
	field->value = octets_trim(field->value);

	return (0);
}
