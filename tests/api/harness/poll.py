"""Waiting without fixed sleeps, and free ports."""

import functools
import itertools
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


# Below the range that outgoing connections take theirs from.
FIRST_PORT, LAST_PORT = 15000, 31000
BLOCK = 200


@functools.cache
def ports():
    """A block of ports that no other test process on this machine uses, again and again from its start.

    The name of an abstract socket can be bound once only, and is free again when its process has ended.
    """
    starts = list(range(FIRST_PORT, LAST_PORT, BLOCK))
    for start in random.sample(starts, len(starts)):
        held = socket.socket(socket.AF_UNIX)
        try:
            held.bind(f"\0parley test ports {start}")
        except OSError:
            held.close()
            continue
        return held, itertools.cycle(range(start, start + BLOCK))
    raise AssertionError(f"all ports from {FIRST_PORT} to {LAST_PORT} are other tests'")


def free_port():
    """A TCP port nobody listens on, and that no other test is given for a while."""
    for port in itertools.islice(ports()[1], BLOCK):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no free port in a whole block")
