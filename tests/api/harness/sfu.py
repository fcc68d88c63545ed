"""A stand-in for LiveKit's RoomService, for what the real one does not do on demand: refuse, hang, die.

Rooms and participants are what the test puts there; calls are recorded with their token's claims.
"""

import contextlib
import json
import socket
import ssl
import threading
import time
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt

from harness.poll import free_port
from harness.server import LIVEKIT_API_SECRET

Called = namedtuple("Called", "method body claims at status")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        sfu = self.server.sfu
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = self.headers["Authorization"].removeprefix("Bearer ")
        try:
            claims = jwt.decode(token, LIVEKIT_API_SECRET, algorithms=["HS256"], options={"require": ["exp", "nbf"]})
        except jwt.InvalidSignatureError:
            sfu.forged += 1
            self.send_response(401)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        prefix, _, method = self.path.rpartition("/")
        assert prefix == f"{sfu.path}/twirp/livekit.RoomService", self.path
        assert self.headers["Content-Type"] == "application/json"
        sfu.connections.add(self.client_address)
        if sfu.closing and self.client_address in sfu.used:
            sfu.closing = False
            self.close_connection = True
            return
        sfu.used.add(self.client_address)
        if sfu.hanging:
            sfu.called.append(Called(method, body, claims, time.monotonic(), None))
            sfu.released.wait(20)
            self.close_connection = True
            return
        if method in sfu.late:
            came, goes_on = sfu.late.pop(method)
            came.set()
            goes_on.wait(20)
        status, answer = sfu.answer(method, body)
        if status == 401:
            answer = f"invalid token: {token}"
        sfu.called.append(Called(method, body, claims, time.monotonic(), status))
        text = answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if isinstance(answer, str) else "application/json")
        if sfu.redirect:
            self.send_header("Location", f"http://127.0.0.1:{sfu.port}{sfu.redirect}")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


class Listener(ThreadingHTTPServer):
    """Its end is also that of the connections it has."""

    daemon_threads = True
    request_queue_size = 128

    def process_request(self, request, client_address):
        self.sfu.open.append(request)
        super().process_request(request, client_address)

    def handle_error(self, request, client_address):
        if self.sfu.http is not None:
            super().handle_error(request, client_address)


class Sfu:
    def __init__(self, path=""):
        self.path = path
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}{path}"
        self.rooms = {}
        self.sids = {}
        self.called = []
        self.forged = 0
        self.connections = set()
        self.open = []
        self.refusing = {}
        self.used = set()
        self.closing = False  # the next kept connection that is used again
        self.hanging = False
        self.released = threading.Event()
        self.late = {}  # {method: events, that its next call came and that it goes on}
        self.camel = False
        self.tls = None  # (certificate, key)
        self.redirect = None
        self.http = None

    def start(self):
        self.http = Listener(("127.0.0.1", self.port), Handler)
        self.http.sfu = self
        if self.tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(*self.tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()
        return self

    def stop(self):
        if self.http is not None:
            self.released.set()
            http, self.http = self.http, None
            http.shutdown()
            self.thread.join()
            for connection in self.open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            self.open.clear()
            http.server_close()

    def calls(self, method):
        return [each for each in self.called if each.method == method]

    def put(self, room, identity, sid, joined=None, state="ACTIVE", tracks=()):
        joined = int(time.time()) if joined is None else joined
        person = {"sid": sid, "identity": identity, "state": state, "tracks": list(tracks), "name": identity}
        spelled = ("joinedAt", "joinedAtMs") if self.camel else ("joined_at", "joined_at_ms")
        person |= {spelled[0]: str(joined), spelled[1]: str(joined * 1000)}
        self.rooms.setdefault(room, {})[identity] = person

    def answer(self, method, body):
        missing = {"code": "not_found", "msg": "requested room does not exist"}
        if method in self.refusing:
            return self.refusing[method]
        if method == "ListRooms":
            return 200, {"rooms": [{"name": name, "sid": self.sids.get(name, f"RM_{name}")} for name in self.rooms]}
        room = self.rooms.get(body["room"])
        if method == "ListParticipants":
            return 200, {"participants": list((room or {}).values())}
        if method == "DeleteRoom":
            return (404, missing) if self.rooms.pop(body["room"], None) is None else (200, {})
        if method == "RemoveParticipant":
            found = room.pop(body["identity"], None) if room else None
            return (404, {**missing, "msg": "participant does not exist"}) if found is None else (200, {})
        if method == "SendData":
            return (404, missing) if room is None else (200, {})
        person = (room or {}).get(body.get("identity"))
        if person is None and method in ("GetParticipant", "MutePublishedTrack", "UpdateParticipant"):
            return 404, {**missing, "msg": "participant does not exist"}
        if method == "MutePublishedTrack":
            track = next((each for each in person["tracks"] if each["sid"] == body["trackSid"]), None)
            if track is None:
                return 404, {**missing, "msg": "track is not found"}
            track["muted"] = body["muted"]
            return 200, {"track": track}
        if method == "UpdateParticipant":
            person["permission"] = body["permission"]
        if method in ("GetParticipant", "UpdateParticipant"):
            return 200, person
        return 404, {"code": "bad_route", "msg": method}
