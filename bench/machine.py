"""What processes cost, and the tools that load them."""

import contextlib
import json
import os
import re
import statistics
import subprocess
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


def status_sum(pids, name):
    """The sum of one line of /proc/PID/status in octets; shared pages count once a process."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith(f"{name}:"):
                    total += int(line.split()[1]) * 1024
    return total


class Meter:
    """with Meter(server, cluster) as meter: ... ; then what the two used meanwhile."""

    def __init__(self, pids, cluster):
        self.pids = pids
        self.cluster = cluster

    def now(self):
        return cpu(self.pids()), cpu(self.cluster.processes())

    def __enter__(self):
        for pid in self.pids():
            # The peak starts anew.
            with contextlib.suppress(OSError):
                Path(f"/proc/{pid}/clear_refs").write_text("5")
        self.began = self.now()
        return self

    def __exit__(self, *_):
        server, postgres = self.now()
        self.server = server - self.began[0]
        self.postgres = postgres - self.began[1]
        self.peak = status_sum(self.pids(), "VmHWM")


def wrk_command(url, requests, connections, seconds):
    return [
        "wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "20s",
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


def pgbench(cluster, database, script, connections, seconds, folder):
    """One run of pgbench -M prepared, with the session's settings that parley has."""
    for old in folder.glob("pgbench_log*"):
        old.unlink()
    command = [
        cluster.bin / "pgbench", "-n", "-M", "prepared", "-c", str(connections), "-j", str(min(2, connections)),
        "-T", str(seconds), "-f", script, "--log", "--sampling-rate=0.1", cluster.url(database),
    ]  # fmt: skip
    environment = {**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off -c timezone=UTC"}
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
