"""SIGTERM and SIGINT at any moment: the server ends, and leaves no process behind."""

import os
import signal
import time

import pytest
from harness.poll import poll
from harness.server import is_running

# Seconds after the start; before the first forks there is nothing to end in order.
MOMENTS = [0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.15, 0.2, 0.4]


@pytest.mark.parametrize("moment", MOMENTS)
def test_sigterm_while_the_server_starts(start_server, moment):
    server = start_server(wait=False)
    time.sleep(moment)
    seen = set(server.workers())
    server.terminate()
    status = server.process.wait(12)
    # Before its handler is set the signal itself ends the process.
    assert status in (0, -signal.SIGTERM)
    poll(lambda: not any(map(is_running, seen)), 10, "no process is left")
    server.process = None


def test_ctrl_c_reaches_all_processes_at_once(start_server):
    """A terminal sends it to the whole group: the ends of the workers must not hide it from the parent."""
    for _ in range(5):
        server = start_server()
        os.killpg(server.process.pid, signal.SIGINT)
        assert server.wait_ended() == 0
        server.process = None


@pytest.mark.log_allows("gone")
def test_stuck_workers_are_ended(start_server):
    server = start_server()
    with server.connect(tls=True):
        stuck = server.workers()
    for pid in stuck:
        os.kill(pid, signal.SIGSTOP)
    server.terminate()
    assert server.wait_ended(12) == 0
    server.process = None
