"""What is measured. A case is a function of the Bench that returns {contender: [a result of each round]}."""

import json
import os
import random
import re
import socket
import ssl
import subprocess
import time

from harness.certificate import self_signed
from harness.poll import poll
from harness.raw import Raw

from bench.contenders import HERE, PASSWORD, ROOMS, STATEMENTS, USERS, request, token
from bench.machine import (
    Meter,
    cpu,
    handshakes,
    kernel_memory,
    memory,
    on_cores,
    pgbench,
    signatures,
    wrk,
    wrk_command,
    wrk_result,
)
from bench.soak import soak

CONNECTIONS = 64
HANDSHAKERS = 16
IDLE, IDLE_TLS = 10_000, 2_000
SIZES_CONNECTIONS = (1, 10, 100, 1000)
SIZES_ROOMS = (100, 10_000, 1_000_000)
SIZES_SEATS = (1, 50, 500)

# What issue 7 asks for: (case, whose rate, over whose, at least).
TARGETS = [
    ("health", "parley", "go", 2.0),
    ("me", "parley", "go", 3.0),
    ("me", "parley", "pgbench", 1.2),
    ("room", "parley", "go", 3.0),
    ("rooms", "parley", "go", 1.4),
    ("rooms", "parley", "plain join", 1.0),
    ("join", "parley", "go", 2.0),
    ("tls", "parley TLS", "parley", 0.8),
    ("tls", "parley TLS, apart", "parley, apart", 0.8),
    ("hashing", "me beside logins", "me", 0.6),
]


