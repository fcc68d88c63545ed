"""Requests by the thousand, right ones and wrong ones, read by src/http and by h11: the verdict, the fields, the body
and the start of the next request must be the same, except for the differences written down here with their reasons.

For a longer run with other requests: H11_SEED=7 H11_COUNT=100000 python3 -m pytest tests/unit/test_h11.py"""

import ipaddress
import os
import random
import re
import struct
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import h11
import pytest
from test_units import FLAGS, ROOT, first_lines

SEED = int(os.environ.get("H11_SEED", "20260727"))
COUNT = int(os.environ.get("H11_COUNT", "8000"))
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"

# ---- requests: each slot is usual most of the time, so that most have none, one or two peculiarities


def variants(words):
    """What stands between two blanks or line ends, with Python's escapes."""
    return [word.encode("latin-1").decode("unicode_escape").encode("latin-1") for word in re.split(r"\s\s+", words)]


KNOWN = [b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"QUERY"]
METHODS = [b"", *variants(r"get  Post  BREW  CONNECT  M-SEARCH  GET1  G\tT  GE(  PROPFIND  tRACE")]
TARGETS = variants(
    r"""*  a  http://b:80/p?q  HTTPS://[::1]  http://  http://u@b/  /a#b  /\xc3\xa9  /%zz?  ?q  //x  /?a?b  ftp://b/
    a:443  /\x01  http://b?q  http:///p  /a b  /\t  /|{}"""
)
VERSIONS = variants(
    r"""HTTP/1.0  HTTP/1.0  HTTP/1.0  HTTP/1.2  HTTP/1.2  HTTP/2.0  HTTP/0.9  http/1.1  HTTP/1.10  HTTP/1  HTTP/\x201.1
    HTTP/1.1\x20  HTTPS/1.1  HTTP/x.1"""
)
HOSTS = [
    [],
    [],
    *([b"Host: a", line] for line in (b"Host: a", b"hOST: b")),
    *(
        [line]
        for line in variants(
            r"""Host:  Host: a b  Host: a:8000  HOST:\ta:  Host: [::1]:8  Host: [::1  Host: u@a  Host: a/b  Host: a:b
            Host: \xe9  Host : a  Host: %41  Host: %4  Host: :80  Host: a,b  Host: [v1.x]  Host: [1]"""
        )
    ),
]
EXTRAS = variants(
    r"""Accept: */*  Cookie: a=b; c=d  X:  X: \t\x20  X: a\tb \t  X: \xff\xe9  X::y  Content-Type: application/json
    Connection: close  Connection: x, Close  connection: KEEP-alive  Connection:,  Connection: closed
    Expect: 100-continue  expect: y,100-Continue  Expect: other  !#$%&'*+-.^_`|~: z"""
)
BAD_EXTRAS = variants(
    r"""X : y  X\t: y  : y  X  \x20X: y  X: y\r\n z  X: y\r\n\tz  X: y\n\tz  X: a\rb  X: y\r  \rX: y  X: a\x00b  \x00: y
    X: \x01  X: \x7f  X: \x0b  X y: z  X(: y  X/Y: z  X\xe9: y"""
)
LENGTHS = [
    b"",
    *variants(
        r"""+%d  -%d  0x%d  %d, %d  %d,%d1  %d.0  00%d  %d,  %d %d  1%d  x  \xb2  %d;
        9999999999999999999  99999999999999999999999"""
    ),
]
CODINGS = [
    b"",
    *variants(
        r"""Chunked  chunked\t  gzip  gzip, chunked  chunked, gzip  chunked, chunked  identity  chunked,  xchunked
        ,chunked  chunked;q=1  "chunked"  chunked x  chunked\x0b"""
    ),
]
SIZES = [
    b"",
    *variants(
        r"""+%x  0x%x  \x20%x  %x\x20  %x \t;a
        %x;a=b  %x;a="b;c"  %x;\xe9  %x;\x01  %xg  -%x  %x;a\n  %x\r  %x; \t  %x a
        %X  000000000%x  0000000000000000%x  00000000000000000000000%x"""
    ),
]
TRAILERS = [
    *variants(
        r"""X: y\r\n  X:\r\nY: z\r\n  X : y\r\n  X: y\r\n z\r\n  : y\r\n  X\r\n  X: \x01\r\n  X: y\n  X: \x00\r\n
        \x20X: y\r\n  X: a\rb\r\n  Content-Length: 7\r\n  Content-Length: x\r\n  Transfer-Encoding: gzip\r\n"""
    ),
]
SPLICES = variants(r"\r\n  \n  \r  \x20  \t  :  \x00  ,  ;  0  Host: a\r\n  \r\n\r\n  \xff  chunked")


def text(rng, limit=12):
    return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(rng.randrange(limit)))


