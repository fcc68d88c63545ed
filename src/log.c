#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "data/plain.h"
#include "data/utf8.h"
#include "log.h"

/* POSIX promises that a write of this size to a pipe is never torn. */
#define LOG_LINE_MAX	4096
#define LOG_VALUE_MAX	1024	/* octets of one value, escapes included */
#define LOG_MESSAGE_MAX	1024
#define LOG_TAIL	24	/* kept for an ellipsis, a quote, `cut`, the end */
#define LOG_PROCESS_MAX	32

#define ELLIPSIS	"\xe2\x80\xa6"
#define REPLACEMENT	0xfffd

/*
 * A line in the making. What does not fit before `end` is refused by
 * line_put(), and there is always room for LOG_TAIL octets behind it.
 */
struct line {
	char		*data;
	size_t		len;
	size_t		end;
	int		cut;		/* fields were left out */
	enum log_format	format;
};

static const char *const level_names[] = {
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_WARN] = "warn",
	[LOG_LEVEL_ERROR] = "error"
};

static enum log_format	log_chosen = LOG_FORMAT_AUTO;
static char		log_process[LOG_PROCESS_MAX];
static unsigned int	log_lost;	/* lines that could not be written */

/* Lines of requests that gather until the worker is about to sleep. */
static char		gathered[LOG_LINE_MAX];
static size_t		gathered_len;
static unsigned int	gathered_lines;
static int		gathering;

static void	write_out(const char *, size_t, unsigned int);
static const char	*stamp_now(struct timespec *);
static size_t	number_put(char *, uint64_t, int);
static size_t	number_format(char *, const struct log_field *);
static int	line_put(struct line *, const char *, size_t);
static void	line_head(struct line *, enum log_level, const char *);
static void	line_field(struct line *, const struct log_field *);
static void	line_name(struct line *, struct span);
static void	line_text(struct line *, struct span);
static void	line_quoted(struct line *, struct span);
static size_t	escape(char *, struct span, size_t *);
static int	is_plain(struct span);
static int	is_invisible(int32_t);
static void	log_message(enum log_level, const char *, const char *,
		    va_list) __attribute__((format(printf, 3, 0)));

void
log_init(enum log_format format)
{
	log_chosen = format;
}

void
log_init_name(const char *name)
{
	if (name == NULL)
		log_init(LOG_FORMAT_AUTO);
	else if (strcmp(name, "json") == 0)
		log_init(LOG_FORMAT_JSON);
	else
		log_init(LOG_FORMAT_TEXT);
}

void
log_set_process(const char *name)
{
	(void)snprintf(log_process, sizeof(log_process), "%s", name);
}

void
log_line(enum log_level level, const char *event,
    const struct log_field *fields, size_t n)
{
	char	line[LOG_LINE_MAX];
	size_t	len;
	int	saved;

	saved = errno;
	if (log_chosen == LOG_FORMAT_AUTO)
		log_chosen = isatty(STDERR_FILENO) ?
		    LOG_FORMAT_TEXT : LOG_FORMAT_JSON;

	len = log_format_line(line, sizeof(line), log_chosen, level, event,
	    fields, n);
	log_flush();
	write_out(line, len, 1);
	errno = saved;
}

void
log_gather(int on)
{
	log_flush();
	gathering = on;
}

void
log_flush(void)
{
	if (gathered_len == 0)
		return;
	write_out(gathered, gathered_len, gathered_lines);
	gathered_len = 0;
	gathered_lines = 0;
}

/*
 * Once only: half a line that is continued later could be read as something
 * else. What was lost is counted and said by the next line.
 */
static void
write_out(const char *data, size_t len, unsigned int lines)
{
	if (write(STDERR_FILENO, data, len) == (ssize_t)len)
		log_lost = 0;
	else
		log_lost += lines;
}

void
log_info(const char *event, const char *fmt, ...)
{
	va_list	args;

	va_start(args, fmt);
	log_message(LOG_LEVEL_INFO, event, fmt, args);
	va_end(args);
}

void
log_warn(const char *event, const char *fmt, ...)
{
	va_list	args;

	va_start(args, fmt);
	log_message(LOG_LEVEL_WARN, event, fmt, args);
	va_end(args);
}

void
log_error(const char *event, const char *fmt, ...)
{
	va_list	args;

	va_start(args, fmt);
	log_message(LOG_LEVEL_ERROR, event, fmt, args);
	va_end(args);
}

