"""A client that sends exact bytes and reads exactly one response, over plain TCP or TLS.

The parser is strict on purpose: what a lenient client forgives would pass unseen otherwise.
"""

import contextlib
import re
import socket
import ssl
import time

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9]) ([\t -~\x80-\xff]*)")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*?)[ \t]*")


class Closed(AssertionError):
    """The peer closed the connection where a response was due."""


class Response:
    """One response: status, reason, fields (as sent, in order), body."""

    def __init__(self, status, reason, fields, body):
        self.status = status
        self.reason = reason
        self.fields = fields
        self.body = body

    def all(self, name):
        return [value for each, value in self.fields if each.lower() == name.lower()]

    def get(self, name):
        """The value of a field that may be there once, or None."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} is there {len(values)} times: {self}"
        return values[0] if values else None

    def __repr__(self):
        fields = "".join(f"\n  {name}: {value}" for name, value in self.fields)
        return f"<{self.status} {self.reason}{fields}\n  {self.body[:400]!r}>"


class Tls:
    """TLS by memory buffers: shows how bytes are cut into records, and closes one direction only."""

    def __init__(self, sock, context, name, held=False):
        self.sock = sock
        # While held nothing goes out but what the handshake needs to go on.
        self.held = held
        # Whether the peer ended the connection without a close_notify.
        self.truncated = False
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.pump(self.tls.do_handshake)

    def flush(self):
        if self.outgoing.pending:
            self.sock.sendall(self.outgoing.read())

    def release(self):
        """Sends what was held, in one piece."""
        self.held = False
        self.flush()

    def pump(self, operation, *arguments):
        while True:
            try:
                result = operation(*arguments)
                if not self.held:
                    self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.sock.recv(65536)
                if data:
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def sendall(self, data):
        view = memoryview(data)
        while view:
            view = view[self.pump(self.tls.write, view[:16384]) :]

    def recv(self, size):
        try:
            return self.pump(self.tls.read, size)
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLEOFError:
            self.truncated = True
            return b""

    def shutdown(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()
        if not self.held:
            self.flush()


class Raw:
    """One connection. window: octets that may be on their way to us while we do not read; else as many as there are."""

    def __init__(self, host, port, context=None, timeout=10.0, held=False, window=None, source=None):
        self.sock = socket.create_connection((host, port), timeout, (source, 0) if source else None)
        if window is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.buffer = b""
        self.tls = None
        if context is not None:
            try:
                self.tls = Tls(self.sock, context, host, held)
            except BaseException:
                self.sock.close()
                raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    # Sending

    def send(self, data):
        (self.tls or self.sock).sendall(data)

    def send_pieces(self, data, size=1, pause=0.0):
        """A packet (over TLS: a record) for every `size` bytes; lets the peer run in between."""
        for at in range(0, len(data), size):
            self.send(data[at : at + size])
            time.sleep(pause)

    def half_close(self):
        """Nothing more will be sent; what the peer sends is still read."""
        if self.tls:
            self.tls.shutdown()
        else:
            self.sock.shutdown(socket.SHUT_WR)

    def reset(self):
        """Drops the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.sock.close()

    # Reading

    def more(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"no whole response in time; so far {self.buffer[:400]!r}")
        self.sock.settimeout(left)
        data = (self.tls or self.sock).recv(65536)
        self.buffer += data
        return bool(data)

    def response(self, method="GET", timeout=None):
        """Reads one response, interim ones included. method tells whether it can have a body."""
        end = time.monotonic() + (timeout or self.timeout)
        while b"\r\n\r\n" not in self.buffer:
            if not self.more(end):
                raise Closed(f"closed before a whole head, after {self.buffer[:400]!r}")
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        match = STATUS_LINE.fullmatch(first)
        assert match, f"malformed status line {first!r}"
        status, reason = int(match[1]), match[2].decode("latin-1")
        fields = []
        for line in lines:
            field = FIELD.fullmatch(line)
            assert field, f"malformed field line {line!r}"
            fields.append((field[1].decode(), field[2].decode("latin-1")))
        response = Response(status, reason, fields, b"")
        length = response.get("content-length")
        assert response.get("transfer-encoding") is None, f"unexpected coding: {response}"
        if status < 200 or status in (204, 304):
            assert length in (None, "0") if status == 304 else length is None, f"a length in {response}"
            return response
        assert re.fullmatch("[0-9]+", length or ""), f"no length in {response}"
        if method == "HEAD":
            return response
        while len(self.buffer) < int(length):
            if not self.more(end):
                raise Closed(f"closed in a body of {length}, after {len(self.buffer)}: {response}")
        response.body, self.buffer = self.buffer[: int(length)], self.buffer[int(length) :]
        return response

    def final_response(self, method="GET", timeout=None):
        """Reads a response, passing over 100 Continue."""
        response = self.response(method, timeout)
        while response.status == 100:
            response = self.response(method, timeout)
        return response

    def expect_closed(self, timeout=5.0):
        """The peer closes, and has sent nothing more."""
        end = time.monotonic() + timeout
        try:
            while self.more(end):
                pass
        except ConnectionResetError:
            pass
        except TimeoutError:
            raise AssertionError(f"still open after {timeout} s; unasked bytes: {self.buffer[:400]!r}") from None
        assert not self.buffer, f"unasked bytes: {self.buffer[:400]!r}"

    def is_silent(self, seconds):
        """Nothing arrives for that long, and the connection stays open."""
        try:
            return self.more(time.monotonic() + seconds) and False
        except TimeoutError:
            return True
