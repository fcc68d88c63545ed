"""The command line and the settings, as somebody at a shell meets them."""

import contextlib
import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import threading
from pathlib import Path

import pytest
from harness.poll import poll
from harness.secret import new_password, secret
from harness.server import ROOT, binary, environment

COMMANDS = (
    "serve", "migrate", "check", "user add", "user admin", "user deactivate", "user reactivate", "version", "help"
)  # fmt: skip
HUNTER = secret("hunter-hunter-hunter-hunter-hunter")


@pytest.fixture
def bare(tmp_path):
    """bare("help", NAME=value): a command with no setting but those given."""

    def run(*arguments, **settings):
        return subprocess.run(
            [binary(), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=20,
            cwd=tmp_path,
            env={name: str(value) for name, value in settings.items()},
        )

    return run


def documented():
    """The settings by name, with the default that `parley help settings` prints."""
    done = subprocess.run([binary(), "help", "settings"], capture_output=True, text=True, check=True, env={})
    return dict(re.fullmatch(r"(\w+) +(\S.*?)  +\S.*", line).groups() for line in done.stdout.splitlines())


def one_line(done, status):
    assert done.returncode == status, done.stdout + done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
    assert done.stderr.startswith("parley: ")
    return done.stderr


# The command line


@pytest.mark.parametrize("arguments", [["help"], ["-h"], ["--help"]])
def test_help(bare, arguments):
    done = bare(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert re.search(f"^parley {command}", done.stdout, re.MULTILINE)


def test_no_command(bare):
    done = bare()
    assert (done.returncode, done.stdout) == (2, "")
    assert "parley serve" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(bare, command):
    done = bare("help", *command.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"parley {command}")
    assert bare(*command.split(), "--help").stdout in (done.stdout, bare("help").stdout)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nosuch"],
        ["user"],
        ["user", "remove"],
        ["help", "nosuch"],
        ["serve", "-f"],
        ["serve", "--port", "1"],
        ["migrate", "--dry"],
        ["migrate", "--dry-run", "now"],
        ["check", "all"],
        ["user", "add"],
        ["user", "add", "ann"],
        ["user", "add", "ann", "a@example.com", HUNTER],
        ["user", "add", "ann", "a@example.com", "--password", HUNTER],
        ["user", "add", "ann", "a@example.com", "--full-name"],
    ],
    ids=" ".join,
)
def test_misuse(bare, arguments):
    """Said before any setting is looked at."""
    done = bare(*arguments)
    one_line(done, 2)
    assert done.stdout == ""


def test_version(bare):
    done = bare("version")
    assert re.fullmatch(r"parley \d+\.\d+\.\d+ \(libpq [\d.]+, OpenSSL .*\)\n", done.stdout)


# Settings


def test_settings_are_those_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| (.*?) \| .* \|$", readme, re.MULTILINE))
    assert rows == documented()


def test_serve_names_every_setting_that_is_missing(bare):
    done = bare("serve")
    assert done.returncode == 1
    names = re.findall(r"^parley: (\w+): missing", done.stderr, re.MULTILINE)
    assert names == ["DATABASE_URL", "SECRET_KEY", "LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "http"),
        ("LIVEKIT_URL", "livekit.example"),
        ("CORS_ORIGINS", "https://a.example/path"),
        ("TRUSTED_PROXIES", "proxy"),
        ("LOG_FORMAT", "xml"),
        ("TLS_KEY_FILE", "/nowhere"),
        ("SECRET_KEY", "hunter-hunter-2"),
        ("DATABASE_URL", f"mysql://ann:{HUNTER}@db/calls"),
        ("DATABASE_URL", f"postgresql://ann:{HUNTER}/@db/calls"),
        ("DATABASE_URL", f"postgresql://ann@db/calls?password={HUNTER}%"),
        ("PORT_FILE", "/nowhere"),
    ],
)
def test_serve_refuses(parley, name, value):
    line = one_line(parley("serve", TLS_CERT_FILE=__file__, **{"TLS_KEY_FILE": __file__, name: value}), 1)
    assert line.startswith(f"parley: {name}")
    assert "hunter" not in line


