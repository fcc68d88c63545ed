"""A PostgreSQL cluster of our own: made in a temporary folder, reachable four ways, and thrown away."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import psycopg

from harness.certificate import self_signed
from harness.poll import free_port, poll
from harness.secret import secret

TRANSPORTS = ("unix", "tcp", "localhost", "tls")

HBA = """\
local all postgres trust
local all all scram-sha-256
hostssl all all 127.0.0.1/32 scram-sha-256
hostnossl all all 127.0.0.1/32 scram-sha-256
"""

CONFIGURATION = """\
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{sockets}'
ssl = on
ssl_cert_file = '{certificate}'
ssl_key_file = '{key}'
password_encryption = 'scram-sha-256'
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 300
shared_buffers = 64MB
autovacuum = off
log_min_messages = warning
"""


def programs():
    """The folder of the newest PostgreSQL server installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    assert found, "no PostgreSQL server under /usr/lib/postgresql: apt-get install postgresql"
    return found[-1].parent


def state(pid):
    """One letter of a process: T is stopped, Z or X ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


class Database:
    """One database of a cluster."""

    def __init__(self, cluster, name):
        self.cluster = cluster
        self.name = name

    def url(self, transport=None):
        """Its DATABASE_URL, the way the suite reaches PostgreSQL unless told otherwise."""
        return self.cluster.url(self.name, transport)

    def connect(self):
        """A connection as the superuser, autocommit, that does not go through what the suite tests."""
        return self.cluster.connect(self.name)

    def query(self, sql, parameters=None):
        """Runs one statement; returns its rows, if it has any."""
        with self.connect() as connection:
            cursor = connection.execute(sql, parameters)
            return cursor.fetchall() if cursor.description else []


class Cluster:
    """Processes and folder of one PostgreSQL cluster. Databases belong to the role parley."""

    role = "parley"

    def __init__(self, transport="unix"):
        self.transport = transport
        self.bin = programs()
        # Under /tmp whatever TMPDIR says: the path of a unix socket has 107 octets at most.
        self.root = Path(tempfile.mkdtemp(prefix="parley-pg-", dir="/tmp"))
        self.data = self.root / "data"
        self.sockets = self.root / "s"
        self.log = self.root / "log"
        self.port = free_port()
        self.password = secret(secrets.token_hex(12))
        self.process = None
        # PostgreSQL refuses to run as root.
        self.owner = "postgres" if os.geteuid() == 0 else None
        self.made = 0
        self.make()

    def run_as_owner(self):
        if self.owner is None:
            return {}
        account = pwd.getpwnam(self.owner)
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def make(self):
        self.sockets.mkdir()
        certificate, key = self_signed(self.root, "postgres")
        # A server whose workers run as nobody connects here too.
        self.root.chmod(0o755)
        self.sockets.chmod(0o755)
        if self.owner is not None:
            for path in (self.root, self.sockets, certificate, key):
                shutil.chown(path, self.owner, pwd.getpwnam(self.owner).pw_gid)
        command = [self.bin / "initdb", "-D", self.data, "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            [*command, "--no-sync", "-A", "trust"],
            capture_output=True,
            text=True,
            cwd=self.root,
            **self.run_as_owner(),
        )
        assert done.returncode == 0, done.stdout + done.stderr
        (self.data / "pg_hba.conf").write_text(HBA)
        with open(self.data / "postgresql.conf", "a") as file:
            file.write(CONFIGURATION.format(port=self.port, sockets=self.sockets, certificate=certificate, key=key))
        self.start()
        with self.connect("postgres") as connection:
            connection.execute(f"create role {self.role} login password '{self.password}'")

    def connect(self, database="postgres"):
        return psycopg.connect(
            host=str(self.sockets),
            port=self.port,
            user="postgres",
            dbname=database,
            autocommit=True,
            connect_timeout=5,
        )

    def answers(self):
        with contextlib.suppress(psycopg.Error), self.connect() as connection:
            connection.execute("select 1")
            return True
        return False

    def start(self):
        """Starts it and returns when it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                # Ends also when the tests are killed.
                ["setpriv", "--pdeathsig", "INT", self.bin / "postgres", "-D", self.data],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.root,
                start_new_session=True,
                **self.run_as_owner(),
            )

        def ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended:\n{self.log.read_text(errors='replace')}")
            return self.answers()

        poll(ready, 60, "PostgreSQL answers")

    def stop(self, how=signal.SIGINT):
        """Ends it (SIGINT: connections are dropped, data kept) and returns when it is gone."""
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(30)
        self.process = None

    def restart(self):
        self.stop()
        self.start()

    def processes(self):
        """Process ids: the postmaster's first, then its children's."""
        parent = self.process.pid
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        return [parent, *map(int, children)]

    @contextlib.contextmanager
    def frozen(self):
        """While inside, every process of the cluster is stopped: connections stay, nothing answers."""
        stopped = []
        try:
            # The postmaster first, so that it makes no further child.
            for _ in range(2):
                for pid in self.processes():
                    if pid not in stopped:
                        os.kill(pid, signal.SIGSTOP)
                        stopped.append(pid)
            poll(lambda: all(state(pid) in "TZX" for pid in stopped), 5, "PostgreSQL is frozen")
            yield
        finally:
            for pid in reversed(stopped):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def create(self, template=None, name=None):
        """A new database: a copy of the one called template, or one with nothing in it."""
        self.made += 1
        name = name or f"parley_{self.made}"
        copy = f" template {template}" if template else ""
        with self.connect() as connection:
            connection.execute(f"create database {name} owner {self.role}{copy}")
        return Database(self, name)

    def drop(self, database):
        with self.connect() as connection:
            connection.execute(f"drop database if exists {database.name} with (force)")

    def url(self, database, transport=None):
        """A libpq URI over one of TRANSPORTS."""
        transport = transport or self.transport
        who = f"postgresql://{self.role}:{self.password}@"
        if transport == "unix":
            return f"{who}/{database}?host={self.sockets}&port={self.port}"
        host = "localhost" if transport == "localhost" else "127.0.0.1"
        mode = {"tcp": "?sslmode=disable", "tls": "?sslmode=require"}.get(transport, "")
        return f"{who}{host}:{self.port}/{database}{mode}"

    def close(self):
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)
