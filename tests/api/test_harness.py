"""The harness itself: what it promises to the other tests."""

import os
import socket
import subprocess
import sys
import threading

import psycopg
import pytest
from harness.cluster import TRANSPORTS, state
from harness.poll import poll
from harness.raw import Closed, Raw
from harness.secret import new_password
from harness.server import ROOT, Server


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_cluster_is_reachable_by_every_transport(cluster, empty_database, transport):
    with psycopg.connect(empty_database.url(transport)) as connection:
        encrypted = connection.execute("select ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()[0]
        local = connection.execute("select inet_client_addr() is null").fetchone()[0]
    assert local == (transport == "unix")
    assert encrypted == (transport in ("tls", "localhost"))


def test_cluster_wants_the_password(cluster, empty_database):
    for transport in TRANSPORTS:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(empty_database.url(transport).replace(cluster.password, "wrong"))


def test_frozen_cluster_does_not_answer_and_comes_back(cluster, empty_database):
    with empty_database.connect() as connection:
        with cluster.frozen():
            assert {state(pid) for pid in cluster.processes()} - {"Z"} == {"T"}
        assert connection.execute("select 1").fetchone() == (1,)
    poll(cluster.answers, 5, "PostgreSQL answers again")


@pytest.fixture
def canned():
    """canned(bytes): a raw client that is sent exactly these and then an end."""
    ends = []

    def answer(data):
        listener = socket.create_server(("127.0.0.1", 0))

        def serve():
            connection, _ = listener.accept()
            with connection:
                connection.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        client = Raw(*listener.getsockname(), timeout=5)
        ends.extend((client.close, thread.join, listener.close))
        return client

    yield answer
    for end in ends:
        end()


def test_raw_client_reads_exactly_one_response(canned):
    client = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-A:\tb \r\n\r\nhiHTTP/1.1 204 No Content\r\n\r\n")
    first = client.response()
    assert (first.status, first.reason, first.body, first.get("x-a")) == (200, "OK", b"hi", "b")
    assert client.response().status == 204
    client.expect_closed()


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nBad Name: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3",
        b"",
    ],
)
def test_raw_client_is_strict(canned, data):
    with pytest.raises(AssertionError):
        canned(data).response()


def test_raw_client_notices_bytes_it_did_not_ask_for(canned):
    client = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!")
    assert client.response().body == b"hi"
    with pytest.raises(AssertionError, match="unasked"):
        client.expect_closed()


def test_raw_client_tells_an_end_from_a_response(canned):
    with pytest.raises(Closed):
        canned(b"").response()


def test_log_faults_are_found(tmp_path):
    """With a log written by hand, in place of a crash."""
    other = Server(tmp_path, "postgresql:///none")
    password = new_password()
    lines = ["[wrk 1]: worker 1 (pid: 7) gone", "all is well", f"x {password}", "ERROR: AddressSanitizer: heap", ""]
    other.log.write_text("\n".join(lines))
    assert {fault.partition("  <- ")[0] for fault in other.log_faults()} == {lines[0], lines[2], lines[3]}
    assert len(other.log_faults(allowed=("gone",))) == 2


def test_server_works_in_a_folder_of_its_own(server):
    assert os.getcwd() != str(server.directory)
    assert server.http.get("/health").json() == {"status": "healthy"}
    with server.client(tls=True) as client:
        assert client.get("/health").status_code == 200


DOOMED = """
import os, signal, threading
import pytest

@pytest.mark.parametrize("number", range(30))
def test_doomed(number):
    if number == 7:
        FATE
"""


def run_doomed(directory, fate):
    """What a run by several processes comes to in which a test meets this fate: its status and what it said."""
    (directory / "test_doomed.py").write_text(DOOMED.replace("FATE", fate))
    options = ["-p", "harness.watchdog", "-p", "xdist.plugin", "-n", "2", "--dist", "loadgroup"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT / "tests/api")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--max-worker-restart=0", "."],
        cwd=directory,
        env={**environment, "PARLEY_TEST_SILENCE": "5"},
        capture_output=True,
        text=True,
        timeout=50,
    )
    return done.returncode, done.stderr


def test_a_process_that_crashes_ends_the_run_with_a_word(tmp_path):
    status, said = run_doomed(tmp_path, "os.kill(os.getpid(), signal.SIGKILL)")
    assert status == 6
    assert "not all was run: gw" in said


def test_a_run_that_hangs_is_ended_with_a_word(tmp_path):
    status, said = run_doomed(tmp_path, "threading.Event().wait()")
    assert status == 6
    assert "nothing has ended for 5 s; going on: test_doomed.py::test_doomed[7]" in said
