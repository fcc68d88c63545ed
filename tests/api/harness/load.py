"""Many clients at once, as a process of its own so that they do not slow the test that watches.

Each keeps one connection and repeats one request on it, connects again when it is closed, and counts what it got.
"""

import asyncio
import collections
import contextlib
import json
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path


class Load:
    """with Load(server, request, clients=64) as load: ... ; then load.counts, {"200": 812, "503 text": 3, ...}."""

    def __init__(self, server, request, clients=64, tls=False, pause=0.0):
        self.arguments = {
            "port": server.tls_port if tls else server.port,
            "cafile": str(server.certificate) if tls else None,
            "request": request.decode("latin-1"),
            "clients": clients,
            "pause": pause,
        }
        self.process = None
        self.counts = {}
        self.worst = 0.0

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.load", json.dumps(self.arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        # It says so once every client has been answered, or has failed, once.
        assert self.process.stdout.readline() == "running\n"
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            output, _ = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        result = json.loads(output)
        self.counts, self.worst = result["counts"], result["worst"]

    def only(self, *allowed):
        """Fails when something else than these was counted; returns the count of the first."""
        others = {what: count for what, count in self.counts.items() if what.partition(" ")[0] not in allowed}
        assert not others, f"{others} beside {self.counts}"
        return sum(n for what, n in self.counts.items() if what.partition(" ")[0] == allowed[0])


async def exchange(reader, writer, data):
    """One request and its answer: what is counted, and whether the connection stays open."""
    writer.write(data)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
    body = await reader.readexactly(int(fields["content-length"]))
    status = lines[0].split(" ")[1]
    with contextlib.suppress(ValueError, KeyError, TypeError):
        status += f" {json.loads(body)['detail']}"
    return status, fields.get("connection") != "close"


async def client(options, context, counts, worst, first):
    data = options["request"].encode("latin-1")
    writer = None
    answered = False
    while True:
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", options["port"], ssl=context)
            began = time.monotonic()
            answered = False
            what, stays = await exchange(reader, writer, data)
            answered = True
            worst[0] = max(worst[0], time.monotonic() - began)
        except ConnectionRefusedError:
            what, stays = "refused", False
        except (OSError, asyncio.IncompleteReadError, ssl.SSLError):
            what, stays = "dropped", False
        finally:
            first.discard(asyncio.current_task())
        counts[what] += 1
        if not stays and writer is not None:
            writer.close()
            writer = None
        # The event loop's turn, and no busy loop while nobody listens.
        await asyncio.sleep(options["pause"] if answered else 0.02)


async def main(options):
    context = None
    if options["cafile"]:
        context = ssl.create_default_context(cafile=options["cafile"])
        context.check_hostname = False
    counts, worst, first = collections.Counter(), [0.0], set()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    for _ in range(options["clients"]):
        task = asyncio.ensure_future(client(options, context, counts, worst, first))
        first.add(task)
    clients = set(first)
    while first:
        await asyncio.sleep(0.01)
    print("running", flush=True)
    await stop.wait()
    for task in clients:
        task.cancel()
    await asyncio.gather(*clients, return_exceptions=True)
    print(json.dumps({"counts": counts, "worst": worst[0]}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