def test_dotenv_and_files(bare, tmp_path, database, sfu):
    (tmp_path / ".env").write_text(
        f"# of the old service\nDATABASE_URL='{database.url()}'\nexport SECRET_KEY_FILE=\"key\"\n"
        f"LIVEKIT_URL=wss://livekit.example # public\nLIVEKIT_API_KEY=key\nLIVEKIT_API_SECRET={HUNTER}\nPORT=1\n"
    )
    (tmp_path / "key").write_text(HUNTER + "\n")
    done = bare("check", PORT=2, LIVEKIT_API_URL=sfu.url)
    # What stands there is of another LiveKit than this one.
    assert (done.returncode, done.stderr) == (1, "")
    assert re.search(r"^ok +settings", done.stdout, re.MULTILINE)
    assert re.search(r"^PORT +2 ", done.stdout, re.MULTILINE), "the environment wins"
    assert re.search(r"^SECRET_KEY +\(hidden\)", done.stdout, re.MULTILINE)


# check


def test_check(parley, database):
    done = parley("check")
    assert (done.returncode, done.stderr) == (0, "")
    verdicts = re.findall(r"^(ok|warn|fail) +(\S+)", done.stdout, re.MULTILINE)
    names = ("settings", "database", "migrations", "clock", "certificate", "livekit", "livekit", "webhook")
    assert verdicts == [("warn" if name == "webhook" else "ok", name) for name in names]
    for name in documented():
        assert re.search(f"^{name} ", done.stdout, re.MULTILINE)
    for value in (environment("")["SECRET_KEY"], environment("")["LIVEKIT_API_SECRET"], database.url()):
        assert value not in done.stdout


def test_check_of_a_weak_key(parley):
    done = parley("check", SECRET_KEY="hunter-hunter-hunter")
    assert done.returncode == 0
    assert "warn  settings" in done.stdout
    assert one_line(done, 0).startswith("parley: warning: SECRET_KEY")


def test_check_of_wrong_settings(parley):
    done = parley("check", PORT="x", WORKERS="0")
    assert done.returncode == 1
    assert "fail  settings" in done.stdout
    assert done.stderr.count("\n") == 2


def test_check_without_a_database(parley, database):
    url = re.sub("://[^@]*@", f"://parley:{HUNTER}@", database.url("tcp"))
    done = parley("check", database_url=url)
    assert done.returncode == 1
    assert re.search("^fail  database .*password authentication failed", done.stdout, re.MULTILINE)
    assert re.search("^fail  migrations", done.stdout, re.MULTILINE)
    assert HUNTER not in done.stdout + done.stderr


def test_check_of_an_empty_database(parley, empty_database):
    done = parley("check", database_url=empty_database.url())
    assert done.returncode == 1
    assert "fail  migrations    the database is not migrated: run `parley migrate'" in done.stdout


def test_migrate_without_a_database(parley):
    line = one_line(parley("migrate", database_url=f"postgresql://ann:{HUNTER}@127.0.0.1:1/calls"), 1)
    assert "cannot be reached" in line
    assert HUNTER not in line


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_urls_of_sqlalchemy(parley, database, scheme):
    assert parley("check", database_url=database.url().replace("postgresql", scheme, 1)).returncode == 0


# user add


def user_add(database, directory, *arguments, password=None, **settings):
    return subprocess.run(
        [binary(), "user", "add", *arguments],
        input=password,
        stdin=None if password is not None else subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        cwd=directory,
        env=environment(database.url(), **settings),
    )


@pytest.fixture
def add(database, tmp_path):
    """add("ann", "ann@example.com", password="..."): the command with its password on standard input."""

    def run(*arguments, password=None, **settings):
        return user_add(
            database, tmp_path, *arguments, "--password-stdin", password=password or new_password(), **settings
        )

    return run


def test_user_add(add, database):
    done = add("Zoë", "zoe@EXAMPLE.com", "--full-name", "Zoë Zett", password=new_password() + "\n")
    assert (done.returncode, done.stdout, done.stderr) == (0, "added Zoë\n", "")
    [row] = database.query("select username, email, full_name, is_active, hashed_password from users")
    assert row[:4] == ("Zoë", "zoe@example.com", "Zoë Zett", True)
    assert row[4].startswith("$scrypt$")


def test_user_add_can_sign_in(add, database, start_server):
    """The line's end is no part of the password."""
    password = new_password("pässword ")
    assert add("ann", "ann@example.com", password=password + "\r\n").returncode == 0
    server = start_server()
    answer = server.http.post("/auth/login", data={"username": "ann", "password": password})
    assert answer.status_code == 200


