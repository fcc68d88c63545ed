"""A real LiveKit server, and what stands between its webhooks and parley."""

import contextlib
import json
import os
import shutil
import signal
import socket
import string
import subprocess
import threading
import time
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from harness.people import make_token, relative
from harness.poll import free_port, poll
from harness.server import LIVEKIT_API_SECRET, ROOT

KEY = "devkey"
Heard = namedtuple("Heard", "at event")


def program():
    """The server that ./dev test found or built; None when there is none."""
    for found in (os.environ.get("PARLEY_LIVEKIT"), ROOT / "var/livekit/livekit-server"):
        if found and Path(found).exists():
            return found
    return shutil.which("livekit-server")


def free_udp_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = self.server.relay.take(body, self.headers["Authorization"])
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Relay:
    """Takes LiveKit's webhooks and hands them to the parley servers it was told of, or does worse to them.

    fate(event) says what becomes of an event: the seconds after which it is passed on, any number of times;
    [0] is what should be, [] loses it, [0, 0] doubles it.
    """

    def __init__(self):
        self.port = free_port()
        self.servers = []
        self.heard = []
        self.fate = lambda event: [0]
        self.client = httpx.Client(trust_env=False, timeout=10)
        self.http = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.http.daemon_threads = True
        self.http.relay = self
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02})
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()
        self.client.close()

    def take(self, body, token):
        event = json.loads(body)
        self.heard.append(Heard(time.monotonic(), event))
        fate = self.fate(event)
        if fate == [0]:
            return self.hand_on(body, token)
        for seconds in fate:
            threading.Timer(seconds, self.hand_on, (body, token)).start()
        return 200

    def hand_on(self, body, token):
        """The worst that a server answered: LiveKit tries again after 5xx, as it would without us."""
        headers = {"Authorization": token, "Content-Type": "application/webhook+json"}
        status = 200
        for server in list(self.servers):
            try:
                answer = self.client.post(f"{server.url}/livekit/webhook", content=body, headers=headers)
                status = max(status, answer.status_code)
            except httpx.TransportError:
                status = 503
        return status

    def events(self, room, name=None, identity=None):
        """What was heard of a room, as Heard(at, event)."""
        return [
            each
            for each in list(self.heard)
            if each.event.get("room", {}).get("name") == room
            and name in (None, each.event["event"])
            and identity in (None, each.event.get("participant", {}).get("identity"))
        ]


class LiveKit:
    """`livekit-server` on free ports of the loopback, its webhooks going through a Relay."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.log = self.directory / "log"
        self.relay = Relay()
        self.port = free_port()
        self.url = f"ws://127.0.0.1:{self.port}"
        self.api_url = f"http://127.0.0.1:{self.port}"
        self.process = None
        self.client = httpx.Client(trust_env=False, timeout=10)
        self.config = self.directory / "livekit.yaml"
        text = string.Template((ROOT / "tools/livekit/livekit.yaml").read_text())
        self.config.write_text(
            text.substitute(
                PORT=self.port,
                UDP_PORT=free_udp_port(),
                STUN_PORT=free_udp_port(),
                API_KEY=KEY,
                API_SECRET=LIVEKIT_API_SECRET,
                WEBHOOK=f"http://127.0.0.1:{self.relay.port}/livekit/webhook",
            )
        )

    # Life

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", program(), "--config", self.config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        poll(self.answers, 20, f"LiveKit answers (its log: {self.log})")
        return self

    def answers(self):
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            return self.client.get(self.api_url).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self):
        """The first signal waits for everybody to hang up, the second does not."""
        for _ in range(100):
            if self.process is None or self.process.poll() is not None:
                return
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.1)
        self.kill()

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    @contextlib.contextmanager
    def cut_off(self):
        """Nothing goes to it or comes from it meanwhile, as if the network between were gone."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.stop()
        self.relay.close()
        self.client.close()

    # What parley needs to know

    @property
    def settings(self):
        """Settings of a parley server that uses it."""
        return {"LIVEKIT_URL": self.url, "LIVEKIT_API_KEY": KEY, "LIVEKIT_API_SECRET": LIVEKIT_API_SECRET}

    @contextlib.contextmanager
    def told_to(self, server):
        """The server gets the webhooks meanwhile."""
        self.relay.servers.append(server)
        try:
            yield server
        finally:
            self.relay.servers.remove(server)

    # What it says itself

    def call(self, method, grant, **body):
        """The answer of the RoomService, by a token of our own."""
        video = {grant: True, **({"room": body["room"]} if "room" in body else {})}
        token = make_token({"iss": KEY, "sub": "tests", "exp": relative(60), "video": video}, LIVEKIT_API_SECRET)
        answer = self.client.post(
            f"{self.api_url}/twirp/livekit.RoomService/{method}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def rooms(self):
        return [room["name"] for room in self.call("ListRooms", "roomList")["rooms"]]

    def people(self, room):
        """{identity: sid} of those whose media is up."""
        listed = self.call("ListParticipants", "roomAdmin", room=room)["participants"]
        return {each["identity"]: each["sid"] for each in listed if each["state"] == "ACTIVE"}
