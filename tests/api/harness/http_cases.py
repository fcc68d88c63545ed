"""The table of requests as bytes, and what has to come of each. RFC 9110 and 9112 are the judges.

A case is sent as it stands on a connection of its own. Of a refused one nothing that follows may be answered, so
a well-formed request is always appended to those; an accepted one must leave the connection fit for another.
"""

import json
from dataclasses import dataclass, field

OPEN, CLOSED, EITHER = "stays open", "closes", "either"

LINE_MAX = 8192
HEAD_MAX = 32 * 1024
FIELDS_MAX = 100
BODY_MAX = 1024 * 1024


@dataclass
class Case:
    name: str
    data: bytes
    # One answer each: a status, or a tuple of the statuses allowed.
    expect: list
    end: str = OPEN
    # Of the answers: HEAD has no body.
    methods: list = field(default_factory=list)
    # Called with the list of responses; says by an assertion what else is wrong.
    check: object = None


CASES = []


def request(line=b"GET /health HTTP/1.1", *fields, host=b"Host: localhost", body=b"", crlf=b"\r\n"):
    """A request of these lines; host=None leaves that one out."""
    lines = [line, *([host] if host is not None else []), *fields, b"", b""]
    return crlf.join(lines) + body


def add(name, data, *expect, end=OPEN, methods=(), check=None):
    CASES.append(Case(name, data, list(expect), end, list(methods), check))


def accepted(name, data, status=200, **more):
    add(name, data, status, **more)


def refused(name, data, status=400):
    add(name, data, status, end=CLOSED)


def detail(response):
    return json.loads(response.body)["detail"]


def missing(*names):
    """The last answer is a 422 that misses exactly these fields of the body: it has read all the others."""

    def check(responses):
        locations = sorted(error["loc"][-1] for error in detail(responses[-1]) if error["type"] == "missing")
        assert locations == sorted(names), responses[-1]

    return check


def answers(*details):
    """What the answers say in turn: a detail, or None for whatever."""

    def check(responses):
        for response, text in zip(responses, details, strict=True):
            assert text is None or detail(response) == text, response

    return check


FORM = b"Content-Type: application/x-www-form-urlencoded"
JSON = b"Content-Type: application/json"
CHUNKED = b"Transfer-Encoding: chunked"
LOGIN = b"POST /auth/login HTTP/1.1"
REGISTER = b"POST /auth/register HTTP/1.1"
HALF_FORM = b"username=somebody"


def length(body):
    return b"Content-Length: %d" % len(body)


def form(*fields, body=HALF_FORM, line=LOGIN, **more):
    return request(line, FORM, *fields, body=body, **more)


def chunks(*pieces, extension=b"", trailers=b""):
    coded = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return coded + b"0%s\r\n%s\r\n" % (extension, trailers)


def padded(name, size):
    """A field line of exactly that many octets, CR LF included."""
    return name + b": " + b"a" * (size - len(name) - 4)


# --- what every server answers ---

