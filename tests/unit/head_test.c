/* The head of a request and its chunked body. */
/* sources: src/http/head.c src/http/framing.c src/http/target.c src/http/chunked.c */

#include <stdlib.h>

#include "http/head.h"

#include "check.h"

#define HOST	"Host: a\r\n"
#define GET	"GET / HTTP/1.1\r\n" HOST
#define POST	"POST / HTTP/1.1\r\n" HOST
#define NEXT	"GET /next HTTP/1.1\r\n"	/* what follows is not read */

/* The flags of an accepted request. */
#define KEEP	1
#define CHUNKS	2
#define EXPECT	4

struct accepted {
	int			line;
	const char		*bytes;
	size_t			len;
	enum head_method	method;
	int			minor;
	const char		*path;
	const char		*query;
	const char		*host;
	uint64_t		length;
	int			flags;
};

struct refused {
	int		line;
	int		status;		/* 0: HEAD_MORE */
	const char	*bytes;
	size_t		len;
};

#define YES(method, minor, path, query, host, length, flags, bytes)	\
	{ __LINE__, bytes, sizeof(bytes) - 1, METHOD_ ## method, minor,	\
	    path, query, host, length, flags }
#define NO(status, bytes)						\
	{ __LINE__, status, bytes, sizeof(bytes) - 1 }