void
log_request(const struct log_request *request)
{
	struct log_field	fields[10];
	char			line[LOG_LINE_MAX];
	size_t			n, len;

	n = 0;
	fields[n++] = log_plain("method", request->method);
	fields[n++] = log_plain("route", span_of(request->route));
	fields[n++] = log_span("path", request->path);
	fields[n++] = log_integer("status", request->status);
	fields[n++] = log_decimal("ms", request->ms);
	fields[n++] = log_integer("bytes", (int64_t)request->bytes);
	fields[n++] = log_plain("request_id", request->request_id);
	if (request->user_id != 0)
		fields[n++] = log_integer("user_id", request->user_id);
	fields[n++] = log_plain("address", span_of(request->address));

	if (!gathering || log_lost > 0 || log_chosen == LOG_FORMAT_AUTO) {
		log_line(request->status >= 500 ? LOG_LEVEL_ERROR :
		    LOG_LEVEL_INFO, "request", fields, n);
		return;
	}

	len = log_format_line(line, sizeof(line), log_chosen,
	    request->status >= 500 ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
	    "request", fields, n);
	if (len > sizeof(gathered) - gathered_len)
		log_flush();
	memcpy(gathered + gathered_len, line, len);
	gathered_len += len;
	gathered_lines++;
}

size_t
log_format_line(char *out, size_t size, enum log_format format,
    enum log_level level, const char *event, const struct log_field *fields,
    size_t n)
{
	struct line		line;
	struct log_field	lost;
	size_t			i;

	line.data = out;
	line.len = 0;
	line.end = size - LOG_TAIL;
	line.cut = 0;
	line.format = format;

	line_head(&line, level, event);
	for (i = 0; i < n; i++)
		line_field(&line, &fields[i]);
	if (log_lost > 0) {
		lost = log_integer("lines_lost", log_lost);
		line_field(&line, &lost);
	}

	if (line.cut) {
		line.end = size;
		(void)(format == LOG_FORMAT_JSON ?
		    line_put(&line, ",\"cut\":true", 11) :
		    line_put(&line, " cut=true", 9));
	}
	if (format == LOG_FORMAT_JSON)
		out[line.len++] = '}';
	out[line.len++] = '\n';

	return (line.len);
}

/* All of it or nothing. */
static int
line_put(struct line *line, const char *data, size_t len)
{
	if (len > line->end - line->len)
		return (0);
	memcpy(line->data + line->len, data, len);
	line->len += len;

	return (1);
}

static void
line_head(struct line *line, enum log_level level, const char *event)
{
	struct log_field	field;
	struct timespec		now;
	const char		*stamp, *name;
	char			ms[8];

	stamp = stamp_now(&now);
	ms[0] = '.';
	(void)number_put(ms + 1, (uint64_t)now.tv_nsec / 1000000, 3);
	ms[4] = 'Z';
	name = level_names[level];

	if (line->format == LOG_FORMAT_JSON)
		(void)line_put(line, "{\"time\":\"", 9);
	(void)line_put(line, stamp, strlen(stamp));
	(void)line_put(line, ms, 5);
	(void)line_put(line, line->format == LOG_FORMAT_JSON ?
	    "\",\"level\":\"" : " ", line->format == LOG_FORMAT_JSON ? 11 : 1);
	(void)line_put(line, name, strlen(name));
	if (line->format == LOG_FORMAT_JSON)
		(void)line_put(line, "\"", 1);
	else
		(void)line_put(line, "     ", 5 - strlen(name));

	if (line->format == LOG_FORMAT_JSON) {
		field = log_plain("event", span_of(event));
		line_field(line, &field);
	} else {
		(void)line_put(line, " ", 1);
		line_text(line, span_of(event));
	}
	if (log_process[0] != '\0') {
		field = log_plain("process", span_of(log_process));
		line_field(line, &field);
	}
}

static void
line_field(struct line *line, const struct log_field *field)
{
	char	number[64];
	size_t	len;

	if (field->type <= LOG_TYPE_PLAIN && field->text.data == NULL)
		return;

	/* A name without a value would be no JSON. */
	len = field->type == LOG_TYPE_TEXT ? 0 :
	    field->type == LOG_TYPE_PLAIN ? field->text.len + 2 :
	    number_format(number, field);
	if (line->end - line->len < field->name.len + 5 + len) {
		line->cut = 1;
		return;
	}
	line_name(line, field->name);
	if (field->type > LOG_TYPE_PLAIN) {
		(void)line_put(line, number, len);
	} else if (field->type == LOG_TYPE_PLAIN &&
	    line->format == LOG_FORMAT_JSON) {
		(void)line_put(line, "\"", 1);
		(void)line_put(line, field->text.data, field->text.len);
		(void)line_put(line, "\"", 1);
	} else {
		line_text(line, field->text);
	}
}

static size_t
number_format(char *out, const struct log_field *field)
{
	uint64_t	thousandths;
	size_t		len;

	if (field->type == LOG_TYPE_INTEGER && field->integer >= 0)
		return (number_put(out, (uint64_t)field->integer, 1));
	if (field->type == LOG_TYPE_INTEGER)
		return ((size_t)sprintf(out, "%lld",
		    (long long)field->integer));
	if (!isfinite(field->decimal) || fabs(field->decimal) >= 1e15)
		return ((size_t)sprintf(out, "null"));
	if (field->decimal < 0 || field->decimal >= 1e9)
		return ((size_t)sprintf(out, "%.3f", field->decimal));

	/* What nearly all are, and without a library's detours. */
	thousandths = (uint64_t)(field->decimal * 1000 + 0.5);
	len = number_put(out, thousandths / 1000, 1);
	out[len++] = '.';

	return (len + number_put(out + len, thousandths % 1000, 3));
}