accepted("plain GET", request())
accepted("GET with a query", request(b"GET /health?a=1&b=2 HTTP/1.1"))
accepted("GET with an empty query", request(b"GET /health? HTTP/1.1"))
accepted("GET with a query of 7,000 octets", request(b"GET /health?q=" + b"a" * 7000 + b" HTTP/1.1"))
accepted("GET with slashes and question marks in the query", request(b"GET /health?a=/b?c HTTP/1.1"))
accepted("GET with a percent-encoded path", request(b"GET /%68ealth HTTP/1.1"))
accepted("unknown path", request(b"GET /no/such/thing HTTP/1.1"), 404, check=answers("Not Found"))
accepted("unknown path of 5,000 octets", request(b"GET /" + b"a" * 5000 + b" HTTP/1.1"), 404)
accepted("path with two slashes", request(b"GET //health HTTP/1.1"), 404)
accepted("path that ends in a bad escape", request(b"GET /no%2 HTTP/1.1"), (400, 404), end=EITHER)
accepted("path with a bad escape", request(b"GET /no%zz HTTP/1.1"), (400, 404), end=EITHER)
accepted("path with an encoded NUL", request(b"GET /no%00such HTTP/1.1"), (400, 404), end=EITHER)
accepted("path with dots", request(b"GET /../../etc/passwd HTTP/1.1"), (400, 404), end=EITHER)
accepted("HEAD", request(b"HEAD /health HTTP/1.1"), methods=["HEAD"])
accepted("HEAD of an unknown path", request(b"HEAD /no HTTP/1.1"), 404, methods=["HEAD"])
accepted("HEAD of what wants a token", request(b"HEAD /auth/me HTTP/1.1"), 401, methods=["HEAD"])
accepted("OPTIONS *", request(b"OPTIONS * HTTP/1.1"), (200, 204))
accepted("OPTIONS of a route", request(b"OPTIONS /auth/login HTTP/1.1"), (200, 204))
accepted("OPTIONS with a body", request(b"OPTIONS /auth/me HTTP/1.1", length(b"hello"), body=b"hello"), (200, 204))
accepted("GET where POST is due", request(b"GET /auth/login HTTP/1.1"), 405, check=answers("Method Not Allowed"))
accepted("POST where GET is due", request(b"POST /health HTTP/1.1", length(b"")), 405)
for method in (b"PUT", b"PATCH", b"DELETE"):
    accepted(f"{method.decode()} where GET is due", request(method + b" /health HTTP/1.1"), 405)
for method in (b"TRACE", b"QUERY"):
    accepted(f"{method.decode()}", request(method + b" /health HTTP/1.1"), (405, 501), end=EITHER)

# --- targets ---

accepted("absolute form", request(b"GET http://localhost/health HTTP/1.1"))
accepted("absolute form with a port and a query", request(b"GET http://localhost:80/health?x HTTP/1.1"))
accepted("absolute form in capitals", request(b"GET HTTP://LOCALHOST/health HTTP/1.1"))
accepted("absolute form of https", request(b"GET https://localhost/health HTTP/1.1"))
accepted("absolute form without a path", request(b"GET http://localhost HTTP/1.1"))
accepted("absolute form of another host than Host", request(b"GET http://other/health HTTP/1.1"))
refused("absolute form without Host", request(b"GET http://localhost/health HTTP/1.1", host=None))
refused("absolute form without an authority", request(b"GET http:///health HTTP/1.1"))
refused("absolute form with user information", request(b"GET http://a@localhost/health HTTP/1.1"))
for name, target in {
    "without a slash": b"health",
    "* for GET": b"*",
    "authority form for GET": b"localhost:80",
    "with a control character": b"/hea\x01lth",
    "with DEL": b"/hea\x7flth",
    "with a NUL": b"/hea\x00lth",
    "with a bare CR": b"/hea\rlth",
    "with octets above 0x7f": b"/h\xc3\xa9alth",
    "with a fragment": b"/health#top",
    "with a space": b"/hea lth",
    "with a tab": b"/hea\tlth",
}.items():
    refused(f"target {name}", request(b"GET " + target + b" HTTP/1.1"))

# --- the request line ---

for name, line in {
    "two spaces before the target": b"GET  /health HTTP/1.1",
    "two spaces before the version": b"GET /health  HTTP/1.1",
    "a space at the end": b"GET /health HTTP/1.1 ",
    "a space at the start": b" GET /health HTTP/1.1",
    "a tab in place of a space": b"GET\t/health HTTP/1.1",
    "no version": b"GET /health",
    "no target": b"GET HTTP/1.1",
    "a method alone": b"GET",
    "an empty target": b"GET  HTTP/1.1",
    "no method": b"/health HTTP/1.1",
    "a version in lower case": b"GET /health http/1.1",
    "a version in mixed case": b"GET /health Http/1.1",
    "a version without a number": b"GET /health HTTP/",
    "a version of two digits": b"GET /health HTTP/1.10",
    "a version with a leading zero": b"GET /health HTTP/01.1",
    "a version without a minor number": b"GET /health HTTP/1",
    "a version with a sign": b"GET /health HTTP/1.+1",
    "another protocol": b"GET /health HTCPCP/1.1",
    "something after the version": b"GET /health HTTP/1.1x",
    "a method in lower case": b"get /health HTTP/1.1",
    "a method in mixed case": b"Get /health HTTP/1.1",
    "a method with a separator": b"G(T /health HTTP/1.1",
    "a method with a control character": b"G\x01T /health HTTP/1.1",
    "a NUL in the method": b"GE\x00T /health HTTP/1.1",
    "a colon before the target": b"GET: /health HTTP/1.1",
}.items():
    refused(f"request line with {name}", request(line))
