"""Waiting without fixed sleeps, and free ports."""

import random
import socket
import time


def poll(probe, deadline=10.0, what="condition", interval=0.02):
    """Calls probe until it returns something true, and returns that; fails with what was waited for."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            found = probe()
            if found:
                return found
            last = found
        except (OSError, AssertionError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what} (last: {last!r})")
        time.sleep(interval)


def free_port():
    """A TCP port nobody listens on, below the range that outgoing connections take theirs from."""
    for _ in range(200):
        port = random.randint(15000, 31000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port between 15000 and 31000")