class Bench:
    """The arena, how long a round is and how many there are; makes contenders when they are first asked for."""

    def __init__(self, arena, rounds, seconds):
        self.arena = arena
        self.rounds = rounds
        self.seconds = seconds
        self.made = {}
        self.random = random.Random(7)
        self.tokens = [token(number) for number in range(1, USERS + 1)]

    def once(self, name, make):
        if name not in self.made:
            self.made[name] = make()
        return self.made[name]

    @property
    def parley(self):
        return self.once("parley", self.arena.parley)

    @property
    def go(self):
        return self.once("go", self.arena.go)

    def rest(self):
        """Waits until nobody works at what a case before left: PostgreSQL vacuums, passwords are hashed."""
        everybody = lambda: [pid for server in self.arena.servers for pid in server.pids()]  # noqa: E731
        poll(lambda: at_rest(everybody()) and at_rest(self.arena.cluster.processes()), 120, "nobody works any more")

    def rooms(self):
        return self.random.randint(1, ROOMS)

    def load(self, server, requests, connections=CONNECTIONS, tls=False, seconds=None):
        """A contender: a function that runs one round."""

        def run():
            with Meter(server.pids, self.arena.cluster) as meter:
                found = wrk(server.tls_url if tls else server.url, requests, connections, seconds or self.seconds)
            return self.judged(found, meter)

        return run

    def apart(self, server, contender):
        """The same with the server and PostgreSQL on one half of the cores, the load generator on the other."""
        cores = sorted(os.sched_getaffinity(0))
        half = len(cores) // 2 or 1

        def run():
            with (
                on_cores([*server.pids(), *self.arena.cluster.processes()], cores[:half]),
                on_cores([os.getpid()], cores[-half:]),
            ):
                return contender()

        return run

    def statements(self, script, connections=CONNECTIONS):
        def run():
            with Meter(list, self.arena.cluster) as meter:
                found = pgbench(
                    self.arena.cluster,
                    self.arena.database.name,
                    script,
                    connections,
                    self.seconds + 1,
                    self.arena.folder,
                )
            return self.judged(found, meter)

        return run

    def judged(self, found, meter):
        assert found["failed"] == 0, f"{found['failed']} requests failed: the run is void"
        assert found["requests"] > 0, "nothing was answered: the run is void"
        found["cpu"] = (meter.server + meter.postgres) / found["requests"] * 1e6
        found["server cpu"] = meter.server / found["requests"] * 1e6
        found["peak"] = meter.peak
        return found

    def interleaved(self, contenders, before=None):
        """Round after round, everybody in each, in another order each time."""
        results = {name: [] for name in contenders}
        names = list(contenders)
        for number in range(self.rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                if before:
                    before()
                results[name].append(contenders[name]())
        return results

    def everybody(self, name, lines, more=None, **how):
        requests = self.arena.requests(name, lines)
        servers = {"parley": self.parley, "go": self.go}
        # A login gives more here than there, and costs; what is read is to be the same.
        if lines[0].startswith(b"GET"):
            answers = [shape(server, lines[0]) for server in servers.values()]
            assert answers[0] == answers[1], f"they do not answer alike: {answers}"
        return self.interleaved(
            {**{each: self.load(server, requests, **how) for each, server in servers.items()}, **(more or {})}
        )


def shape(server, request):
    """What is answered, with types in the place of values."""

    def types(value):
        if isinstance(value, dict):
            return {key: types(each) for key, each in value.items()}
        return [types(each) for each in value[:1]] if isinstance(value, list) else type(value).__name__

    with Raw("127.0.0.1", server.port) as client:
        client.send(request)
        answer = client.response()
    return answer.status, types(json.loads(answer.body))


def script(bench, name, **values):
    """A statement file for pgbench: $1 becomes :user, whose value is random."""
    text = (STATEMENTS / f"{name}.sql").read_text()
    names = list(values)
    text = re.sub(r"\$(\d)", lambda match: f":{names[int(match[1]) - 1]}", re.sub(r"(?m)^--.*\n", "", text))
    sets = "".join(f"\\set {each} {value}\n" for each, value in values.items())
    return bench.arena.script(name, f"{sets}{text};\n")


ANYBODY = f"random(1, {USERS})"


def health(bench):
    """GET /health, which asks nobody"""
    return bench.everybody("health", [request("GET", "/health")])


def me(bench):
    """GET /auth/me"""
    lines = [request("GET", "/auth/me", each) for each in bench.tokens]
    return bench.everybody("me", lines, {"pgbench": bench.statements(script(bench, "user_me", user=ANYBODY))})


def room(bench):
    """GET /rooms/{id}"""
    lines = [request("GET", f"/rooms/{bench.rooms()}", each) for each in bench.tokens]
    statement = script(bench, "room_get", user=ANYBODY, room=f"random(1, {ROOMS})")
    return bench.everybody("room", lines, {"pgbench": bench.statements(statement)})


def rooms(bench):
    """GET /rooms/, a page of 100"""
    lines = [request("GET", "/rooms/", each) for each in bench.tokens]
    plain = bench.arena.script("plain_rooms", (HERE / "plain_rooms.sql").read_text() + ";")
    statement = script(bench, "room_list", skip=0, limit=100, newest="false", after=0)
    return bench.everybody(
        "rooms", lines, {"pgbench": bench.statements(statement), "plain join": bench.statements(plain)}
    )


def join(bench):
    """POST /rooms/{id}/join, mostly a new seat"""
    lines = [request("POST", f"/rooms/{bench.rooms()}/join", bench.random.choice(bench.tokens)) for _ in range(100_000)]
    requests = bench.arena.requests("join", lines)
    statement = script(bench, "room_join", user=ANYBODY, room=f"random(1, {ROOMS})")
    ((last,),) = bench.arena.database.query("select max(id) from room_participants")

    def emptied():
        bench.arena.database.query(f"delete from room_participants where id > {last}")
        bench.arena.database.query("vacuum room_participants")

    contenders = {
        "parley": bench.load(bench.parley, requests),
        "go": bench.load(bench.go, requests),
        "pgbench": bench.statements(statement),
    }
    try:
        return bench.interleaved(contenders, emptied)
    finally:
        emptied()
        # Or autovacuum does it, in the middle of a later case.
        bench.arena.database.query("vacuum analyze room_participants")


def login_lines():
    return [
        request(
            "POST", "/auth/login", body=f"username={number}&password={PASSWORD.replace(' ', '+')}",
            kind="application/x-www-form-urlencoded",
        )
        for number in range(1, USERS + 1)
    ]  # fmt: skip


def login(bench):
    """POST /auth/login: one scrypt each"""
    return bench.everybody("login", login_lines(), connections=8, seconds=bench.seconds + 3)


def tls(bench):
    """GET /auth/me over TLS, connections kept; apart: with cores for the load generator, whose TLS costs as much"""
    requests = bench.arena.requests("tls", [request("GET", "/auth/me", each) for each in bench.tokens])
    # So long that the handshakes, which each round begins with, are a small part of it.
    seconds = 3 * bench.seconds
    contenders = {
        "parley TLS": bench.load(bench.parley, requests, tls=True, seconds=seconds),
        "parley": bench.load(bench.parley, requests, seconds=seconds),
    }
    apart = {f"{name}, apart": bench.apart(bench.parley, each) for name, each in contenders.items()}
    return bench.interleaved({**contenders, **apart})


def tls_handshake(bench):
    """New connections over TLS, none with a request: full handshakes and resumed ones, with an RSA and an ECDSA key"""
    contenders = {}
    for kind, key in (("rsa", "rsa2048"), ("ecdsa", "ecdsap256")):
        parley, go = bench.once(kind, lambda kind=kind: certified(bench, kind))
        mark = "" if kind == "rsa" else ", ECDSA"
        contenders[f"full{mark}"] = shaken(bench, parley, "full", "1.3", key)
        contenders[f"full, go{mark}"] = shaken(bench, go, "full", "1.3", key)
        contenders[f"resumed{mark}"] = shaken(bench, parley, "resumed", "1.3", key)
        if kind == "rsa":
            contenders["resumed, go"] = shaken(bench, go, "resumed", "1.3", key)
            contenders["full, TLS 1.2"] = shaken(bench, parley, "full", "1.2", key)
            contenders["resumed, TLS 1.2"] = shaken(bench, parley, "resumed", "1.2", key)
    return bench.interleaved(contenders)


def certified(bench, kind):
    """Both servers with one certificate."""
    folder = bench.arena.folder / kind
    folder.mkdir(exist_ok=True)
    certificate, key = self_signed(folder, kind=kind)
    files = {"TLS_CERT_FILE": certificate, "TLS_KEY_FILE": key}
    return bench.arena.parley(**files), bench.arena.go(**files)


def shaken(bench, server, kind, version, key):
    def run():
        signs = signatures(key)
        with Meter(server.pids, bench.arena.cluster) as meter:
            found = handshakes(server.tls_port, kind, version, bench.seconds, HANDSHAKERS)
        found = bench.judged(found, meter)
        found["of one core"] = found["rate"] / signs
        # What two cores would have done with nothing else to do, the clients' share included.
        found["of one core, quiet"] = 2e6 / (found["server cpu"] + found["client cpu"]) / signs
        # The same without clients, and one core.
        found["signature"] = 1e6 / signs / found["server cpu"]
        return found

    return run


def hashing(bench):
    """GET /auth/me while 64 clients log in without end"""
    quiet = bench.arena.requests("me", [request("GET", "/auth/me", each) for each in bench.tokens])
    logins = bench.arena.requests("logins", login_lines())
    measured = bench.load(bench.parley, quiet)
    during = []

    def beside():
        crowd = subprocess.Popen(
            wrk_command(bench.parley.url, logins, CONNECTIONS, bench.seconds + 1), stdout=subprocess.PIPE, text=True
        )
        time.sleep(0.5)
        found = measured()
        during.append(wrk_result(crowd.communicate(timeout=60)[0]))
        found["logins"] = during[-1]["rate"]
        # What is still being hashed, and vacuumed behind logins, must not be paid by who comes next.
        bench.rest()
        return found

    return bench.interleaved({"me": measured, "me beside logins": beside})


def at_rest(pids):
    began = cpu(pids)
    time.sleep(0.3)
    return cpu(pids) - began < 0.03


def idle(bench):
    """10,000 connections that wait, 2,000 over TLS, and the time from the start to the first answer"""
    found = {}
    plain = bench.arena.parley(TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    found["octets"], found["kernel"], found["idle cpu"] = waiting(plain, plain.port, IDLE, None)
    over = bench.arena.parley()
    trust = ssl.create_default_context(cafile=over.certificate)
    found["octets, TLS"], _, _ = waiting(over, over.tls_port, IDLE_TLS, trust)
    found["memory"] = sum(map(memory, bench.parley.pids()))
    return {"idle": [{**found, "start": start(bench)}]}


def waiting(server, port, count, trust):
    """Octets of the server, of the kernel for both ends of each connection, and its CPU while all of them wait."""
    clients = []

    def another():
        client = socket.create_connection(("127.0.0.1", port), 10)
        if trust:
            client = trust.wrap_socket(client, server_hostname="localhost")
        clients.append(client)
        client.sendall(request("GET", "/health"))
        assert client.recv(4096).startswith(b"HTTP/1.1 200")

    try:
        # Enough that every worker has done all that is done once.
        for _ in range(50):
            another()
        before, kernel = sum(map(memory, server.pids())), kernel_memory()
        for _ in range(count):
            another()
        octets = (sum(map(memory, server.pids())) - before) / count
        kernel = (kernel_memory() - kernel) / count
        began = cpu(server.pids())
        time.sleep(2)
        return octets, kernel, (cpu(server.pids()) - began) / 2
    finally:
        for client in clients:
            client.close()


def start(bench):
    """Seconds from the start of the process to its first answer."""
    found = []
    for _ in range(3):
        server = bench.arena.parley()
        server.stop()
        began = time.monotonic()
        server.start(wait=False)
        while True:
            try:
                with socket.create_connection(("127.0.0.1", server.port), 10) as client:
                    client.sendall(request("GET", "/auth/me", bench.tokens[0]))
                    assert client.recv(4096).startswith(b"HTTP/1.1 200")
                    break
            except ConnectionRefusedError:
                time.sleep(0.001)
        found.append(time.monotonic() - began)
        server.stop()
        server.start()
    return sorted(found)[1]


def sizes(bench):
    """What grows with what: connections, rooms, seats"""
    me_requests = bench.arena.requests("me", [request("GET", "/auth/me", each) for each in bench.tokens])
    contenders = {}
    for count in SIZES_CONNECTIONS:
        contenders[f"me, {count} connections"] = bench.load(bench.parley, me_requests, count)
        contenders[f"me, {count} connections, go"] = bench.load(bench.go, me_requests, count)
    first = bench.arena.requests("rooms", [request("GET", "/rooms/", each) for each in bench.tokens])
    for count in SIZES_ROOMS:
        server = bench.once(f"rooms{count}", lambda count=count: sized(bench, count))
        contenders[f"first page of {count} rooms"] = bench.load(server, first)
    for back, count in zip((2, 1, 0), SIZES_SEATS, strict=True):
        path = f"/rooms/{ROOMS - back}"
        for name, suffix in (("room", ""), ("participants", "/participants")):
            lines = bench.arena.requests(f"{name}{count}", [request("GET", path + suffix, t) for t in bench.tokens])
            contenders[f"{name} of {count} seats"] = bench.load(bench.parley, lines)
    return bench.interleaved(contenders)


def sized(bench, count):
    if count == ROOMS:
        return bench.parley
    return bench.arena.parley(bench.arena.seeded(f"rooms{count}", count, 0))


CASES = {
    "health": health,
    "me": me,
    "room": room,
    "rooms": rooms,
    "join": join,
    "login": login,
    "tls": tls,
    "tls-handshake": tls_handshake,
    "hashing": hashing,
    "idle": idle,
    "sizes": sizes,
}

# Asked for by name alone.
LONG = {"soak": soak}