for method in (b"FOO", b"PROPFIND", b"GETT", b"GE", b"CONNECT", b"M-SEARCH"):
    refused(f"method {method.decode()}", request(method + b" /health HTTP/1.1"), 501)
refused("CONNECT in authority form", request(b"CONNECT localhost:443 HTTP/1.1"), (400, 501))
refused("a method of 100 letters", request(b"A" * 100 + b" /health HTTP/1.1"), (400, 501))
refused("version HTTP/2.0", request(b"GET /health HTTP/2.0"), (400, 505))
refused("version HTTP/0.9", request(b"GET /health HTTP/0.9"), (400, 505))
accepted("version HTTP/1.2 is read as 1.1", request(b"GET /health HTTP/1.2"), (200, 505), end=EITHER)
accepted("an empty line before", b"\r\n" + request())
accepted("three empty lines before", b"\r\n\r\n\r\n" + request())
add("empty lines between requests", request() + b"\r\n\r\n" + request(), 200, 200)
add("an empty line after a body", form(length(HALF_FORM)) + b"\r\n" + request(), 422, 200)
accepted("lines that end in LF alone", request(crlf=b"\n"), (200, 400), end=EITHER)

# --- Host ---

refused("no Host", request(host=None))
refused("two Hosts", request(b"GET /health HTTP/1.1", b"Host: other"))
refused("the same Host twice", request(b"GET /health HTTP/1.1", b"Host: localhost"))
refused("two Hosts in HTTP/1.0", request(b"GET /health HTTP/1.0", b"Host: other"))
for host in (
    b"a b",
    b"a/b",
    b"a@b",
    b"[::1",
    b"::1]",
    b"a:port",
    b"a:-1",
    b"a?b",
    b"a#b",
    b"\xe9",
    b"a\\b",
    b"<a>",
):
    refused(f"Host {host!r}", request(host=b"Host: " + host))
for host in (
    b"localhost:8000",
    b"EXAMPLE.com",
    b"127.0.0.1:80",
    b"[::1]",
    b"[::1]:80",
    b"a_b",
    b"xn--bcher-kva.example",
):
    accepted(f"Host {host.decode()}", request(host=b"Host: " + host))
accepted("Host in capitals, without a blank", request(host=b"HOST:localhost"))
accepted("Host with blanks around", request(host=b"Host: \t localhost \t "))
accepted("an empty Host", request(host=b"Host:"), (200, 400), end=EITHER)
accepted(
    "Host as the last of many",
    request(b"GET /health HTTP/1.1", *[b"X-%d: 1" % i for i in range(60)], b"Host: a", host=None),
)

# --- field lines ---

for name, line in {
    "an empty value": b"X-Test:",
    "a blank as its value": b"X-Test: ",
    "a tab as its value": b"X-Test:\t",
    "no blank after the colon": b"X-Test:1",
    "a tab inside": b"X-Test: a\tb",
    "tabs around": b"X-Test:\ta\t",
    "obs-text": b"X-Test: caf\xe9",
    "UTF-8": "X-Test: ☃".encode(),
    "colons in its value": b"X-Test: a:b::c",
    "quotes and backslashes": b'X-Test: "a\\"b"',
    "every character a name may have": b"!#$%&'*+-.^_`|~09azAZ: 1",
    "a name of one letter": b"X: 1",
    "an empty Cookie": b"Cookie:",
    "an empty Authorization": b"Authorization:",
    "an upgrade to HTTP/2": b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQ",
    "an upgrade to a websocket": b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
    "a value of 20,000 octets": b"X-Test: " + b"a" * 20000,
    "Range": b"Range: bytes=0-3",
    "Accept-Encoding": b"Accept-Encoding: gzip, br, zstd",
    "If-None-Match": b"If-None-Match: *",
}.items():
    accepted(f"field with {name}", request(b"GET /health HTTP/1.1", line))