def chunked_body(rng):
    body = b""
    for _ in range(rng.randrange(4)):
        data = text(rng, 40) or b"x"
        size = rng.choice(SIZES) if rng.random() < 0.15 else b"%x"
        end = rng.choice([b"\n", b"\r", b"", b"x\r\n", b"x\n", b"\rx"]) if rng.random() < 0.05 else b"\r\n"
        body += (size % len(data) if b"%" in size else size) + b"\r\n" + data + end
    trailers = rng.choice(TRAILERS) if rng.random() < 0.25 else b""
    return body + rng.choice([b"0", b"0", b"0", b"000", b"0;x"]) + b"\r\n" + trailers + b"\r\n"


def framing(rng):
    kind = rng.random()
    data = text(rng)
    if kind < 0.35:
        return [], b""
    if kind < 0.55:
        return [b"Content-Length: %d" % len(data)], data
    if kind < 0.85:
        coding = rng.choice(CODINGS) if rng.random() < 0.15 else b"chunked"
        return [b"Transfer-Encoding: " + coding], chunked_body(rng)
    if kind < 0.95:
        length = rng.choice(LENGTHS)
        return [b"Content-Length: " + length.replace(b"%d", b"%d" % len(data))], data
    both = [b"Content-Length: %d" % len(data), rng.choice([b"Transfer-Encoding: chunked", b"content-length: 5"])]
    return rng.sample(both, 2) + rng.choice([[], [b"Transfer-Encoding: chunked"]]), chunked_body(rng)


def request(rng):
    def slot(usual, others, odds):
        return rng.choice(others) if rng.random() < odds else rng.choice(usual)

    method = slot(KNOWN, METHODS, 0.06)
    target = slot([b"/", b"/rooms/7?x=y", b"/auth/login"], TARGETS, 0.1)
    version = slot([b"HTTP/1.1"], VERSIONS, 0.12)
    blank = slot([b" "], [b"  ", b"\t", b""], 0.02)
    fields, body = framing(rng)
    fields = slot([[b"Host: a"]], HOSTS, 0.15) + fields + rng.choices(EXTRAS, k=rng.randrange(4))
    if rng.random() < 0.1:
        fields.append(rng.choice(BAD_EXTRAS))
    if rng.random() < 0.3:
        rng.shuffle(fields)
    end = slot([b"\r\n"], [b"\n"], 0.08)
    raw = slot([b""], [b"\r\n", b"\n\r\n", b"\r", b" "], 0.06)
    raw += end.join([method + blank + target + b" " + version, *fields, b"", b""])
    raw += body + rng.choice([b"", NEXT, b"\x16\x03"])
    return mutated(rng, raw) if rng.random() < 0.2 else raw


def mutated(rng, raw):
    for _ in range(rng.randrange(1, 3)):
        raw = mutated_once(rng, raw, rng.randrange(len(raw) + 1))
    return raw


def mutated_once(rng, raw, at):
    match rng.randrange(5):
        case 0:
            return raw[:at] + rng.choice(SPLICES) + raw[at:]
        case 1:
            return raw[:at] + raw[at + 1 :]
        case 2:
            return raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
        case 3:
            return raw[:at] + raw[at : at + rng.randrange(30)] + raw[at:]
    return raw[:at]


# ---- a plain reading of a request, enough to say which difference applies


class Message:
    def __init__(self, raw):
        self.stripped = re.sub(rb"\A(\r?\n)*(\r\Z)?", b"", raw)
        end = re.search(rb"\n\r?\n", self.stripped)
        self.complete = end is not None
        head = self.stripped[: end.start()] if end else self.stripped
        self.lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
        self.method, self.target, self.version = [*self.lines[0].split(b" "), b"", b"", b""][:3]
        parts = [line.partition(b":") for line in self.lines[1:]]
        self.fields = [(name.lower(), value.strip(b" \t")) for name, _, value in parts]
        self.sizes, self.trailers, self.chunks = [], b"", None
        if end and self.values(b"transfer-encoding"):
            self.chunks = end.end()
            self.read_chunks(self.stripped[self.chunks :])

    def values(self, name):
        return [value for field, value in self.fields if field == name]

    def lengths(self):
        return [part.strip() for value in self.values(b"content-length") for part in value.split(b",")]

    def read_chunks(self, rest):
        while found := re.match(rb"(([0-9A-Fa-f]+).*?)(?:\r\n|\r?\Z)", rest):
            self.sizes.append(found[1])
            size = int(found[2], 16)
            rest = rest[found.end() :]
            if size == 0:
                self.trailers = (re.match(rb"(?s)(\r?\n|.*?\n\r?\n)", rest) or [rest])[0]
                return
            if rest[size : size + 2] != b"\r\n":
                return
            rest = rest[size + 2 :]


