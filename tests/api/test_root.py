"""Started as root: workers are somebody else, in a jail when asked for, and still reach all they need."""

import os
import pwd
import stat
from pathlib import Path

import pytest
from harness.people import newcomer
from harness.poll import poll
from harness.server import descendants

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")

HTTPS_LIVEKIT = {"LIVEKIT_URL": "https://livekit.example.com/sfu"}


def worker_pids(server):
    return [pid for pid in descendants(server.process.pid) if b"[wrk" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def uids_of(pids):
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return {tuple(map(int, line.split()[1:])) for line in lines if line.startswith("Uid:")}


def test_workers_run_as_nobody_with_a_host_name_and_a_key_only_root_can_read(start_server, database):
    server = start_server(database_url=database.url("localhost"), wait=False, **HTTPS_LIVEKIT)
    assert stat.S_IMODE(server.key.stat().st_mode) == 0o600
    assert server.key.stat().st_uid == 0
    server.wait_ready()
    nobody = pwd.getpwnam("nobody").pw_uid
    poll(lambda: uids_of(worker_pids(server)) == {(nobody,) * 4}, what="workers that are nobody")
    assert server.client(tls=True).get("/health").status_code == 200


def test_run_as_is_the_user_it_names(start_server):
    server = start_server(RUN_AS="daemon")
    daemon = pwd.getpwnam("daemon").pw_uid
    poll(lambda: uids_of(worker_pids(server)) == {(daemon,) * 4}, what="workers that are daemon")
    assert newcomer(server.http).token


def test_in_a_chroot_the_database_is_reached_by_name(start_server, database, tmp_path):
    jail = tmp_path / "jail"
    jail.mkdir()
    server = start_server(database_url=database.url("localhost"), CHROOT=str(jail), WORKERS="1", **HTTPS_LIVEKIT)
    assert {os.readlink(f"/proc/{pid}/root") for pid in worker_pids(server)} == {str(jail)}
    person = newcomer(server.http)
    assert server.http.get("/auth/me", headers=person.headers).json()["username"] == person.username
    assert server.client(tls=True).get("/ready").status_code == 200
    assert list(jail.iterdir()) == []