for name, line in {
    "a blank before the colon": b"X-Test : 1",
    "a tab before the colon": b"X-Test\t: 1",
    "a blank inside its name": b"X Test: 1",
    "no colon": b"X-Test",
    "an empty name": b": 1",
    "only a colon": b":",
    "only blanks": b"   ",
    "obs-fold": b"X-Test: a\r\n b",
    "obs-fold by a tab": b"X-Test: a\r\n\tb",
    "obs-fold into nothing": b"X-Test: a\r\n ",
    "a NUL in its value": b"X-Test: a\x00b",
    "a NUL in its name": b"X-\x00Test: a",
    "a NUL at its end": b"X-Test: a\x00",
    "a bare CR in its value": b"X-Test: a\rb",
    "a bare CR that hides a field": b"X-Test: a\rAuthorization: Bearer x",
    "a bare CR in its name": b"X\r-Test: a",
    "two CRs at its end": b"X-Test: a\r",
    "an at sign in its name": b"X@Test: 1",
    "a bracket in its name": b"X[Test: 1",
    "a quote in its name": b'"X": 1',
    "a slash in its name": b"X/Test: 1",
    "a name that is not ASCII": b"X-T\xe9st: 1",
    "a control character in its name": b"X-T\x01st: 1",
}.items():
    refused(f"field with {name}", request(b"GET /health HTTP/1.1", line, b"X-Next: 1"))
refused("a blank before the first field", request(b"GET /health HTTP/1.1", host=b" Host: localhost"))
refused("a NUL in Authorization", request(b"GET /auth/me HTTP/1.1", b"Authorization: Bearer a\x00b"))
for octet in (0x01, 0x08, 0x0B, 0x1B, 0x7F):
    line = b"X-Test: a%cb" % octet
    accepted(f"octet {octet:#04x} in a value", request(b"GET /health HTTP/1.1", line), (200, 400), end=EITHER)

# --- how the connection goes on ---

for value in (
    b"close",
    b"Close",
    b"CLOSE",
    b"keep-alive, close",
    b"foo, close",
    b"close, foo",
    b"Foo ,\tClose",
    b",close,",
):
    accepted(f"Connection: {value.decode()}", request(b"GET /health HTTP/1.1", b"Connection: " + value), end=CLOSED)
accepted(
    "close in the second of two lines",
    request(b"GET /health HTTP/1.1", b"Connection: a", b"Connection: close"),
    end=CLOSED,
)
for value in (b"keep-alive", b"Keep-Alive, Foo", b"KEEP-ALIVE", b"closed", b"not-close", b"foo", b"", b"close-not, TE"):
    accepted(f"Connection: {value.decode()!r}", request(b"GET /health HTTP/1.1", b"Connection: " + value))
accepted("close with an error", request(b"GET /no HTTP/1.1", b"Connection: close"), 404, end=CLOSED)
accepted("close with HEAD", request(b"HEAD /health HTTP/1.1", b"Connection: close"), end=CLOSED, methods=["HEAD"])
accepted("close with a body", form(b"Connection: close", length(HALF_FORM)), 422, end=CLOSED)

OLD = b"GET /health HTTP/1.0"


def says_keep_alive(responses):
    assert (responses[-1].get("connection") or "").lower() == "keep-alive", responses[-1]