def in_chunks(pattern, replacement, raw):
    message = Message(raw)
    if message.chunks is None:
        return raw
    head, chunks = message.stripped[: message.chunks], message.stripped[message.chunks :]
    return head + re.sub(pattern, replacement, chunks)


def target_is_odd(m):
    if m.target.startswith(b"/") or (m.target, m.method) == (b"*", b"OPTIONS"):
        return b"#" in m.target
    found = re.fullmatch(rb"(?i)https?://([^/?]+)[^#]*", m.target)
    return not found or host_is_odd(found[1])


def host_is_odd(host):
    found = re.fullmatch(rb"(\[(.*)\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(:[0-9]*)?", host, re.ASCII)
    if not found or found[2] is None or re.fullmatch(rb"(?i)v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+", found[2], re.ASCII):
        return not found
    try:
        return b"%" in found[2] or not ipaddress.IPv6Address(found[2].decode("latin-1"))
    except ValueError:
        return True


# ---- the differences


@dataclass(frozen=True)
class Stricter:
    """Refused by us whether h11 takes it or not."""

    status: int
    reason: str
    applies: Callable


@dataclass(frozen=True)
class Looser:
    """Taken by us: h11 is shown the request as its rule would have it, and must then agree."""

    reason: str
    rewrite: Callable


STRICTER = [
    Stricter(
        400, "methods are in capitals: `get` is no method of HTTP", lambda m: not re.fullmatch(rb"[A-Z-]+", m.method)
    ),
    Stricter(
        501,
        "methods that no endpoint has; h11 leaves them to the application",
        lambda m: m.method not in KNOWN,
    ),
    Stricter(505, "h11 takes any digit as the major version", lambda m: re.fullmatch(rb"HTTP/[02-9]\.\d", m.version)),
    Stricter(
        400,
        "HTTP/1.2 is read as HTTP/1.1 (RFC 9110 2.5), so it needs a Host too",
        lambda m: re.fullmatch(rb"HTTP/1\.[2-9]", m.version) and not m.values(b"host"),
    ),
    Stricter(400, "targets in none of the forms of RFC 9112 3.2, or with a fragment", target_is_odd),
    Stricter(
        400, "Host must be host[:port] (RFC 9112 3.2)", lambda m: any(v and host_is_odd(v) for v in m.values(b"host"))
    ),
    Stricter(400, "two lengths are refused though equal (RFC 9112 6.3 allows both)", lambda m: len(m.lengths()) > 1),
    Stricter(400, "lengths that no off_t holds", lambda m: any(v.isdigit() and int(v) >= 2**63 for v in m.lengths())),
    Stricter(
        400,
        "length and coding together are an attempt to smuggle (RFC 9112 6.3)",
        lambda m: m.values(b"transfer-encoding") and m.values(b"content-length"),
    ),
    Stricter(
        400,
        "HTTP/1.0 has no transfer codings (RFC 9112 6.1)",
        lambda m: m.version == b"HTTP/1.0" and m.values(b"transfer-encoding"),
    ),
    Stricter(
        400, "obs-fold (RFC 9112 5.2: refuse or replace)", lambda m: any(re.match(rb"[ \t]", x) for x in m.lines[1:])
    ),
    Stricter(
        400,
        "control characters in values (RFC 9110 5.5); h11 lets cookies have them",
        lambda m: any(re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", v) for _, v in m.fields),
    ),
    Stricter(
        400, "chunk sizes of more than 16 digits", lambda m: any(re.match(rb"[0-9A-Fa-f]{17}", s) for s in m.sizes)
    ),
    Stricter(
        400,
        "control characters in a chunk's extension",
        lambda m: any(re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", s) for s in m.sizes),
    ),
    Stricter(400, "obs-fold in trailers", lambda m: re.search(rb"\n[ \t]", b"\n" + m.trailers)),
    Stricter(
        400, "a bare LF in trailers: chunked bodies end lines in CR LF", lambda m: re.search(rb"(?<!\r)\n", m.trailers)
    ),
    Stricter(
        400, "control characters in trailers", lambda m: re.search(rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]", m.trailers)
    ),
]

LOOSER = [
    Looser("empty lines before the request line (RFC 9112 2.2: SHOULD be ignored)", lambda raw: Message(raw).stripped),
    Looser(
        "blanks before a chunk's semicolon (RFC 9112 7.1.1: BWS)",
        lambda raw: in_chunks(rb"((?:\A|\n)[0-9A-Fa-f]+)[ \t]+;", rb"\1;", raw),
    ),
    Looser(
        "framing fields in trailers are dropped unread (RFC 9110 6.5.1)",
        lambda raw: in_chunks(rb"(?i)(0\S*\r\n)(?:content-length|transfer-encoding):", rb"\1x:", raw),
    ),
]
EARLY = "refused before the line has ended: h11 waits for its end"


# ---- the two readers


def h11_reads(raw):
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=2**30)
    connection.receive_data(raw)
    result, body = None, b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                path, _, query = event.target.partition(b"?")
                result = {
                    "method": event.method.decode(),
                    "minor": "0" if event.http_version == b"1.0" else "1",
                    "expect": str(int(connection.they_are_waiting_for_100_continue)),
                    "size": len(raw) - len(connection.trailing_data[0]),
                    "fields": [(name, value) for name, value in event.headers.raw_items()],
                }
                if path.startswith(b"/"):
                    result |= {"path": path, "query": query}
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage):
                rest = connection.trailing_data[0]
                # h11 never keeps an HTTP/1.0 connection open; we do when asked to.
                if result["minor"] == "1":
                    result["keep"] = str(int(connection.their_state is h11.DONE))
                return "done", result | {"body": body, "rest": rest}
            else:
                return "more", {}
    except h11.RemoteProtocolError:
        return "refused", {}


