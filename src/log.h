#ifndef PARLEY_LOG_H
#define PARLEY_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "data/span.h"

/*
 * The log: one line an event on standard error, written by one write(2), so
 * that lines of several processes never mix. A value can hold anything: what
 * could end a line, end a value or steer a terminal is escaped, ill-formed
 * UTF-8 replaced, so no client can forge a line. Nothing is allocated; a
 * value that is too long is cut and ends in an ellipsis.
 *
 * Never give it a password, a key, a token, a query string or the parameter
 * of a statement.
 */
enum log_format {
	LOG_FORMAT_AUTO,	/* text on a terminal, else JSON */
	LOG_FORMAT_TEXT,
	LOG_FORMAT_JSON
};

/* Who has to act: nobody, somebody some day, somebody now. */
enum log_level {
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};

enum log_type {
	LOG_TYPE_TEXT,
	LOG_TYPE_PLAIN,		/* a text of ours: there is nothing to escape */
	LOG_TYPE_INTEGER,
	LOG_TYPE_DECIMAL
};

struct log_field {
	struct span	name;		/* ours: letters and underscores */
	enum log_type	type;
	struct span	text;		/* data NULL: the field is left out */
	int64_t		integer;
	double		decimal;	/* written with three places */
};

/*
 * Rows for an array of fields. log_text takes a C string or NULL; log_plain
 * what is known to be printable ASCII without quotes and reverse solidi.
 */
static inline struct log_field
log_span(const char *name, struct span text)
{
	struct log_field field = { span_of(name), LOG_TYPE_TEXT, text,
	    0, 0 };

	return (field);
}

static inline struct log_field
log_text(const char *name, const char *text)
{
	return (log_span(name, span_of(text)));
}

static inline struct log_field
log_plain(const char *name, struct span text)
{
	struct log_field field = log_span(name, text);

	field.type = LOG_TYPE_PLAIN;

	return (field);
}

static inline struct log_field
log_integer(const char *name, int64_t value)
{
	struct log_field field = { span_of(name), LOG_TYPE_INTEGER,
	    { NULL, 0 }, value, 0 };

	return (field);
}

static inline struct log_field
log_decimal(const char *name, double value)
{
	struct log_field field = { span_of(name), LOG_TYPE_DECIMAL,
	    { NULL, 0 }, 0, value };

	return (field);
}

/* What is said of a request; all texts but the path are plain. */
struct log_request {
	struct span	method;
	const char	*route;		/* the template; NULL: no route */
	struct span	path;		/* without the query */
	int		status;
	double		ms;
	uint64_t	bytes;		/* of the answer's body */
	struct span	request_id;
	int64_t		user_id;	/* 0: nobody is signed in */
	const char	*address;	/* of the client */
};

/* Chooses the format; AUTO until it is called. */
void	log_init(enum log_format);

/* The same by the name of LOG_FORMAT: "text", "json", NULL for AUTO. */
void	log_init_name(const char *);

/*
 * Names this process in every line from now on ("parent", "worker 1").
 * Copied, 31 octets at most.
 */
void	log_set_process(const char *);

/* Writes one line. errno is kept. */
void	log_line(enum log_level, const char *event, const struct log_field *,
	    size_t n);

/* The same with one field, `message`, formatted: 1 KB of it at most. */
void	log_info(const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_warn(const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	log_error(const char *event, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));

/* The line of a request, event `request`. 5xx are errors. */
void	log_request(const struct log_request *);

/*
 * From log_gather(1) on lines of requests wait for log_flush(), for any other
 * line or for 4 KB of them, and are then written by one write(2): still whole,
 * still in order. Whoever turns it on flushes before each sleep.
 */
void	log_gather(int on);
void	log_flush(void);

/*
 * Formats a line, its newline included, without writing it: what log_line()
 * does before the write. Returns its length, at most size, which must be 256
 * at least. Not NUL-terminated.
 */
size_t	log_format_line(char *out, size_t size, enum log_format,
	    enum log_level, const char *event, const struct log_field *,
	    size_t n);

#endif
