"""A pytest plugin that ends a run which can only be waited for: one that hangs, and one that lost a process.

Both are said in one line, and neither is taken for failed tests: what the run leaves has not been run at all.
"""

import contextlib
import os
import signal
import threading
import time

import pytest

# Longer than nothing ends in a run that is alive: every test has a limit of its own, most of them of a minute.
SILENCE_SECONDS = 240
# pytest's own statuses end at 5.
UNFINISHED = 6


class Watchdog:
    """Hears of every test's begin and end, and of processes that are gone.

    A test's own limit is a signal to Python: a library that keeps the interpreter does not let it through, and a
    process that shares the work and is lost gets none.
    """

    def __init__(self, config):
        self.seconds = float(os.environ.get("PARLEY_TEST_SILENCE", SILENCE_SECONDS))
        self.disarmed = threading.Event()
        self.running = set()
        self.lost = None
        # Until the first test everything has to be imported and found, by all processes.
        self.heard = time.monotonic() + SILENCE_SECONDS
        # Whoever started us, whatever of a test's output is taken away at the moment.
        with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            self.stderr = os.dup(2)
        threading.Thread(target=self.watch, daemon=True).start()

    def pytest_runtest_logstart(self, nodeid):
        self.heard = time.monotonic()
        self.running.add(nodeid)

    def pytest_runtest_logfinish(self, nodeid):
        self.heard = time.monotonic()
        self.running.discard(nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error):
        """With --max-worker-restart=0 this ends the run; with a new process xdist's loadgroup may wait for ever."""
        if error and node.config.getoption("maxworkerrestart") == "0":
            self.lost = node.gateway.id

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if self.lost:
            self.say(f"not all was run: {self.lost} crashed")
            session.exitstatus = UNFINISHED

    def pytest_unconfigure(self):
        self.disarmed.set()

    def watch(self):
        while not self.disarmed.wait(0.5):
            if time.monotonic() > self.heard + self.seconds:
                going_on = ", ".join(sorted(self.running)) or "no test"
                self.say(f"nothing has ended for {self.seconds:.0f} s; going on: {going_on}")
                # Not before it is needed: its import takes longest of all.
                from harness.server import descendants

                for pid in descendants(os.getpid()):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                os._exit(UNFINISHED)

    def say(self, text):
        os.write(self.stderr, f"\n{text}\n".encode())


def pytest_configure(config):
    # Once, by whom the others report to.
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Watchdog(config))