def ours_reads(line, raw):
    verdict, *words = line.split(" ")
    pairs = [word.split("=", 1) for word in words]
    values = dict(pairs)
    if verdict != "done":
        return verdict, {"status": int(values["status"])}
    fields = [[bytes.fromhex(part) for part in value.split(":")] for key, value in pairs if key == "field"]
    lowered = {b"transfer-encoding"}  # as h11 gives its value
    return verdict, {
        **{key: values[key] for key in ("method", "minor", "expect", "keep")},
        **{key: bytes.fromhex(values[key]) for key in ("path", "query", "body")},
        "size": int(values["size"]),
        "fields": [(name, value.lower() if name.lower() in lowered else value) for name, value in fields],
        "rest": raw[int(values["next"]) :],
        "status": 0,
    }


def same(ours, theirs, raw, shown):
    if ours[0] != theirs[0]:
        return False
    expected = dict(theirs[1])
    if "size" in expected and shown != raw:
        del expected["size"]
    return all(ours[1][key] == value for key, value in expected.items())


def judge(raw, ours, seen):
    """None when all is as it should be, else what is wrong. Counts the differences in seen."""
    message = Message(raw)
    strict = [row for row in STRICTER if message.complete and row.applies(message)]
    if strict and ours[0] != "refused":
        return f"must be refused: {strict[0].reason}"

    theirs = h11_reads(raw)
    if same(ours, theirs, raw, raw):
        return None
    if ours[0] == "refused":
        for row in STRICTER:
            if ours[1]["status"] == row.status and row.applies(message):
                seen[row.reason] += 1
                return None
        if theirs[0] == "more" and h11_reads(raw + b"\r\n\r\n")[0] == "refused":
            seen[EARLY] += 1
            return None

    shown, reasons = raw, []
    for row in LOOSER:
        rewritten = row.rewrite(shown)
        if rewritten != shown:
            shown, reasons = rewritten, [*reasons, row.reason]
    theirs_then = h11_reads(shown)
    if reasons and (same(ours, theirs_then, raw, shown) or (ours[0], theirs_then[0]) == ("refused", "more")):
        seen.update(reasons)
        return None
    return f"ours {ours}, h11 {theirs}"


@pytest.fixture(scope="module")
def head_cli(tmp_path_factory):
    source = ROOT / "tests/unit/head_cli.c"
    binary = tmp_path_factory.mktemp("head") / "head_cli"
    subprocess.run(["cc", *FLAGS, "-o", binary, source, *first_lines(source, "sources")], cwd=ROOT, check=True)
    return binary


def test_same_verdict_and_next_request_as_h11(head_cli):
    rng = random.Random(SEED)
    requests = [request(rng) for _ in range(COUNT)]
    records = b"".join(struct.pack("<I", len(raw)) + raw for raw in requests)
    run = subprocess.run([head_cli], input=records, capture_output=True, timeout=120)
    assert run.returncode == 0, run.stderr.decode()
    lines = run.stdout.decode().splitlines()
    assert len(lines) == len(requests)

    seen, verdicts, wrong = Counter(), Counter(), []
    for raw, line in zip(requests, lines, strict=True):
        ours = ours_reads(line, raw)
        verdicts[ours[0]] += 1
        if complaint := judge(raw, ours, seen):
            wrong.append(f"{raw!r}\n    {complaint}")

    assert not wrong, f"{len(wrong)} of {COUNT}:\n" + "\n".join(wrong[:10])
    # A generator that makes only good or only bad requests would prove nothing.
    assert min(verdicts["done"], verdicts["refused"]) > COUNT / 5, verdicts
    assert verdicts["more"] > COUNT / 100, verdicts
    # A row that no request needs is one that h11 has caught up with, or that tests nothing.
    unused = {row.reason for row in [*STRICTER, *LOOSER]} - set(seen)
    assert not unused
