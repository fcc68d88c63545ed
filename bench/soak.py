"""./dev bench soak: minutes of mixed traffic, after which no process may have grown."""

import contextlib
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from statistics import fmean

from bench.contenders import PASSWORD, USERS, request
from bench.machine import memory, wrk_command, wrk_result

EVERY = 2  # seconds between two looks
WARM = 0.3  # of the time: until then caches fill
SLOPE = 16  # KiB a minute that a process may seem to grow by: a tenth of a page a second


def lines(bench, rng):
    """What people do, mixed: mostly to ask who they are, sometimes to come in."""
    found = []
    for number, token in enumerate(bench.tokens, 1):
        mine = f"/rooms/{number}"
        found += [
            request("GET", "/auth/me", token),
            request("GET", mine, token),
            request("GET", "/rooms/", token),
            request("POST", f"{mine}/join", token),
            request("GET", f"{mine}/participants", token),
            request("GET", "/users/", token),
            request("PATCH", "/auth/me", token, f'{{"full_name": "User {number}"}}'),
            request("GET", "/health"),
        ]
    rng.shuffle(found)
    return found


def logins():
    body = f"&password={PASSWORD.replace(' ', '+')}"
    return [
        request("POST", "/auth/login", body=f"username={number}{body}", kind="application/x-www-form-urlencoded")
        for number in range(1, USERS + 1)
    ]


def vanish(server, tokens, until):
    """Clients that come and go as they should not: in the middle of a handshake, of a request, of an answer."""
    rng = random.Random(1)
    trust = ssl.create_default_context(cafile=server.certificate)
    while time.monotonic() < until:
        data = request("GET", "/rooms/", rng.choice(tokens))
        client = socket.create_connection(("127.0.0.1", rng.choice((server.port, server.tls_port))), 10)
        with contextlib.suppress(ConnectionError):
            if client.getpeername()[1] == server.tls_port and rng.random() < 0.5:
                client = trust.wrap_socket(client, server_hostname="localhost")
            client.sendall(data[: rng.randint(1, len(data))])
        # A reset, not an end.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        time.sleep(0.01)


def slope(points):
    """(KiB a minute, its standard error) of a line through (seconds, octets)."""
    if len(points) < 3:
        return 0.0, float("inf")
    xs, ys = zip(*points, strict=True)
    x0, y0 = fmean(xs), fmean(ys)
    wide = sum((x - x0) ** 2 for x in xs)
    by = sum((x - x0) * (y - y0) for x, y in points) / wide
    rest = sum((y - y0 - by * (x - x0)) ** 2 for x, y in points)
    return by * 60 / 1024, (rest / (len(points) - 2) / wide) ** 0.5 * 60 / 1024


def soak(bench, minutes):
    """Returns whether nothing grew and nothing failed."""
    server, seconds = bench.parley, round(minutes * 60)
    mixed = bench.arena.requests("mixed", lines(bench, random.Random(2)))
    slow = bench.arena.requests("soak-logins", logins())
    loads = [
        subprocess.Popen(wrk_command(url, each, count, seconds), stdout=subprocess.PIPE, text=True)
        for url, each, count in (
            (server.url, mixed, 16),
            (server.tls_url, mixed, 16),
            (server.url, slow, 2),
        )
    ]
    until = time.monotonic() + seconds
    comers = threading.Thread(target=vanish, args=(server, bench.tokens, until), daemon=True)
    comers.start()

    began, pids = time.monotonic(), server.pids()
    private, shares = {pid: [] for pid in pids}, {pid: [] for pid in pids}
    while time.monotonic() < until:
        now = time.monotonic() - began
        for pid in pids:
            private[pid].append((now, memory(pid, "Private_Dirty")))
            shares[pid].append((now, memory(pid)))
        time.sleep(EVERY)
    answers = [wrk_result(load.communicate(timeout=120)[0]) for load in loads]
    comers.join(60)

    good = server.pids() == pids
    if not good:
        print("a process was replaced", file=sys.stderr)
    for what, found in zip(("plain", "TLS", "logins"), answers, strict=True):
        print(f"{what:8} {found['requests']:10,} requests, {found['failed']} failed, p99 {found['p99']:.1f} ms")
        good = good and found["failed"] == 0
    for pid in pids:
        late = [point for point in private[pid] if point[0] > seconds * WARM]
        by, error = slope(late)
        flat = by - 2 * error < SLOPE
        good = good and flat
        print(
            f"process {pid}: {shares[pid][0][1] / 2**20:6.2f} -> {shares[pid][-1][1] / 2**20:6.2f} MiB (PSS); its own "
            f"{late[0][1] / 2**20:6.2f} -> {late[-1][1] / 2**20:6.2f}, {by:+.1f} ± {error:.1f} KiB a minute"
            f"{'' if flat else ': GROWS'}"
        )
    return good
