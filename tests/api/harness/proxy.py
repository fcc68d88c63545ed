"""A proxy between the server and PostgreSQL that knows their protocol, and cuts or holds it at a chosen message."""

import collections
import contextlib
import socket
import struct
import threading
import time

from harness.poll import free_port


class Rule:
    """What is to happen to the first connection on which that statement is asked for.

    unsent      it ends before the statement has passed
    unsynced    all but the sync has passed: PostgreSQL runs it and does not commit
    flushed     the same, and its results are let back
    N           so many of PostgreSQL's messages have come back; N.5: and half of the next
    """

    def __init__(self, statement, point=None, hold=0.0):
        self.statement = statement.encode()
        self.point = point
        self.hold = hold
        self.used = threading.Event()

    def matches(self, name):
        """Also where it is run for many at once."""
        return name in (self.statement, self.statement + b"_many")


class Cut(Exception):
    pass


class Proxy:
    """Listens on a port of its own; with Proxy(cluster) as proxy: ... proxy.url(database).

    asked has how often each statement was asked for.
    """

    def __init__(self, cluster):
        self.cluster = cluster
        self.rule = None
        self.asked = collections.Counter()
        self.stopped = threading.Event()
        self.paused = threading.Event()
        self.sockets = []
        self.port = free_port()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Small, so that a pause is soon felt by who sends.
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)

    def __enter__(self):
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.listener.close()
        self.cut()

    def url(self, database):
        url = self.cluster.url(database.name, "tcp")
        return url.replace(f"127.0.0.1:{self.cluster.port}", f"127.0.0.1:{self.port}") + "&gssencmode=disable"

    def arm(self, *arguments, **named):
        self.rule = Rule(*arguments, **named)
        return self.rule

    def cut(self):
        """Ends all connections at once."""
        for each in list(self.sockets):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.cluster.port))
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.sockets += [client, server]
            Link(self, client, server)


class Link:
    """One connection, a thread for each direction."""

    def __init__(self, proxy, client, server):
        self.proxy = proxy
        self.client = client
        self.server = server
        self.rule = None
        self.back = 0
        self.statement = False
        for run in (self.forward, self.backward):
            threading.Thread(target=self.guard, args=(run,), daemon=True).start()

    def guard(self, run):
        with contextlib.suppress(OSError, Cut, EOFError):
            run()
        for each in (self.client, self.server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def message(self, sock, typed=True):
        """(type, the whole message)"""
        head = exactly(sock, 5 if typed else 4)
        (length,) = struct.unpack("!I", head[-4:])
        return head[:1], head + exactly(sock, length - 4)

    def forward(self):
        _, startup = self.message(self.client, typed=False)
        self.server.sendall(startup)
        while True:
            while self.proxy.paused.is_set() and not self.proxy.stopped.is_set():
                time.sleep(0.01)
            kind, data = self.message(self.client)
            rule = self.proxy.rule
            name = data[5:].split(b"\0", 2)[1] if kind == b"B" else None
            if name is not None:
                self.proxy.asked[name.decode()] += 1
            if name is not None and rule is not None and rule.matches(name):
                self.proxy.rule = None
                self.rule = rule
                if rule.point == "unsent":
                    rule.used.set()
                    raise Cut
                self.back = 0
            if self.rule is not None and kind == b"S":
                if self.rule.point == "unsynced":
                    self.rule.used.set()
                    raise Cut
                if self.rule.point == "flushed":
                    # Flush in the place of the sync.
                    self.server.sendall(b"H\0\0\0\4")
                    self.rule.used.wait(5)
                    raise Cut
            self.server.sendall(data)

    def backward(self):
        while True:
            kind, data = self.message(self.server)
            rule = self.rule
            if rule is None:
                self.client.sendall(data)
                continue
            if rule.hold:
                time.sleep(rule.hold)
                self.rule = None
                self.client.sendall(data)
                rule.used.set()
                continue
            if not isinstance(rule.point, str) and self.back + 1 > rule.point:
                if rule.point % 1:
                    self.client.sendall(data[: len(data) // 2])
                rule.used.set()
                raise Cut
            self.client.sendall(data)
            self.back += 1
            if rule.point == "flushed" and kind == b"C":
                # Time to take it for an answer.
                time.sleep(0.2)
                rule.used.set()
            if not isinstance(rule.point, str) and self.back >= rule.point and not rule.point % 1:
                rule.used.set()
                raise Cut


def exactly(sock, count):
    data = b""
    while len(data) < count:
        more = sock.recv(count - len(data))
        if not more:
            raise EOFError
        data += more
    return data