static const struct accepted accepted[] = {
	/* Methods, targets and versions. */
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "\r\n"),
	YES(HEAD, 1, "/", "", "a", 0, KEEP, "HEAD / HTTP/1.1\r\n" HOST "\r\n"),
	YES(POST, 1, "/", "", "a", 0, KEEP, POST "\r\n"),
	YES(PUT, 1, "/", "", "a", 0, KEEP, "PUT / HTTP/1.1\r\n" HOST "\r\n"),
	YES(PATCH, 1, "/p", "", "a", 0, KEEP,
	    "PATCH /p HTTP/1.1\r\n" HOST "\r\n"),
	YES(DELETE, 1, "/p", "", "a", 0, KEEP,
	    "DELETE /p HTTP/1.1\r\n" HOST "\r\n"),
	YES(OPTIONS, 1, "/p", "", "a", 0, KEEP,
	    "OPTIONS /p HTTP/1.1\r\n" HOST "\r\n"),
	YES(TRACE, 1, "/p", "", "a", 0, KEEP,
	    "TRACE /p HTTP/1.1\r\n" HOST "\r\n"),
	YES(OPTIONS, 1, "*", "", "a", 0, KEEP,
	    "OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/a/b", "c=d&e=?", "a", 0, KEEP,
	    "GET /a/b?c=d&e=? HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "GET /? HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "//x/../%zz", "", "a", 0, KEEP,
	    "GET //x/../%zz HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/{|}\"<>[]^`\\~", "", "a", 0, KEEP,
	    "GET /{|}\"<>[]^`\\~ HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "GET / HTTP/1.7\r\n" HOST "\r\n"),
	YES(GET, 0, "/", "", "", 0, 0, "GET / HTTP/1.0\r\n\r\n"),
	YES(GET, 0, "/", "", "a", 0, 0, "GET / HTTP/1.0\r\n" HOST "\r\n"),

	/* Absolute form: RFC 9112 section 3.2.2. */
	YES(GET, 1, "/p", "q", "b:8", 0, KEEP,
	    "GET http://b:8/p?q HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "", "b", 0, KEEP,
	    "GET HTTPS://b HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "q", "b", 0, KEEP,
	    "GET http://b?q HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "", "[::1]:8", 0, KEEP,
	    "GET http://[::1]:8 HTTP/1.1\r\n" HOST "\r\n"),
	YES(GET, 1, "/", "", "b", 0, KEEP,
	    "GET http://b/ HTTP/1.1\r\nHost:\r\n\r\n"),
	YES(GET, 0, "/", "", "b", 0, 0, "GET http://b/ HTTP/1.0\r\n\r\n"),
	YES(OPTIONS, 1, "/", "", "b", 0, KEEP,
	    "OPTIONS http://b HTTP/1.1\r\n" HOST "\r\n"),

	/* Hosts. */
	YES(GET, 1, "/", "", "", 0, KEEP, "GET / HTTP/1.1\r\nHost:\r\n\r\n"),
	YES(GET, 1, "/", "", "", 0, KEEP, "GET / HTTP/1.1\r\nHost: \t\r\n\r\n"),
	YES(GET, 1, "/", "", "a.b-c_d~e:80", 0, KEEP,
	    "GET / HTTP/1.1\r\nHost: a.b-c_d~e:80\r\n\r\n"),
	YES(GET, 1, "/", "", "a:", 0, KEEP, "GET / HTTP/1.1\r\nHost:a:\r\n\r\n"),
	YES(GET, 1, "/", "", "%41!$&'()*+,;=", 0, KEEP,
	    "GET / HTTP/1.1\r\nHost: %41!$&'()*+,;=\r\n\r\n"),
	YES(GET, 1, "/", "", "[fe80::1:2]", 0, KEEP,
	    "GET / HTTP/1.1\r\nhost: [fe80::1:2]\r\n\r\n"),
	YES(GET, 1, "/", "", "[v1f.a:b]:9", 0, KEEP,
	    "GET / HTTP/1.1\r\nHOST: [v1f.a:b]:9\r\n\r\n"),

	/* Lines. */
	YES(GET, 1, "/", "", "a", 0, KEEP, "\r\n\r\n\r\n" GET "\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "\n\r\n\n" GET "\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "GET / HTTP/1.1\nHost: a\n\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "GET / HTTP/1.1\nHost: a\r\n\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, "GET / HTTP/1.1\r\nHost: a\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "X: a\tb c \t \r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "X: \xe9\xff\x80\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "X:\r\nY: \r\nZ:\t\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "!#$%&'*+-.^_`|~1a: b\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "X: : a: b\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "\r\n" NEXT),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "\r\n\0\1\2"),

	/* Bodies. */
	YES(POST, 1, "/", "", "a", 5, KEEP, POST "Content-Length: 5\r\n\r\nhello"),
	YES(POST, 1, "/", "", "a", 0, KEEP, POST "Content-Length: 0\r\n\r\n" NEXT),
	YES(POST, 1, "/", "", "a", 7, KEEP, POST "content-length:\t007 \r\n\r\n"),
	YES(GET, 1, "/", "", "a", 7, KEEP, GET "Content-Length: 7\r\n\r\n"),
	YES(POST, 0, "/", "", "", 7, 0,
	    "POST / HTTP/1.0\r\nContent-Length: 7\r\n\r\n"),
	YES(POST, 1, "/", "", "a", INT64_MAX, KEEP,
	    POST "Content-Length: 9223372036854775807\r\n\r\n"),
	YES(POST, 1, "/", "", "a", 0, KEEP | CHUNKS,
	    POST "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	YES(POST, 1, "/", "", "a", 0, KEEP | CHUNKS,
	    POST "TRANSFER-ENCODING:\tChUnKeD \r\n\r\n"),
	YES(POST, 1, "/", "", "a", 7, KEEP | EXPECT,
	    POST "Expect: 100-continue\r\nContent-Length: 7\r\n\r\n"),
	YES(POST, 1, "/", "", "a", 0, KEEP | EXPECT,
	    POST "expect: x, 100-Continue\r\n\r\n"),
	YES(POST, 1, "/", "", "a", 0, KEEP, POST "Expect: other\r\n\r\n"),
	YES(POST, 0, "/", "", "", 7, 0,
	    "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 7\r\n\r\n"),

	/* Connections. */
	YES(GET, 1, "/", "", "a", 0, 0, GET "Connection: close\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, 0, GET "connection: CLOSE\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, 0,
	    GET "Connection: upgrade ,\tClose , x\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, 0,
	    GET "Connection: x\r\nConnection: close\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, 0,
	    GET "Connection: close, keep-alive\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "Connection: closed\r\n\r\n"),
	YES(GET, 1, "/", "", "a", 0, KEEP, GET "Connection:,,\r\n\r\n"),
	YES(GET, 0, "/", "", "", 0, KEEP,
	    "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
	YES(GET, 0, "/", "", "", 0, 0,
	    "GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"),
};

static const struct refused refused[] = {
	/* Not there yet. */
	NO(0, ""),
	NO(0, "\r"),
	NO(0, "\r\n\r\n"),
	NO(0, "G"),
	NO(0, "GET / HTTP/1.1"),
	NO(0, "GET / HTTP/1.1\r"),
	NO(0, "GET / HTTP/1.1\r\n"),
	NO(0, GET),
	NO(0, GET "\r"),
	NO(0, GET "Content-Length: x\r\n"),

	/* Refused at the first octet. */
	NO(400, "\x16\x03\x01\x02"),
	NO(400, "\x80"),
	NO(400, "\0"),
	NO(400, " "),
	NO(400, "\t"),
	NO(400, ":"),
	NO(400, "{"),
	NO(400, "\rG"),
	NO(400, "\r\r"),
	NO(400, "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"),

	/* Refused at the end of the request line. */
	NO(400, "GET /\r\n"),
	NO(400, "GET\r\n"),
	NO(400, "GET \r\n"),
	NO(400, "GET HTTP/1.1\r\n"),
	NO(400, "GET  HTTP/1.1\r\n"),
	NO(400, "GET  / HTTP/1.1\r\n"),
	NO(400, "GET /  HTTP/1.1\r\n"),
	NO(400, "GET / HTTP/1.1 \r\n"),
	NO(400, "GET\t/ HTTP/1.1\r\n"),
	NO(400, "GET /\tHTTP/1.1\r\n"),
	NO(400, "GET / HTTP/1.1\t\r\n"),
	NO(400, "GET / x HTTP/1.1\r\n"),
	NO(400, "get / HTTP/1.1\r\n"),
	NO(400, "Get / HTTP/1.1\r\n"),
	NO(400, "GET1 / HTTP/1.1\r\n"),
	NO(400, "GE(T / HTTP/1.1\r\n"),
	NO(400, "GET\0 / HTTP/1.1\r\n"),
	NO(400, "GET / http/1.1\r\n"),
	NO(400, "GET / Http/1.1\r\n"),
	NO(400, "GET / HTTP/1.10\r\n"),
	NO(400, "GET / HTTP/1\r\n"),
	NO(400, "GET / HTTP/1.\r\n"),
	NO(400, "GET / HTTP/11.1\r\n"),
	NO(400, "GET / HTTP/1,1\r\n"),
	NO(400, "GET / HTTP/ 1.1\r\n"),
	NO(400, "GET / HTTP/x.1\r\n"),
	NO(400, "GET / HTTP1.1\r\n"),
	NO(400, "GET / HTTPS/1.1\r\n"),
	NO(400, "GET / HTTP/1.1\r\r\n"),
	NO(400, "GET /\rHTTP/1.1\r\n"),
	NO(505, "GET / HTTP/2.0\r\n"),
	NO(505, "GET / HTTP/0.9\r\n"),
	NO(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	NO(501, "BREW / HTTP/1.1\r\n"),
	NO(501, "M-SEARCH * HTTP/1.1\r\n"),
	NO(501, "CONNECT a:443 HTTP/1.1\r\n"),
	NO(501, "GETGETGETGETGETGETGET / HTTP/1.1\r\n"),
	NO(400, "GET /\xc3\xa9 HTTP/1.1\r\n"),
	NO(400, "GET /\x7f HTTP/1.1\r\n"),
	NO(400, "GET /\1 HTTP/1.1\r\n"),
	NO(400, "GET /\0 HTTP/1.1\r\n"),
	NO(400, "GET /a#b HTTP/1.1\r\n"),
	NO(400, "GET * HTTP/1.1\r\n"),
	NO(400, "OPTIONS ** HTTP/1.1\r\n"),
	NO(400, "GET a HTTP/1.1\r\n"),
	NO(400, "GET ?a HTTP/1.1\r\n"),
	NO(400, "GET a:80 HTTP/1.1\r\n"),
	NO(400, "GET ftp://a/ HTTP/1.1\r\n"),
	NO(400, "GET http:/a HTTP/1.1\r\n"),
	NO(400, "GET http:// HTTP/1.1\r\n"),
	NO(400, "GET http:///p HTTP/1.1\r\n"),
	NO(400, "GET http://?q HTTP/1.1\r\n"),
	NO(400, "GET http://:80/ HTTP/1.1\r\n"),
	NO(400, "GET http://u@a/ HTTP/1.1\r\n"),
	NO(400, "GET http://a:b/ HTTP/1.1\r\n"),
	NO(400, "GET http://[::1/ HTTP/1.1\r\n"),
	NO(400, "GET http://a\\b/ HTTP/1.1\r\n"),

	/* Hosts. */
	NO(400, "GET / HTTP/1.1\r\n\r\n"),
	NO(400, "GET http://a/ HTTP/1.1\r\n\r\n"),
	NO(400, "GET / HTTP/1.2\r\n\r\n"),
	NO(400, GET HOST "\r\n"),
	NO(400, GET "hOST: b\r\n\r\n"),
	NO(400, "GET / HTTP/1.0\r\n" HOST HOST "\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost:\r\nHost:\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: http://a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a:8:8\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a:-1\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: :80\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: a#b\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: %4\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: %4g\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: []\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [::1%25eth0]\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [v.a]\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [v1.]\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: [v1.a/]\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n"),

	/* Lengths. */
	NO(400, POST "Content-Length:\r\n\r\n"),
	NO(400, POST "Content-Length: +74\r\n\r\n"),
	NO(400, POST "Content-Length: -1\r\n\r\n"),
	NO(400, POST "Content-Length: 0x5\r\n\r\n"),
	NO(400, POST "Content-Length: 5.0\r\n\r\n"),
	NO(400, POST "Content-Length: 5 5\r\n\r\n"),
	NO(400, POST "Content-Length: five\r\n\r\n"),
	NO(400, POST "Content-Length: 1,2\r\n\r\n"),
	NO(400, POST "Content-Length: 5, 5\r\n\r\n"),
	NO(400, POST "Content-Length: 5,\r\n\r\n"),
	NO(400, POST "Content-Length: \xb2\r\n\r\n"),
	NO(400, POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"),
	NO(400, POST "Content-Length: 5\r\ncontent-length: 5\r\n\r\n"),
	NO(400, POST "Content-Length: 9223372036854775808\r\n\r\n"),
	NO(400, POST "Content-Length: 18446744073709551616\r\n\r\n"),
	NO(400, POST "Content-Length: 99999999999999999999999999\r\n\r\n"),

	/* Transfer codings. */
	NO(400, POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
	NO(400, POST "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	NO(400, POST "Content-Length: 5\r\nTransfer-Encoding: gzip\r\n\r\n"),
	NO(400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	NO(400, "POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked, gzip\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: identity\r\n\r\n"),
	NO(400, POST "Transfer-Encoding:\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked,\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: ,chunked\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked;q=1\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked x\r\n\r\n"),
	NO(400, POST "Transfer-Encoding: chunked\x0b\r\n\r\n"),
	NO(400, POST "Transfer-Encoding : chunked\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: gzip\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: gzip\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: identity\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: xchunked\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: chunke\r\n\r\n"),
	NO(501, POST "Transfer-Encoding: x;y=1, chunked\r\n\r\n"),

	/* Field lines. */
	NO(400, GET "X : a\r\n\r\n"),
	NO(400, GET "X\t: a\r\n\r\n"),
	NO(400, "GET / HTTP/1.1\r\n " HOST "\r\n"),
	NO(400, "GET / HTTP/1.1\r\n\t" HOST "\r\n"),
	NO(400, "GET / HTTP/1.1\r\n \r\n" HOST "\r\n"),
	NO(400, GET "X: a\r\n b\r\n\r\n"),
	NO(400, GET "X: a\r\n\tb\r\n\r\n"),
	NO(400, GET "X: a\r\n \r\n\r\n"),
	NO(400, GET "X: a\n b\r\n\r\n"),
	NO(400, GET "X: a\rb\r\n\r\n"),
	NO(400, GET "X: a\r\r\n\r\n"),
	NO(400, GET "X: a\rY: b\r\n\r\n"),
	NO(400, GET "\rX: a\r\n\r\n"),
	NO(400, GET "\r\r\n\r\n"),
	NO(400, GET "X: a\0b\r\n\r\n"),
	NO(400, GET "X\0: a\r\n\r\n"),
	NO(400, GET "X: \1\r\n\r\n"),
	NO(400, GET "X: \x0b\r\n\r\n"),
	NO(400, GET "X: \x1f\r\n\r\n"),
	NO(400, GET "X: \x7f\r\n\r\n"),
	NO(400, GET ": a\r\n\r\n"),
	NO(400, GET ":\r\n\r\n"),
	NO(400, GET "X\r\n\r\n"),
	NO(400, GET "X a\r\n\r\n"),
	NO(400, GET "X y: a\r\n\r\n"),
	NO(400, GET "X(: a\r\n\r\n"),
	NO(400, GET "X\xe9: a\r\n\r\n"),
	NO(400, GET "\"X\": a\r\n\r\n"),
	NO(400, GET "X/Y: a\r\n\r\n"),
};

static void	accepted_check(const struct accepted *);
static void	refused_check(const struct refused *);
static void	limit_check(int, int, size_t, size_t, size_t, size_t);
static void	fields_check(void);
static void	refusal_check(const char *, int, enum head_method,
		    const char *);
static void	scanned_check(void);

/*
 * Parses bytes in steps of that many, each from a copy of its own so that ASan
 * sees a read beyond them. The copy with the verdict is left in *copy.
 */
static enum head_result
parse(struct head *head, const char *bytes, size_t len, size_t step,
    char **copy)
{
	enum head_result	result;
	size_t			part, scanned;

	*copy = NULL;
	scanned = 0;
	result = HEAD_MORE;
	part = 0;

	do {
		part = part + step < len ? part + step : len;
		free(*copy);
		*copy = malloc(part > 0 ? part : 1);
		memcpy(*copy, bytes, part);
		result = head_parse(head, *copy, part, &scanned);
	} while (result == HEAD_MORE && part < len);

	return (result);
}

static void
accepted_check(const struct accepted *c)
{
	const char	*end;
	struct head	head;
	char		*copy;
	size_t		step;
	int		flags;

	for (step = c->len; step > 0; step = step > 1 ? 1 : 0) {
		CHECK(parse(&head, c->bytes, c->len, step, &copy) == HEAD_DONE,
		    "line %d, step %zu: %d", c->line, step, head.status);

		end = strstr(c->bytes, "\r\n\r\n");
		if (end != NULL && c->bytes[0] == 'G')
			CHECK(head.size == (size_t)(end - c->bytes) + 4,
			    "line %d: size %zu", c->line, head.size);

		flags = (head.keep_alive ? KEEP : 0) |
		    (head.chunked ? CHUNKS : 0) |
		    (head.expect_continue ? EXPECT : 0);
		CHECK(head.method == c->method, "line %d", c->line);
		CHECK(head.minor == c->minor, "line %d", c->line);
		CHECK(span_is(head.path, c->path), "line %d", c->line);
		CHECK(span_is(head.query, c->query), "line %d", c->line);
		CHECK(span_is(head.host, c->host), "line %d", c->line);
		CHECK(head.length == c->length, "line %d", c->line);
		CHECK(flags == c->flags, "line %d: %d", c->line, flags);
		free(copy);
	}
}

static void
refused_check(const struct refused *c)
{
	enum head_result	result;
	struct head		head;
	char			*copy;
	size_t			step;

	for (step = c->len; ; step = 1) {
		result = parse(&head, c->bytes, c->len, step, &copy);
		free(copy);
		CHECK(result == (c->status ? HEAD_REFUSED : HEAD_MORE),
		    "line %d, step %zu: %d", c->line, step, (int)result);
		CHECK(head.status == c->status, "line %d, step %zu: %d",
		    c->line, step, head.status);
		if (step <= 1)
			break;
	}
}

/*
 * A request line of that many octets and nfields field lines, in a head of size
 * octets when size is not 0; of all that only the first sent octets.
 */
static void
limit_check(int line, int status, size_t request, size_t nfields, size_t size,
    size_t sent)
{
	struct head	head;
	char		*bytes, *copy;
	size_t		at, i, step;

	bytes = malloc(request + nfields * 16 + size + 64);
	at = (size_t)sprintf(bytes, "GET /");
	while (at < request - 9)
		bytes[at++] = 'x';
	at += (size_t)sprintf(bytes + at, " HTTP/1.1\r\nHost: a\r\n");
	for (i = 1; i < nfields; i++)
		at += (size_t)sprintf(bytes + at, "X%zu: a\r\n", i);
	if (size > 0) {
		at += (size_t)sprintf(bytes + at, "Y:");
		while (at < size - 4)
			bytes[at++] = 'y';
		at += (size_t)sprintf(bytes + at, "\r\n");
	}
	at += (size_t)sprintf(bytes + at, "\r\n");
	if (sent > 0 && at > sent)
		at = sent;

	for (step = at; step > 0; step = step > 1 ? step / 97 : 0) {
		(void)parse(&head, bytes, at, step, &copy);
		CHECK(head.status == status, "line %d, step %zu: %d", line,
		    step, head.status);
		CHECK(status != 0 || sent != 0 || head.size == at,
		    "line %d: size %zu of %zu", line, head.size, at);
		free(copy);
	}
	free(bytes);
}

static void
fields_check(void)
{
	static const char	bytes[] =
	    GET "Cookie: \ta b \r\nX:\r\nx: 2\r\n\r\n";
	const struct span	*value;
	struct head		head;
	size_t			scanned;

	scanned = 0;
	CHECK(head_parse(&head, bytes, sizeof(bytes) - 1, &scanned) ==
	    HEAD_DONE, "%d", head.status);
	CHECK(head.nfields == 4, "%zu", head.nfields);
	value = head_field(&head, "cookie");
	CHECK(value != NULL && span_is(*value, "a b"), "cookie");
	value = head_field(&head, "x");
	CHECK(value != NULL && value->len == 0, "the first of two");
	CHECK(head_field(&head, "cook") == NULL, "a prefix");
	CHECK(head_field(&head, "cookies") == NULL, "longer");
	CHECK(strcmp(head_method_name(METHOD_PATCH), "PATCH") == 0, "name");
	CHECK(span_is(head.fields[3].name, "x"), "as sent");
}

/* What is refused is understood as far as it can be, for the answer. */
static void
refusal_check(const char *bytes, int status, enum head_method method,
    const char *path)
{
	const struct span	*value;
	struct head		head;
	size_t			i, scanned;

	scanned = 0;
	CHECK(head_parse(&head, bytes, strlen(bytes), &scanned) ==
	    HEAD_REFUSED, "%s", bytes);
	CHECK(head.status == status, "%s: %d", bytes, head.status);
	CHECK(head.method == method, "%s: %d", bytes, (int)head.method);
	CHECK(span_is(head.path, path), "%s", bytes);
	CHECK(head.size <= strlen(bytes), "%s: %zu", bytes, head.size);
	CHECK(head.keep_alive == 0 && head.length == 0 && head.chunked == 0 &&
	    head.expect_continue == 0, "%s", bytes);
	for (i = 0; i < head.nfields; i++)
		CHECK(memchr(head.fields[i].name.data, ':',
		    head.fields[i].name.len) == NULL, "%s: field %zu", bytes, i);
	value = head_field(&head, "origin");
	CHECK(value != NULL && span_is(*value, "o"), "%s", bytes);
}

/* Octets that were seen are not searched again: a byte at a time is linear. */
static void
scanned_check(void)
{
	struct head	head;
	char		*bytes;
	size_t		scanned;

	bytes = malloc(HEAD_SIZE_MAX);
	memset(bytes, 'x', HEAD_SIZE_MAX);
	memcpy(bytes, GET "X: ", sizeof(GET "X: ") - 1);

	scanned = 0;
	CHECK(head_parse(&head, bytes, 20000, &scanned) == HEAD_MORE, "%d",
	    head.status);
	CHECK(scanned == 20000, "%zu", scanned);

	/* A line end put where it has looked already is not found. */
	memcpy(bytes + 10000, "\r\n\r\n", 4);
	CHECK(head_parse(&head, bytes, 20001, &scanned) == HEAD_MORE, "again");
	free(bytes);
}

int
main(void)
{
	size_t	i;
	char	many[1024];

	for (i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		accepted_check(&accepted[i]);
	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		refused_check(&refused[i]);

	limit_check(__LINE__, 0, HEAD_LINE_MAX, 1, 0, 0);
	limit_check(__LINE__, 414, HEAD_LINE_MAX + 1, 1, 0, 0);
	limit_check(__LINE__, 0, HEAD_LINE_MAX + 9, 1, 0, HEAD_LINE_MAX + 1);
	limit_check(__LINE__, 414, HEAD_LINE_MAX + 9, 1, 0, HEAD_LINE_MAX + 2);
	limit_check(__LINE__, 414, 40000, 1, 0, 0);
	limit_check(__LINE__, 0, 20, HEAD_FIELDS_MAX, 0, 0);
	limit_check(__LINE__, 431, 20, HEAD_FIELDS_MAX + 1, 0, 0);
	limit_check(__LINE__, 431, 20, 5000, 0, 4000);
	limit_check(__LINE__, 0, 20, 1, HEAD_SIZE_MAX, 0);
	limit_check(__LINE__, 431, 20, 1, HEAD_SIZE_MAX + 1, 0);
	limit_check(__LINE__, 0, 20, 1, HEAD_SIZE_MAX, HEAD_SIZE_MAX - 1);
	limit_check(__LINE__, 431, 20, 1, HEAD_SIZE_MAX + 9, HEAD_SIZE_MAX);

	fields_check();
	refusal_check("HEAD /p HTTP/1.1\r\nHost: a b\r\nContent-Length: 5\r\n"
	    "Origin: o\r\n\r\n", 400, METHOD_HEAD, "/p");
	refusal_check("POST /p HTTP/1.1\r\nX : y\r\n: y\r\nOrigin: o\r\n"
	    "Expect: 100-continue\r\nTransfer-Encoding: gzip\r\n\r\n", 400,
	    METHOD_POST, "/p");
	refusal_check(POST "Transfer-Encoding: gzip\r\nOrigin: o\r\n\r\n", 501,
	    METHOD_POST, "/");
	refusal_check("BREW / HTTP/1.1\r\nHost: a\r\nOrigin: o\r\n\r\n", 501,
	    METHOD_GET, "");
	/* The first thing wrong decides, whatever comes after it. */
	strcpy(many, "BREW / HTTP/1.1\r\nOrigin: o\r\n");
	for (i = 0; i < HEAD_FIELDS_MAX; i++)
		strcat(many, "X: y\r\n");
	refusal_check(many, 501, METHOD_GET, "");
	refusal_check("GET a HTTP/1.1\r\nOrigin: o\r\n", 400, METHOD_GET, "");
	scanned_check();

	return (check_end());
}