accepted("HTTP/1.0", request(OLD), end=CLOSED)
accepted("HTTP/1.0 without Host", request(OLD, host=None), end=CLOSED)
accepted("HTTP/1.0 with a field unknown", request(OLD, b"Connection: foo"), end=CLOSED)
accepted("HTTP/1.0 with keep-alive", request(OLD, b"Connection: keep-alive"), check=says_keep_alive)
accepted("HTTP/1.0 with Keep-Alive in a list", request(OLD, b"Connection: Foo, Keep-Alive"), check=says_keep_alive)
accepted("HTTP/1.0 with keep-alive and close", request(OLD, b"Connection: keep-alive, close"), end=CLOSED)
accepted("HTTP/1.0 without Host, with keep-alive", request(OLD, b"Connection: keep-alive", host=None))
accepted("HTTP/1.0 HEAD", request(b"HEAD /health HTTP/1.0"), end=CLOSED, methods=["HEAD"])
accepted("HTTP/1.0 OPTIONS", request(b"OPTIONS /health HTTP/1.0"), (200, 204), end=CLOSED)
accepted("HTTP/1.0 DELETE", request(b"DELETE /health HTTP/1.0"), 405, end=CLOSED)
accepted(
    "HTTP/1.0 POST",
    form(length(HALF_FORM), line=b"POST /auth/login HTTP/1.0"),
    422,
    end=CLOSED,
    check=missing("password"),
)
refused("HTTP/1.0 with Transfer-Encoding", form(CHUNKED, line=b"POST /auth/login HTTP/1.0", body=chunks(HALF_FORM)))

# --- bodies by length ---

accepted("POST without a body or a length", form(body=b""), 422, check=missing("username", "password"))
accepted("POST of JSON without a body", request(REGISTER), 422, check=missing("body"))
accepted("POST of no length and no type", request(LOGIN), 422, check=missing("username", "password"))
accepted("Content-Length: 0", form(length(b""), body=b""), 422, check=missing("username", "password"))
accepted("a body", form(length(HALF_FORM)), 422, check=missing("password"))
accepted("Content-Length with leading zeros", form(b"Content-Length: 00017"), 422, check=missing("password"))
accepted("Content-Length with blanks around", form(b"Content-Length: \t17 \t"), 422, check=missing("password"))
accepted("Content-Length in capitals", form(b"CONTENT-LENGTH: 17"), 422, check=missing("password"))
accepted("GET with a body", request(b"GET /health HTTP/1.1", length(b"hello"), body=b"hello"))
accepted("GET with a body that is a request", request(b"GET /health HTTP/1.1", length(request()), body=request()))
accepted("HEAD with a body", request(b"HEAD /health HTTP/1.1", length(b"ab"), body=b"ab"), methods=["HEAD"])
accepted("DELETE with a body", request(b"DELETE /health HTTP/1.1", length(b"hello"), body=b"hello"), 405)
accepted("a body nobody wants", request(b"POST /health HTTP/1.1", length(b"hello"), body=b"hello"), 405)
accepted("a body for an unknown path", request(b"POST /no HTTP/1.1", length(b"hello"), body=b"hello"), 404)
accepted("a body of NULs", request(REGISTER, JSON, length(b"\x00" * 9), body=b"\x00" * 9), 422)
for value in (
    b"",
    b"+17",
    b"-1",
    b"-0",
    b"17 17",
    b"0x11",
    b"17,18",
    b"17, 18",
    b"17.0",
    b"1e1",
    b"a",
    b"17;",
    b"'17'",
    b"17\x0b",
    b"\xd9\xa1",
    b"1_7",
    b"9" * 30,
    b"18446744073709551633",
):
    refused(f"Content-Length {value!r}", form(b"Content-Length: " + value), (400, 413) if len(value) > 15 else 400)
refused("two lengths", form(b"Content-Length: 17", b"Content-Length: 5"))
refused("two lengths, the first too short", form(b"Content-Length: 5", b"Content-Length: 17"))
refused("two equal lengths", form(b"Content-Length: 17", b"Content-Length: 17"))
refused(
    "two bad lengths for GET", request(b"GET /health HTTP/1.1", b"Content-Length: 1", b"Content-Length: 0", body=b"x")
)

# --- bodies in chunks ---

