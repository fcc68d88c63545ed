"""./dev bench soak: minutes of mixed traffic, after which no process may have grown.

A crowd comes first, so that pools and heaps hold what they ever will: the worst moment of the minutes is no worse. What
is free in them then would hide a leak from whoever looks at pages alone; what is allocated and not freed would not.
A heap may still take a step when a request comes at a worse moment than any before; who leaks goes on, so growing is
what both halves of the time show.
"""

import contextlib
import random
import socket
import ssl
import subprocess
import sys
import threading
import time
from statistics import fmean

from harness.metrics import scrape

from bench.contenders import PASSWORD, USERS, request
from bench.machine import memory, wrk_command, wrk_result

ROUND = 15  # seconds of traffic between two looks
REST = 5  # and of none: the last hash ends and its memory goes back, the last client is forgotten
CROWD = 8  # times as many clients as later
WARM = 0.3  # of the rounds: until then caches fill
SLOPE = {"pages": 2, "allocated": 0.5}  # KiB a minute that it may seem to grow by: a page in two minutes

# The C library keeps up to 230 KB of what was freed at hand and counts it as allocated; it takes hours to fill.
EXACT = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}


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


def grows(points, least):
    """Whether both halves of the time have a slope that is surely above the least."""
    half = (len(points) + 1) // 2
    return all(by - 2 * error >= least for by, error in (slope(points[:half]), slope(points[-half:])))


def traffic(server, tokens, loads):
    """A round of all of it; what each load has to say."""
    comers = threading.Thread(target=vanish, args=(server, tokens, time.monotonic() + ROUND), daemon=True)
    running = [
        subprocess.Popen(wrk_command(url, requests, clients, ROUND), stdout=subprocess.PIPE, text=True)
        for url, requests, clients in loads
    ]
    comers.start()
    answers = [wrk_result(load.communicate(timeout=120)[0]) for load in running]
    comers.join(60)
    return answers


def held(server):
    """Octets: {whose: how many}."""
    with server.client() as http:
        heaps = scrape(http).all("worker_heap_bytes")
    return {
        **{f"process {pid}, pages": memory(pid, "Private_Dirty") for pid in server.pids()},
        **{f"worker {dict(labels)['worker']}, allocated": octets for labels, octets in heaps.items()},
    }


def soak(bench, minutes):
    """Returns whether nothing grew and nothing failed."""
    server = bench.arena.parley(**EXACT)
    mixed = bench.arena.requests("mixed", lines(bench, random.Random(2)))
    slow = bench.arena.requests("soak-logins", logins())
    loads = {"plain": (server.url, mixed, 16), "TLS": (server.tls_url, mixed, 16), "logins": (server.url, slow, 2)}
    pids, points, good = server.pids(), {}, True
    found = {name: [] for name in loads}

    traffic(server, bench.tokens, [(url, requests, clients * CROWD) for url, requests, clients in loads.values()])
    began = time.monotonic()
    while (now := time.monotonic() - began) < minutes * 60:
        for name, answers in zip(loads, traffic(server, bench.tokens, loads.values()), strict=True):
            found[name].append(answers)
        time.sleep(REST)
        for who, octets in held(server).items():
            points.setdefault(who, []).append((now, octets))

    if server.pids() != pids:
        print("a process was replaced", file=sys.stderr)
        good = False
    for name, rounds in found.items():
        failed = sum(each["failed"] for each in rounds)
        good = good and failed == 0
        print(
            f"{name:8} {sum(each['requests'] for each in rounds):10,} requests, {failed} failed, "
            f"p99 {max(each['p99'] for each in rounds):.1f} ms in the worst of {len(rounds)} rounds"
        )
    for who, all_of_them in points.items():
        late = all_of_them[round(len(all_of_them) * WARM) :]
        by, error = slope(late)
        flat = not grows(late, SLOPE[who.split()[-1]])
        good = good and flat
        print(
            f"{who:24} {late[0][1] / 2**20:6.2f} -> {late[-1][1] / 2**20:6.2f} MiB, "
            f"{by:+.2f} ± {error:.2f} KiB a minute{'' if flat else ': GROWS'}"
        )
    return good
