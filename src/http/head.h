#ifndef PARLEY_HTTP_HEAD_H
#define PARLEY_HTTP_HEAD_H

#include <stdint.h>

#include "data/span.h"

/*
 * The head of a request (RFC 9112 sections 2 to 7), parsed from bytes alone:
 * knows nothing of connections, Kore or routes, and is fuzzed against h11.
 */

#define HEAD_LINE_MAX		8192	/* octets of the request line */
#define HEAD_SIZE_MAX		32768	/* octets of the whole head */
#define HEAD_FIELDS_MAX		100	/* field lines */

#define CHUNKED_LINE_MAX	4096	/* octets after one chunk's size */
#define CHUNKED_LINES_MAX	65536	/* the same of all chunks */
#define CHUNKED_TRAILERS_MAX	16384	/* octets of all trailer lines */

enum head_method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_TRACE,
	METHOD_QUERY,
	METHOD__MAX
};

enum head_result {
	HEAD_MORE,	/* the head is not complete yet */
	HEAD_DONE,
	HEAD_REFUSED	/* see head.status; the connection must be closed */
};

struct head_field {
	struct span	name;	/* as it was sent: compare without case */
	struct span	value;	/* no blank at either end; may be empty */
};

struct head {
	size_t			size;		/* octets read, blank line included */
	int			status;		/* HEAD_REFUSED: 400 414 431 501 505 */

	enum head_method	method;
	int			minor;		/* HTTP/1.minor, 0 or 1 */
	struct span		path;		/* still percent-encoded; "*" for OPTIONS * */
	struct span		query;		/* without the '?'; empty when none */
	struct span		host;		/* of the Host field or the absolute form */

	int			chunked;	/* body in chunked coding */
	uint64_t		length;		/* body's length when not chunked */
	int			expect_continue; /* HTTP/1.1 only */
	int			keep_alive;	/* the connection stays open after it */

	size_t			nfields;
	struct head_field	fields[HEAD_FIELDS_MAX];
};

/*
 * Parses the request head at the start of data. scanned must be 0 for the
 * first call on a head and is kept by the function between calls while more
 * bytes arrive (so that a byte at a time costs linear time). On HEAD_DONE all
 * spans point into data. Empty lines before the request line are skipped.
 *
 * Refused before the head is complete: what goes over a limit, a first octet
 * that begins no method, and a bad request line once its end has come. More of
 * the request may then still be on its way. A length is refused (400) when it
 * is above INT64_MAX, so head.size + head.length cannot overflow.
 *
 * On HEAD_REFUSED the method, target and fields are what could be understood,
 * for the answer and the log; spans point into the first head.size octets.
 */
enum head_result	head_parse(struct head *, const char *data, size_t len,
			    size_t *scanned) MUST_CHECK;

/*
 * The value of a field, found without case, or NULL. Of several lines of one
 * name the first is returned.
 */
const struct span	*head_field(const struct head *, const char *name);

/* "GET", ... */
const char		*head_method_name(enum head_method);

enum chunked_result {
	CHUNKED_MORE,
	CHUNKED_DONE,
	CHUNKED_REFUSED	/* 400 */
};

/* Decodes a chunked body (RFC 9112 section 7.1). Zero it before the first call. */
struct chunked {
	int		state;
	int		digits;		/* of the size read so far */
	uint64_t	left;		/* octets of this chunk still to come */
	size_t		line;		/* octets after this chunk's size so far */
	size_t		extensions;	/* the same of all chunks so far */
	size_t		trailers;	/* octets of all trailer lines so far */
};

/*
 * Reads up to len octets of in, sets *consumed to how many it took, and writes
 * the decoded body octets to out (room for len octets; may be in itself), their
 * number in *produced. Extensions and trailers are checked and dropped.
 * On CHUNKED_DONE *consumed ends at the end of the message. A refusal lasts:
 * later calls take nothing and refuse again.
 */
enum chunked_result	chunked_decode(struct chunked *, const char *in,
			    size_t len, size_t *consumed, char *out,
			    size_t *produced) MUST_CHECK;

#endif