for name, body in {
    "one chunk": chunks(HALF_FORM),
    "two chunks": chunks(HALF_FORM[:7], HALF_FORM[7:]),
    "a chunk for each octet": chunks(*[HALF_FORM[i : i + 1] for i in range(len(HALF_FORM))]),
    "an extension": chunks(HALF_FORM, extension=b";a"),
    "an extension with a value": chunks(HALF_FORM, extension=b";a=b;c=d"),
    "a quoted extension": chunks(HALF_FORM, extension=b';a="b;c"'),
    "blanks in an extension": chunks(HALF_FORM, extension=b" ; a = b"),
    "a trailer": chunks(HALF_FORM, trailers=b"X-Sum: 1\r\n"),
    "trailers that look like framing": chunks(HALF_FORM, trailers=b"Content-Length: 5\r\nTransfer-Encoding: x\r\n"),
    "a trailer that looks like a secret": chunks(HALF_FORM, trailers=b"Authorization: Bearer x\r\nHost: b\r\n"),
    "a trailer with an empty value": chunks(HALF_FORM, trailers=b"X-Sum:\r\n"),
    "leading zeros": b"000011\r\n" + HALF_FORM + b"\r\n000\r\n\r\n",
    "a size in capitals": b"A\r\nusername=a\r\nB\r\n&scope=cdef\r\n0\r\n\r\n",
    "a size in lower case": b"a\r\nusername=a\r\nb\r\n&scope=cdef\r\n0\r\n\r\n",
}.items():
    accepted(f"chunked with {name}", form(CHUNKED, body=body), 422, check=missing("password"))
accepted("chunked without any data", form(CHUNKED, body=b"0\r\n\r\n"), 422, check=missing("username", "password"))
accepted(
    "chunked in capitals", form(b"TRANSFER-ENCODING: CHUNKED", body=chunks(HALF_FORM)), 422, check=missing("password")
)
accepted("chunked with blanks around", form(b"Transfer-Encoding: \tchunked ", body=chunks(HALF_FORM)), 422)
accepted("chunked data that looks like an end", request(REGISTER, JSON, CHUNKED, body=chunks(b"0\r\n\r\n")), 422)
accepted("GET in chunks", request(b"GET /health HTTP/1.1", CHUNKED, body=chunks(b"hello")))
accepted("chunked for an unknown path", request(b"POST /no HTTP/1.1", CHUNKED, body=chunks(b"hello")), 404)
for name, body in {
    "a size that is no number": b"xyz\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "an empty size": b"\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a size of 0x11": b"0x11\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a size of -1": b"-1\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a size of +11": b"+11\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a blank before the size": b" 11\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "an extension without a size": b";a\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "two sizes": b"11 11\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "LF after the size": b"11\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "LF after the data": b"11\r\n" + HALF_FORM + b"\n0\r\n\r\n",
    "CR after the size": b"11\r" + HALF_FORM + b"\r\n0\r\n\r\n",
    "nothing after the data": b"11\r\n" + HALF_FORM + b"0\r\n\r\n",
    "more data than its size": b"10\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a NUL in an extension": b"11;a\x00\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a bare CR in an extension": b"11;a\rb\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "LF in an extension": b"11;a\nb\r\n" + HALF_FORM + b"\r\n0\r\n\r\n",
    "a trailer without a colon": chunks(HALF_FORM, trailers=b"X-Sum\r\n"),
    "a trailer with a blank in its name": chunks(HALF_FORM, trailers=b"X Sum: 1\r\n"),
    "a trailer folded": chunks(HALF_FORM, trailers=b"X-Sum: 1\r\n 2\r\n"),
    "LF at the very end": b"11\r\n" + HALF_FORM + b"\r\n0\r\n\n",
}.items():
    refused(f"chunked with {name}", form(CHUNKED, body=body))