def test_user_add_taken(add):
    assert add("ann", "ann@example.com").returncode == 0
    assert "the name is taken" in one_line(add("ann", "other@example.com"), 1)
    assert "e-mail address is another user's" in one_line(add("other", "ann@Example.com"), 1)


@pytest.mark.parametrize(
    ("name", "email", "password", "what"),
    [
        ("", "a@example.com", "long enough", "name must have"),
        ("x" * 51, "a@example.com", "long enough", "name must have"),
        ("a\nb", "a@example.com", "long enough", "name must have"),
        ("ann", "a@localhost", "long enough", "e-mail address"),
        ("ann", "nobody", "long enough", "e-mail address"),
        ("ann", "a@example.com", "short", "password must have 6 to 128"),
        ("ann", "a@example.com", "x" * 129, "password must have 6 to 128"),
        ("ann", "a@example.com", "\n", "no password"),
    ],
)
def test_user_add_refuses(add, database, name, email, password, what):
    assert what in one_line(add(name, email, password=password), 1)
    assert database.query("select count(*) from users") == [(0,)]


def test_user_add_counts_characters(add):
    assert add("ö" * 50, "a@example.com", password="ö" * 128).returncode == 0
    assert "8 to 128" in one_line(add("b", "b@example.com", password="ööööööö", MIN_PASSWORD_LENGTH=8), 1)


def test_user_add_on_an_empty_database(tmp_path, empty_database):
    done = user_add(empty_database, tmp_path, "ann", "a@example.com", "--password-stdin", password=new_password())
    assert "not migrated" in one_line(done, 1)


def test_user_add_without_a_terminal(tmp_path, database):
    done = user_add(database, tmp_path, "ann", "a@example.com")
    assert "--password-stdin" in one_line(done, 1)


class Terminal:
    """`parley user add` on a terminal of its own, and what that shows."""

    def __init__(self, database, directory):
        self.outer, inner = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            [binary(), "user", "add", "ann", "a@example.com"],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=directory,
            env=environment(database.url()),
            start_new_session=True,
            preexec_fn=self.become_foreground,
        )
        self.inner = inner
        threading.Thread(target=self.read, daemon=True).start()

    @staticmethod
    def become_foreground():
        """Who runs the tests in the background of a script has Ctrl-C ignored, and so would the program."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def read(self):
        with contextlib.suppress(OSError):
            while data := os.read(self.outer, 4096):
                self.shown += data

    def echoes(self):
        return bool(termios.tcgetattr(self.inner)[3] & termios.ECHO)

    def wait_for(self, text):
        # What is typed before echo is off would be flushed.
        poll(lambda: text in self.shown and not self.echoes(), 10, f"{text} in {self.shown}")

    def type(self, data):
        os.write(self.outer, data)

    def end(self):
        status = self.process.wait(20)
        echoes = self.echoes()
        poll(lambda: status < 0 or self.shown.count(b"\n") > 2, 5, "what it said")
        os.close(self.inner)
        os.close(self.outer)
        return status, echoes


@pytest.mark.parametrize("same", [True, False])
def test_user_add_asks(tmp_path, database, same):
    password = new_password().encode()
    terminal = Terminal(database, tmp_path)
    terminal.wait_for(b"Password: ")
    terminal.type(password + b"\n")
    terminal.wait_for(b"Again: ")
    terminal.type((password if same else b"another one") + b"\n")
    status, echoes = terminal.end()
    assert (status, echoes) == (0 if same else 1, True)
    assert password not in terminal.shown
    assert (b"added ann" if same else b"differ") in terminal.shown
    assert database.query("select count(*) from users") == [(int(same),)]


def test_user_add_given_up(tmp_path, database):
    """Ctrl-C leaves a terminal that echoes."""
    terminal = Terminal(database, tmp_path)
    terminal.wait_for(b"Password: ")
    terminal.type(b"\x03")
    status, echoes = terminal.end()
    assert (status, echoes) == (-2, True)
    assert database.query("select count(*) from users") == [(0,)]


# Secrets


@pytest.mark.parametrize("part", ["parent", "workers"])
def test_secrets_are_not_in_the_environment_of_the_server(server, part):
    pids = [server.process.pid] if part == "parent" else server.workers()
    assert pids
    for pid in pids:
        shown = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        for name in ("SECRET_KEY", "LIVEKIT_API_SECRET", "DATABASE_URL"):
            assert server.environment[name].encode() not in shown
