"""./dev bench --check: instructions of the server a request, counted by callgrind; noise cannot fake these.

One worker, one connection, one request after the other: the costs of the path, not what batches save.
"""

import json
import os
import re
import signal

from harness.poll import poll
from harness.server import descendants

from bench.contenders import HERE, Parley, request

BASELINE = HERE / "baseline.json"
WARM, COUNTED = 300, 1000
WORSE = 1.05
LANES = 4  # of one worker

PROFILED = HERE.parent / "build/profiled/parley/parley"


def calls(bench):
    """{name: requests of many people}"""
    few = bench.tokens[:50]
    return {
        "health": [request("GET", "/health")],
        "me": [request("GET", "/auth/me", each) for each in few],
        "me, TLS": [request("GET", "/auth/me", each) for each in few],
        "me, a new token each": [request("GET", "/auth/me", each) for each in bench.tokens],
        "room": [request("GET", f"/rooms/{i}", each) for i, each in enumerate(few, 1)],
        "rooms": [request("GET", "/rooms/", each) for each in few],
        "join": [request("POST", f"/rooms/{i}/join", each) for i, each in enumerate(few, 1)],
        "refused": [request("GET", "/auth/me", "a.b.c")],
    }


def dump(server, pid):
    """The profile since the last one."""
    number = len(list(server.directory.glob("callgrind.out.*.*"))) + 1
    os.kill(pid, signal.SIGRTMIN)
    path = poll(lambda: next(server.directory.glob(f"callgrind.out.*.{number}"), None), 20, "a profile")
    return path, poll(lambda: re.search(r"^totals: (\d+)", path.read_text(), re.M), 20, "a whole profile")


def ask(client, lines, count):
    for i in range(count):
        client.send(lines[i % len(lines)])
        client.response()


def counted(server, pid, name, lines, count):
    """Instructions a request."""
    with server.connect(tls=name.endswith("TLS"), timeout=60) as client:
        ask(client, lines, WARM)
        dump(server, pid)
        ask(client, lines, count)
        path, total = dump(server, pid)
    return int(total[1]) / count, path


def measure(bench, names=()):
    """{name: instructions}, and where the profiles are."""
    folder = bench.arena.folder / "profiled"
    folder.mkdir()
    server = Profiled(folder, bench.arena.database.url(), WORKERS=1, RECONCILE_SECONDS=86400)
    bench.arena.servers.append(server)
    server.start(wait=False)
    server.wait_ready(60)
    # Its children in the order in which they began: the worker, and the key manager.
    pid, _ = descendants(server.process.pid)
    # Its threads connect to the database meanwhile.
    wait = "select count(*) from pg_stat_activity where usename = %s and state = 'idle'"
    poll(lambda: bench.arena.database.query(wait, [bench.arena.cluster.role])[0][0] >= LANES, 20, "lanes are open")
    found, dumps = {}, {}
    for name, lines in calls(bench).items():
        if not names or name in names:
            count = 100 if name == "rooms" else COUNTED
            found[name], dumps[name] = counted(server, pid, name, lines, count)
    return found, dumps


class Profiled(Parley):
    """The profiled flavor under callgrind; its worker is a process of valgrind's, too."""

    def __init__(self, folder, database_url, **settings):
        self.wrapper = folder / "parley"
        self.wrapper.write_text(
            "#!/bin/sh\nexec valgrind -q --tool=callgrind --dump-instr=no "
            f'--callgrind-out-file={folder}/callgrind.out.%p {PROFILED} "$@"\n'
        )
        self.wrapper.chmod(0o755)
        folder.chmod(0o777)
        super().__init__(folder, database_url, program=self.wrapper, **settings)
        self.environment["TMPDIR"] = "/tmp"


def check(bench, update):
    found, _ = measure(bench)
    recorded = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    worse = []
    for name, now in found.items():
        before = recorded.get(name)
        change = "" if before is None else f"{(now / before - 1) * 100:+6.1f} %"
        print(f"{name:24} {now:12,.0f} instructions a request  {change}")
        if before is not None and now > before * WORSE:
            worse.append(name)
    if update:
        BASELINE.write_text(json.dumps({name: round(now) for name, now in found.items()}, indent=1) + "\n")
        return 0
    if worse:
        print(f"more than {(WORSE - 1) * 100:.0f} % worse: {', '.join(worse)} (on purpose: ./dev bench --update)")
    return 1 if worse or not recorded else 0
