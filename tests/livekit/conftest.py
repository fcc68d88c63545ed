"""Fixtures of what LiveKit and its SDKs judge: the server as in tests/api."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.poll import free_port
from harness.server import ROOT, Server


@pytest.fixture(scope="session")
def database(cluster, template):
    return cluster.create(template.name)


@pytest.fixture
def start_server(database, tmp_path_factory):
    """start_server(NAME=value, ...): a server with settings of its own; its log is clean when it ends."""
    with contextlib.ExitStack() as stack:
        servers = []

        def start(**settings):
            server = Server(tmp_path_factory.mktemp("server"), database.url(), **settings)
            server.database = database
            servers.append(server)
            stack.callback(server.stop)
            return server.start()

        yield start
    faults = [fault for server in servers for fault in server.log_faults()]
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture(scope="session")
def node_sdk():
    """A folder with LiveKit's official JavaScript SDK in it, as tests/livekit/sdk pins it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not on PATH")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < 20:
        pytest.skip(f"node is {version}, the SDK needs 20")
    pinned, folder = Path(__file__).parent / "sdk", ROOT / "var/livekit-sdk"
    lock = folder / "package-lock.json"
    if not (folder / "node_modules/livekit-server-sdk").exists() or (
        lock.read_bytes() != (pinned / "package-lock.json").read_bytes()
    ):
        shutil.copytree(pinned, folder, dirs_exist_ok=True)
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            shutil.rmtree(folder)
            pytest.skip(f"npm could not install livekit-server-sdk: {done.stderr.strip()[-300:]}")
    return folder


@pytest.fixture(scope="session")
def server(cluster, template, tmp_path_factory):
    """A server that hears of LiveKit by webhooks alone: where it would ask, nobody listens."""
    database = cluster.create(template.name)
    made = Server(tmp_path_factory.mktemp("server"), database.url(), LIVEKIT_API_URL=f"http://127.0.0.1:{free_port()}")
    made.database = database
    try:
        yield made.start()
    finally:
        made.stop()
    faults = made.log_faults()
    assert not faults, "in the log:\n" + "\n".join(faults[:20])