/* In decimal, with zeros in front up to so many digits; no NUL. */
static size_t
number_put(char *out, uint64_t value, int digits)
{
	char	text[24];
	size_t	at, len;

	at = sizeof(text);
	do {
		text[--at] = (char)('0' + value % 10);
		value /= 10;
		digits--;
	} while (value > 0 || digits > 0);
	len = sizeof(text) - at;
	memcpy(out, text + at, len);

	return (len);
}

/* The second that it is, made once a second. */
static const char *
stamp_now(struct timespec *now)
{
	static char	text[32];
	static time_t	made;
	struct tm	tm;

	(void)clock_gettime(CLOCK_REALTIME, now);
	if (now->tv_sec != made && gmtime_r(&now->tv_sec, &tm) != NULL) {
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
		made = now->tv_sec;
	}

	return (text);
}

/* There is room for it. */
static void
line_name(struct line *line, struct span name)
{
	char	*p = line->data + line->len;

	if (line->format == LOG_FORMAT_JSON) {
		*p++ = ',';
		*p++ = '"';
		memcpy(p, name.data, name.len);
		p += name.len;
		*p++ = '"';
		*p++ = ':';
	} else {
		*p++ = ' ';
		memcpy(p, name.data, name.len);
		p += name.len;
		*p++ = '=';
	}
	line->len = (size_t)(p - line->data);
}

static void
line_text(struct line *line, struct span text)
{
	if (line->format != LOG_FORMAT_JSON && text.len < LOG_VALUE_MAX &&
	    is_plain(text) && line_put(line, text.data, text.len))
		return;
	line_quoted(line, text);
}

/* The quotes may go into the tail: a value that was begun is always ended. */
static void
line_quoted(struct line *line, struct span text)
{
	char	piece[16];
	size_t	limit, len, used;

	line->data[line->len++] = '"';
	limit = line->len + LOG_VALUE_MAX;
	if (limit > line->end)
		limit = line->end;

	/* What needs no second look, in one go. */
	used = limit - line->len;
	used = plain_octets(text.data, text.len < used ? text.len : used, 1);
	memcpy(line->data + line->len, text.data, used);
	line->len += used;
	text.data += used;
	text.len -= used;

	while (text.len > 0) {
		len = escape(piece, text, &used);
		if (line->len + len > limit) {
			memcpy(line->data + line->len, ELLIPSIS,
			    strlen(ELLIPSIS));
			line->len += strlen(ELLIPSIS);
			break;
		}
		memcpy(line->data + line->len, piece, len);
		line->len += len;
		text.data += used;
		text.len -= used;
	}
	line->data[line->len++] = '"';

	/* Nothing more fits when the tail was used. */
	if (line->len > line->end)
		line->end = line->len;
}

/*
 * The first character of text as a JSON string holds it (RFC 8259 section 7),
 * 12 octets at most, and in *used how many octets of text that was.
 */
static size_t
escape(char *out, struct span text, size_t *used)
{
	int32_t	point;

	point = utf8_next(text, used);
	if (point == UTF8_BAD)
		return (utf8_put(out, REPLACEMENT));
	if (point == '"' || point == '\\') {
		out[0] = '\\';
		out[1] = (char)point;
		return (2);
	}
	if (point == '\n' || point == '\r' || point == '\t') {
		out[0] = '\\';
		out[1] = point == '\n' ? 'n' : point == '\r' ? 'r' : 't';
		return (2);
	}
	if (is_invisible(point))
		return ((size_t)sprintf(out, "\\u%04x", (unsigned int)point));
	memcpy(out, text.data, *used);

	return (*used);
}

/* What needs no quotes in a line of text, and no look at its octets. */
static int
is_plain(struct span text)
{
	size_t	i;

	for (i = 0; i < text.len; i++) {
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f ||
		    strchr("\"\\=", text.data[i]) != NULL)
			return (0);
	}

	return (text.len > 0);
}

/*
 * Controls of C0 and C1, separators of lines, and the marks that change the
 * direction of a line: with them a line can look like another one.
 */
static int
is_invisible(int32_t point)
{
	return (point < 0x20 || (point >= 0x7f && point < 0xa0) ||
	    point == 0x061c || point == 0x200e || point == 0x200f ||
	    (point >= 0x2028 && point <= 0x202e) ||
	    (point >= 0x2066 && point <= 0x2069) || point == 0xfeff);
}

static void
log_message(enum log_level level, const char *event, const char *fmt,
    va_list args)
{
	char			text[LOG_MESSAGE_MAX];
	struct log_field	field;
	int			saved;

	/* For %m, and for the caller. */
	saved = errno;
	if (vsnprintf(text, sizeof(text), fmt, args) < 0)
		(void)snprintf(text, sizeof(text), "%s", fmt);
	errno = saved;
	field = log_text("message", text);
	log_line(level, event, &field, 1);
}
