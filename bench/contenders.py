"""Who is compared: parley, a Go service, and pgbench with nothing but the statements."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness.cluster import Cluster
from harness.people import make_token, relative
from harness.poll import free_port, poll
from harness.raw import Raw
from harness.server import LIVEKIT_API_SECRET, ROOT, SECRET_KEY, Server, descendants, run_parley

USERS, ROOMS, VISITS = 1_000, 10_000, 50_000
PASSWORD = "a password of everybody"
STATEMENTS = ROOT / "sql/statements"
HERE = Path(__file__).parent


class Arena:
    """One PostgreSQL with the benchmark's database, and everybody who is to run on it."""

    def __init__(self, transport):
        self.folder = Path(tempfile.mkdtemp(prefix="parley-bench-", dir="/tmp"))
        # A worker that runs as nobody writes its profile here.
        self.folder.chmod(0o755)
        self.cluster = Cluster(transport)
        self.servers = []
        # As a careful administrator would leave it, but that no disk is measured: other people use it, too.
        self.settings = {"shared_buffers": "256MB", "autovacuum": "on"}
        with self.cluster.connect() as connection:
            for name, value in self.settings.items():
                connection.execute(f"alter system set {name} = '{value}'")
        self.cluster.restart()
        self.database = self.seeded("bench", ROOMS, VISITS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.stop()
        self.cluster.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def seeded(self, name, rooms, visits):
        database = self.cluster.create(name=name)
        for command in (
            ["migrate"],
            ["user", "add", "seedling", "seedling@example.com", "--password-stdin"],
        ):
            if command[0] == "user":
                done = subprocess.run(
                    [ROOT / "build/parley/parley", *command], input=PASSWORD, text=True, capture_output=True,
                    env={"DATABASE_URL": database.url(), "PATH": os.environ["PATH"]}, cwd=self.folder,
                )  # fmt: skip
            else:
                done = run_parley(self.folder, database.url(), *command)
            assert done.returncode == 0, done.stdout + done.stderr
        done = subprocess.run(
            [self.cluster.bin / "psql", "-qX", "-h", self.cluster.sockets, "-p", str(self.cluster.port), "-U",
             "postgres", "-v", f"users={USERS}", "-v", f"rooms={rooms}", "-v", f"visits={visits}", "-f",
             HERE / "seed.sql", name],
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return database

    def parley(self, database=None, **settings):
        folder = self.folder / f"parley{len(self.servers)}"
        folder.mkdir()
        server = Parley(folder, (database or self.database).url(), **settings)
        self.servers.append(server)
        return server.start()

    def go(self, **settings):
        folder = self.folder / f"go{len(self.servers)}"
        folder.mkdir()
        server = Go(folder, self.database.url(), **settings)
        self.servers.append(server)
        return server

    def script(self, name, text):
        """A file for pgbench."""
        path = self.folder / f"{name}.pgbench"
        path.write_text(text)
        return path

    def requests(self, name, lines):
        """A file for load.lua: requests of many people, as many as there are."""
        path = self.folder / f"{name}.requests"
        path.write_bytes(b"\0".join(lines))
        return path


class Parley(Server):
    """As it is shipped, with as many workers as it likes; limits would be all that is measured, so none."""

    def __init__(self, folder, database_url, program=None, **settings):
        settings = {"WORKERS": None, "CONNECTIONS_PER_ADDRESS": 0, **settings}
        super().__init__(folder, database_url, program, **settings)

    def pids(self):
        return [self.process.pid, *descendants(self.process.pid)]


class Go:
    """bench/peers/go, which ./dev bench has built."""

    def __init__(self, folder, database_url, **settings):
        self.port, self.tls_port = free_port(), free_port()
        self.url, self.tls_url = f"http://127.0.0.1:{self.port}", f"https://127.0.0.1:{self.tls_port}"
        program = ROOT / "var/bench/go-peer"
        environment = {
            "DATABASE_URL": database_url,
            "SECRET_KEY": SECRET_KEY,
            "LIVEKIT_API_SECRET": LIVEKIT_API_SECRET,
            "LIVEKIT_URL": "ws://127.0.0.1:7880",
            "STATEMENTS": STATEMENTS,
            "PORT": str(self.port),
            **({"TLS_PORT": str(self.tls_port)} if settings else {}),
            **settings,
        }
        with open(folder / "log", "wb") as log:
            self.process = subprocess.Popen([program], stdout=log, stderr=log, env=environment, cwd=folder)
        poll(lambda: Raw("127.0.0.1", self.port).close() or True, 20, "the Go peer listens")

    def pids(self):
        return [self.process.pid]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def token(number):
    return make_token({"sub": str(number), "exp": relative(7200)})


def request(method, path, token=None, body=None, kind="application/json"):
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body is not None:
        lines += [f"Content-Type: {kind}"]
    if method in ("POST", "PATCH"):
        lines.append(f"Content-Length: {len(body or '')}")
    return ("\r\n".join([*lines, "", ""]) + (body or "")).encode()
