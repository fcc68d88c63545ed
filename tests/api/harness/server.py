"""One process of the server under test: its settings, its life, its log."""

import contextlib
import http.cookiejar
import os
import re
import signal
import ssl
import subprocess
import tempfile
from pathlib import Path

import httpx

from harness.certificate import self_signed
from harness.cluster import state
from harness.openapi import validate_hook
from harness.poll import free_port, poll
from harness.raw import Raw
from harness.secret import KNOWN, secret

ROOT = Path(__file__).resolve().parents[3]

SECRET_KEY = secret("a test key of the access tokens, long enough")
LIVEKIT_API_SECRET = secret("a test secret of LiveKit, also long enough")

# None of these may ever stand in a log. A test that provokes one on purpose is marked log_allows("the text").
FORBIDDEN = (
    r"\bgone\b",
    r"sandbox violation",
    r"ERROR: \w+Sanitizer",
    r"runtime error:",
    r"\bpanic\b",
    r"\bSegmentation\b",
    r"stack smashing",
    r"double free|free\(\): invalid|corrupted",
)
SANITIZERS = ("ASAN_", "UBSAN_", "LSAN_")


def binary():
    """The program under test: PARLEY_BINARY, or what ./dev build made."""
    return Path(os.environ.get("PARLEY_BINARY", ROOT / "build/parley/parley"))


def environment(database_url, **settings):
    """The whole environment of a parley process. A setting given as None is left out."""
    names = {
        "DATABASE_URL": database_url,
        "SECRET_KEY": SECRET_KEY,
        "LIVEKIT_URL": "ws://127.0.0.1:7880",
        "LIVEKIT_API_KEY": "devkey",
        "LIVEKIT_API_SECRET": LIVEKIT_API_SECRET,
        "HOST": "127.0.0.1",
        "WORKERS": "2",
        "RATE_LIMITS": "off",
        "LOG_FORMAT": "json",
        **settings,
    }
    names = {name: str(value) for name, value in names.items() if value is not None}
    inherited = {n: v for n, v in os.environ.items() if n in ("PATH", "LANG") or n.startswith(SANITIZERS)}
    return {**inherited, **names}


def lines_with(values, text):
    """The lines that any of the values stands in. Thousands of both: grep looks for all of them at once."""
    if not values or not text:
        return []
    # grep takes a line for a value: of one that has several, the longest would be found too.
    values = {max(value.split("\n"), key=len) for value in values}
    with tempfile.TemporaryFile() as log:
        log.write(text.encode())
        log.seek(0)
        with tempfile.NamedTemporaryFile() as wanted:
            wanted.write("\n".join(values).encode())
            wanted.flush()
            found = subprocess.run(
                ["grep", "-aF", "-f", wanted.name], stdin=log, capture_output=True, env={"LC_ALL": "C"}, timeout=50
            )
    assert found.returncode in (0, 1), found.stderr.decode()
    return found.stdout.decode().splitlines()