refused("a chunk size of 17 digits", form(CHUNKED, body=b"1" + b"0" * 16 + b"\r\nab"), (400, 413))
refused("a chunk size of 2 to the 64", form(CHUNKED, body=b"10000000000000011\r\n" + HALF_FORM), (400, 413))
refused("an extension of 100,000 octets", form(CHUNKED, body=b"11;" + b"a" * 100000), (400, 413, 431))
refused("trailers of 100,000 octets", form(CHUNKED, body=b"0\r\n" + b"X-Sum: 1\r\n" * 10000), (400, 413, 431))
refused("length and chunked", form(length(HALF_FORM), CHUNKED, body=chunks(HALF_FORM)))
refused("chunked and length", form(CHUNKED, b"Content-Length: 4", body=chunks(HALF_FORM)))
refused("chunked and a length of 0", form(CHUNKED, b"Content-Length: 0", body=chunks(HALF_FORM)))
for value, status in {
    b"gzip": 501,
    b"gzip, chunked": 501,
    b"identity": (400, 501),
    b"xchunked": 501,
    b"chunkedx": 501,
    b"chunked, chunked": 400,
    b"chunked, gzip": (400, 501),
    b"chunked, identity": (400, 501),
    b"chunked;a=b": (400, 501),
    b"": (400, 501),
    b"\x0bchunked": (400, 501),
    b"'chunked'": (400, 501),
    b"chunked\x00": 400,
}.items():
    refused(f"Transfer-Encoding {value!r}", form(b"Transfer-Encoding: " + value, body=chunks(HALF_FORM)), status)
refused("chunked twice", form(CHUNKED, CHUNKED, body=chunks(HALF_FORM)))
refused("gzip and chunked in two lines", form(b"Transfer-Encoding: gzip", CHUNKED, body=chunks(HALF_FORM)), 501)
refused("chunked and gzip in two lines", form(CHUNKED, b"Transfer-Encoding: gzip", body=chunks(HALF_FORM)), (400, 501))
refused("a blank before the colon of Transfer-Encoding", form(b"Transfer-Encoding : chunked", body=chunks(HALF_FORM)))
refused("Transfer-Encoding folded", form(b"Transfer-Encoding:\r\n chunked", body=chunks(HALF_FORM)))
refused("a blank before the colon of Content-Length", form(b"Content-Length : 17"))

# --- Expect ---

EXPECT = b"Expect: 100-continue"
accepted("Expect with its body at once", form(EXPECT, length(HALF_FORM)), 422, check=missing("password"))
accepted("Expect in capitals", form(b"EXPECT: 100-CONTINUE", length(HALF_FORM)), 422, check=missing("password"))
accepted("Expect with chunks at once", form(EXPECT, CHUNKED, body=chunks(HALF_FORM)), 422, check=missing("password"))
accepted("Expect without a body", request(b"GET /health HTTP/1.1", EXPECT))
accepted("Expect of something else", form(b"Expect: a miracle", length(HALF_FORM)), 422)
accepted("an empty Expect", form(b"Expect:", length(HALF_FORM)), 422)
accepted("Expect for an unknown path", request(b"POST /no HTTP/1.1", EXPECT, length(b"ab"), body=b"ab"), 404)

# --- pipelining ---

PAIRS = [
    (request(), 200),
    (form(length(HALF_FORM)), 422),
    (request(b"GET /no HTTP/1.1"), 404),
    (form(CHUNKED, body=chunks(HALF_FORM)), 422),
    (request(b"POST /health HTTP/1.1", length(b"abc"), body=b"abc"), 405),
    (request(b"GET /auth/me HTTP/1.1"), 401),
    (form(body=b""), 422),
]
TWENTY = [PAIRS[i % len(PAIRS)] for i in range(20)]
add("20 GETs at once", request() * 20, *[200] * 20)
add("20 of all kinds at once", b"".join(data for data, _ in TWENTY), *[status for _, status in TWENTY])
add("100 at once", request(b"GET /no HTTP/1.1") * 50 + request() * 50, *[404] * 50, *[200] * 50)
add("HEAD among GETs", request(b"HEAD /health HTTP/1.1") + request(), 200, 200, methods=["HEAD", "GET"])
add(
    "close in the middle",
    request() + request(b"GET /no HTTP/1.1", b"Connection: close") + request(),
    200,
    404,
    end=CLOSED,
)
add("a bad one in the middle", request() + request(host=None) + request(), 200, 400, end=CLOSED)
add("HTTP/1.0 at the end", request() + request(b"GET /no HTTP/1.0"), 200, 404, end=CLOSED)
add("a good one, then garbage", request() + b"\x00\x01\x02\r\n\r\n", 200, 400, end=CLOSED)
add("bodies that look like requests", (form(length(request()), body=request())) * 3, 422, 422, 422)

# --- limits ---


