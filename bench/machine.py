"""What processes cost, and the tools that load them."""

import contextlib
import json
import os
import re
import statistics
import subprocess
import threading
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
HERE = Path(__file__).parent


def cpu(pids):
    """Seconds of CPU that these processes have used, threads and reaped children included."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


def memory(pid, name="Pss"):
    """Octets of a process; a page that n share counts n-th. Where only root may look: the resident ones."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except PermissionError:
            text, name = Path(f"/proc/{pid}/status").read_text(), "VmRSS"
        found = re.search(rf"^{name}:\s+(\d+) kB", text, re.M)
        return int(found[1]) * 1024 if found else 0
    return 0


def kernel_memory():
    """Octets that the kernel has for itself and cannot give back: sockets of all processes are in it."""
    return int(re.search(r"^SUnreclaim:\s+(\d+)", Path("/proc/meminfo").read_text(), re.M)[1]) * 1024


@contextlib.contextmanager
def on_cores(pids, cores):
    """These processes, their threads and the children that they will have run on these cores alone meanwhile."""
    before = {}
    for pid in pids:
        with contextlib.suppress(OSError):
            for thread in map(int, os.listdir(f"/proc/{pid}/task")):
                before[thread] = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, cores)
    try:
        yield
    finally:
        for thread, all_of_them in before.items():
            with contextlib.suppress(OSError):
                os.sched_setaffinity(thread, all_of_them)


class Meter:
    """with Meter(server, cluster) as meter: ... ; then what the two used meanwhile, and the server's most memory."""

    EVERY = 0.25

    def __init__(self, pids, cluster):
        self.pids = pids
        self.cluster = cluster
        self.peak = 0
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self.watch, daemon=True)

    def now(self):
        return cpu(self.pids()), cpu(self.cluster.processes())

    def watch(self):
        while True:
            self.peak = max(self.peak, sum(map(memory, self.pids())))
            if self.over.wait(self.EVERY):
                return

    def __enter__(self):
        self.began = self.now()
        self.watcher.start()
        return self

    def __exit__(self, *_):
        server, postgres = self.now()
        self.server = server - self.began[0]
        self.postgres = postgres - self.began[1]
        self.over.set()
        self.watcher.join()
        self.peak = max(self.peak, sum(map(memory, self.pids())))


def wrk_command(url, requests, connections, seconds):
    return [
        "wrk", "-t", str(min(2, connections)), "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s",
        "-s", str(HERE / "load.lua"), url, "--", str(requests),
    ]  # fmt: skip


def wrk_result(output):
    found = json.loads(output.splitlines()[-1])
    found["rate"] = found["requests"] / found["seconds"]
    return found


def wrk(url, requests, connections, seconds):
    """One run of wrk; requests is a file that load.lua reads."""
    done = subprocess.run(
        wrk_command(url, requests, connections, seconds), capture_output=True, text=True, timeout=seconds + 60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return wrk_result(done.stdout)


HANDSHAKES = HERE.parent / "var/bench/handshakes"


def handshakes(port, kind, version, seconds, clients):
    """One run of handshakes.c, with what its clients cost."""
    before = os.times()
    done = subprocess.run(
        [HANDSHAKES, str(port), kind, version, str(seconds), str(clients)],
        capture_output=True, text=True, timeout=seconds + 60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found = wrk_result(done.stdout)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    found["client cpu"] = used / max(1, found["requests"]) * 1e6
    return found


def signatures(key):
    """How many a core makes in a second of its time, by openssl speed."""
    done = subprocess.run(["openssl", "speed", "-seconds", "1", "-mr", key], capture_output=True, text=True, check=True)
    number = float(re.search(r"^\+F[24]:\d+:\d+:([\d.]+):", done.stdout, re.M)[1])
    # Older ones print the seconds of one.
    return number if number > 1 else 1 / number


def pgbench(cluster, database, script, connections, seconds, folder):
    """One run of pgbench -M prepared, with the session's settings that parley has."""
    for old in folder.glob("pgbench_log*"):
        old.unlink()
    command = [
        cluster.bin / "pgbench", "-n", "-M", "prepared", "-c", str(connections), "-j", str(min(2, connections)),
        "-T", str(seconds), "-f", script, "--log", "--sampling-rate=0.1", cluster.url(database),
    ]  # fmt: skip
    settings = ("plan_cache_mode=force_generic_plan", "jit=off", "timezone=UTC", "max_parallel_workers_per_gather=0")
    environment = {**os.environ, "PGOPTIONS": " ".join(f"-c {setting}" for setting in settings)}
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=seconds + 60)
    assert done.returncode == 0, done.stdout + done.stderr
    said = lambda pattern: re.search(pattern, done.stdout)[1]  # noqa: E731
    waits = sorted(
        int(line.split()[2]) / 1e3 for log in folder.glob("pgbench_log*") for line in log.read_text().splitlines()
    )
    return {
        "requests": int(said(r"actually processed: (\d+)")),
        "seconds": time.monotonic() - began,
        "failed": int(said(r"failed transactions: (\d+)")),
        "bytes": 0,
        "rate": float(said(r"tps = ([\d.]+)")),
        "p50": statistics.median(waits),
        "p99": waits[int(len(waits) * 0.99)],
    }