def descendants(pid):
    """Ids of the children of a process, and of theirs."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [each for child in map(int, children) for each in (child, *descendants(child))]


def is_running(pid):
    """Whether the process exists and is no zombie."""
    return state(pid) not in "ZX"


def run_parley(directory, database_url, *arguments, timeout=60, **settings):
    """Runs one command to its end; returns its exit status and what it printed."""
    return subprocess.run(
        [binary(), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=timeout,
        cwd=directory,
        env=environment(database_url, **settings),
    )


def migrated(cluster, directory, name):
    """A database of that name, migrated by the program under test."""
    assert binary().exists(), f"{binary()} is missing: ./dev build"
    made = cluster.create(name=name)
    done = run_parley(directory, made.url(), "migrate")
    assert done.returncode == 0, done.stdout + done.stderr
    return made


class Server:
    """`parley serve` on free ports, plain and TLS, in a working directory of its own."""

    def __init__(self, directory, database_url, program=None, **settings):
        self.directory = Path(directory)
        self.program = Path(program or binary())
        self.port = free_port()
        self.tls_port = free_port()
        self.certificate, self.key = self_signed(self.directory)
        self.environment = environment(
            database_url,
            PORT=settings.pop("PORT", self.port),
            TLS_PORT=settings.pop("TLS_PORT", self.tls_port),
            TLS_CERT_FILE=settings.pop("TLS_CERT_FILE", self.certificate),
            TLS_KEY_FILE=settings.pop("TLS_KEY_FILE", self.key),
            **settings,
        )
        self.port = int(self.environment.get("PORT", 8000))
        self.log = self.directory / "log"
        self.mark = 0
        self.process = None
        self.url = f"http://127.0.0.1:{self.port}"
        self.tls_url = f"https://127.0.0.1:{self.tls_port}"
        self.clients = []

    # Life

    def start(self, wait=True):
        assert self.program.exists(), f"{self.program} is missing: ./dev build"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # Ends also when the tests are killed.
                ["setpriv", "--pdeathsig", "TERM", self.program, "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.directory,
                env=self.environment,
                start_new_session=True,
            )
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, deadline=20):
        def healthy(tls):
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with {self.process.returncode}:\n{self.log_text()}")
            with self.connect(tls, timeout=2) as client:
                client.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return client.response().status == 200

        # With TLS_CERT_FILE=None there is no TLS listener, with PORT=0 no plain one.
        if self.port:
            poll(lambda: healthy(False), deadline, f"GET /health on port {self.port}")
        if self.environment.get("TLS_CERT_FILE") == str(self.certificate):
            poll(lambda: healthy(True), deadline, f"GET /health on port {self.tls_port} over TLS")

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def workers(self):
        """Ids of the processes below the main one: the workers, and Kore's key manager."""
        return descendants(self.process.pid)

    def heap(self):
        """Kilobytes of memory that its processes have for themselves: files they map are not among them."""
        text = "".join(Path(f"/proc/{pid}/status").read_text() for pid in self.workers())
        return sum(map(int, re.findall(r"RssAnon:\s+(\d+) kB", text)))

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait_ended(self, seconds=10):
        """The exit status; fails when there is none in time, or when a child stays behind."""
        children = self.workers()
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still running {seconds} s after SIGTERM:\n{self.log_text()[-4000:]}") from None
        poll(lambda: not any(map(is_running, children)), 10, f"children of the server end ({children})")
        return status

    def stop(self):
        """SIGTERM, and then status 0 within ten seconds."""
        for client in self.clients:
            client.close()
        self.clients.clear()
        if self.process is None:
            return
        if self.process.poll() is None:
            self.terminate()
        status = self.wait_ended()
        self.process = None
        assert status == 0, f"exit status {status} after SIGTERM:\n{self.log_text()[-4000:]}"

    def kill(self):
        """Ends the process and its children without ceremony."""
        for pid in (self.process.pid, *self.workers()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(10)

    # Clients

    def tls_context(self):
        context = ssl.create_default_context(cafile=self.certificate)
        context.check_hostname = False
        return context

    def client(self, tls=False, **options):
        """An httpx client with this server's address; closed when the server stops.

        Every answer it gets must be as openapi.json describes it.
        """
        url, verify = (self.tls_url, self.tls_context()) if tls else (self.url, True)
        url = options.pop("base_url", url)
        hooks = {"response": [validate_hook]}
        options = {"timeout": 20, "trust_env": False, "event_hooks": hooks, **options}
        client = httpx.Client(base_url=url, verify=verify, **options)
        # Cookies are sent where a test says so, not because somebody signed in before.
        client.cookies.jar.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self.clients.append(client)
        return client

    @property
    def http(self):
        """A client that keeps its connections, shared by the users of this server object."""
        if not self.clients:
            self.client()
        return self.clients[0]

    def connect(self, tls=False, timeout=10.0, held=False, window=None):
        """A raw client, connected; held: see Tls; window: see Raw."""
        if tls:
            return Raw("127.0.0.1", self.tls_port, self.tls_context(), timeout, held, window)
        return Raw("127.0.0.1", self.port, None, timeout, window=window)

    # Log

    def log_text(self, since=0):
        if not self.log.exists():
            return ""
        with open(self.log, "rb") as file:
            file.seek(since)
            return file.read().decode("utf-8", "replace")

    def log_size(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def log_faults(self, since=0, allowed=()):
        """The lines since then that no log may have, each with the reason."""
        text = self.log_text(since)
        patterns = [p for p in FORBIDDEN if not any(re.search(p, text_allowed) for text_allowed in allowed)]
        lines = text.splitlines()
        faults = [f"{line}  <- {p}" for line in lines for p in patterns if re.search(p, line)]
        return faults + [f"{line}  <- a secret" for line in lines_with(KNOWN, text)]