def line_of(size):
    """A request line of that many octets without its end."""
    return b"GET /" + b"a" * (size - 14) + b" HTTP/1.1"


accepted("a request line of 8,190 octets", request(line_of(LINE_MAX - 2)), 404)
refused("a request line of 8,193 octets", request(line_of(LINE_MAX + 1)), 414)
refused("a request line of 30,000 octets", request(line_of(30000)), 414)
refused("a request line of 200,000 octets", request(line_of(200000)), 414)
refused("a request line without an end", b"GET /" + b"a" * 20000, 414)
refused("a query of 9,000 octets", request(b"GET /health?" + b"a" * 9000 + b" HTTP/1.1"), 414)
accepted("98 field lines", request(b"GET /health HTTP/1.1", *[b"X-%d: %d" % (i, i) for i in range(97)]))
accepted(
    "the 99th field line counts", request(b"GET /auth/me HTTP/1.1", *[b"X-A: 1"] * 97, b"Authorization: Bearer x"), 401
)
refused("102 field lines", request(b"GET /health HTTP/1.1", *[b"X-%d: %d" % (i, i) for i in range(101)]), 431)
refused("1,000 field lines", request(b"GET /health HTTP/1.1", *[b"X-%d: %d" % (i, i) for i in range(1000)]), 431)
refused("10,000 field lines", request(b"GET /health HTTP/1.1", *[b"X-%d: %d" % (i, i) for i in range(10000)]), 431)
accepted("a head of 32,000 octets", request(b"GET /health HTTP/1.1", padded(b"X-A", 16000), padded(b"X-B", 15900)))
refused("a head of 33,000 octets", request(b"GET /health HTTP/1.1", padded(b"X-A", 16500), padded(b"X-B", 16500)), 431)
refused("one field of 200,000 octets", request(b"GET /health HTTP/1.1", padded(b"X-A", 200000)), 431)
refused("a field without an end", request(b"GET /health HTTP/1.1", body=b"")[:-2] + b"X-A: " + b"a" * 40000, 431)
WHOLE = HALF_FORM + b"&x=" + b"a" * (BODY_MAX - len(HALF_FORM) - 3)
accepted("a body of 1 MiB", form(length(WHOLE), body=WHOLE), 422, check=missing("password"))
accepted(
    "a body of 1 MiB in chunks",
    form(CHUNKED, body=chunks(WHOLE[:500000], WHOLE[500000:])),
    422,
    check=missing("password"),
)
refused("a length of 1 MiB and one", form(b"Content-Length: %d" % (BODY_MAX + 1), body=b""), 413)
refused("a length of 1 MiB and one, all sent", form(length(WHOLE + b"b"), body=WHOLE + b"b"), 413)
refused("a length of 5 GB", form(b"Content-Length: 5000000000"), 413)
refused("a length of 5 GB for GET", request(b"GET /health HTTP/1.1", b"Content-Length: 5000000000"), 413)
refused("chunks of 1 MiB and one", form(CHUNKED, body=chunks(WHOLE, b"b")), 413)
refused("a chunk of 4 GB to come", form(CHUNKED, body=b"ffffffff\r\n" + HALF_FORM), 413)
refused("Expect with a length over the limit", form(EXPECT, b"Content-Length: %d" % (BODY_MAX + 1), body=b""), 413)

# --- garbage ---

for name, data in {
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(64)),
    "an SSH greeting": b"SSH-2.0-OpenSSH_9.2\r\n",
    "an SMTP greeting": b"EHLO localhost\r\n",
    "all octets": bytes(range(256)),
    "all octets backwards": bytes(range(255, -1, -1)),
    "NULs": b"\x00" * 1000,
    "JSON": b'{"a": 1}\r\n\r\n',
    "a response": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "text": b"Hello, are you there?\r\n\r\n",
}.items():
    refused(f"garbage: {name}", data, (400, 501, 505))
refused("garbage: letters without an end", b"a" * 20000, (400, 414, 501))
refused("HTTP/2 with prior knowledge", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 501, 505))

assert len({case.name for case in CASES}) == len(CASES), "two cases of one name"
