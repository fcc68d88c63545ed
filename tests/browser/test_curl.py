"""The curl commands of frontend-guide.md, as bash runs them."""

import json
import os
import shutil
import subprocess

import pytest
from frontend.guide import curl_commands
from frontend.site import API
from harness.answers import check_room, check_user
from harness.secret import secret

secret("test123456")


@pytest.fixture
def run(tmp_path):
    """run(server, command): the status and the body of the answer it gets.

    The command stays as it is: curl's own settings say where localhost:8000 is,
    and that it shall print the status too.
    """
    if not shutil.which("curl"):
        pytest.skip("no curl: apt-get install curl")

    def call(server, command):
        settings = 'silent\nshow-error\nnoproxy = "*"\nwrite-out = "\\n%{http_code}"\nmax-time = 20\n'
        settings += f'connect-to = "{API}:127.0.0.1:{server.port}"\n'
        (tmp_path / ".curlrc").write_text(settings)
        done = subprocess.run(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "CURL_HOME": str(tmp_path)},
        )
        assert (done.returncode, done.stderr) == (0, ""), done
        body, _, status = done.stdout.rpartition("\n")
        return int(status), json.loads(body)

    return call


def test_all_four_succeed_on_an_empty_database(guide, start_server, run):
    server = start_server(seeded=False)
    register, login, create, join = curl_commands(guide)

    status, user = run(server, register)
    assert (status, check_user(user)["username"]) == (200, "test")

    status, tokens = run(server, login)
    assert (status, tokens["token_type"]) == (200, "bearer")
    token = secret(tokens["access_token"])

    assert "TOKEN" in create
    status, room = run(server, create.replace("TOKEN", token))
    assert (status, check_room(room)["creator_id"]) == (200, user["id"])

    # Where it says ROOM_ID it means the 1 of its path: the first room's id.
    assert "/rooms/1/join" in join
    join = join.replace("/rooms/1/", f"/rooms/{room['id']}/")
    status, joined = run(server, join.replace("ROOM_ID", str(room["id"])).replace("TOKEN", token))
    assert (status, joined["room_url"]) == (200, f"ws://127.0.0.1:7880?token={joined['token']}")
    secret(joined["token"])


def test_first_one_on_the_seeded_database(guide, start_server, run):
    """The guide's test user has the address that its command registers."""
    register, *_ = curl_commands(guide)
    assert run(start_server(seeded=True), register) == (400, {"detail": "Email already registered"})
