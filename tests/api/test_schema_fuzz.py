"""schemathesis against the running server: no 5xx, and no answer outside openapi.json.

What it checks, and the exclusions with their reasons, stand in schemathesis.toml.
"""

import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from harness import openapi
from harness.people import make_token, register, relative
from harness.sfu import Sfu

PROGRAM = Path(sysconfig.get_path("scripts")) / "schemathesis"
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_schema_fuzz(start_server, tmp_path, request):
    sfu = Sfu().start()
    request.addfinalizer(sfu.stop)
    server = start_server(LIVEKIT_API_URL=sfu.url)
    person = register(server.http)
    # Not by a session: the calls that end one are among those tried.
    person.token = make_token({"sub": person.username, "exp": relative(900)})
    command = [PROGRAM, "--config-file", CONFIGURATION, "run", "--no-color", "--continue-on-failure"]
    header = f"Authorization: Bearer {person.token}"
    done = subprocess.run(
        [*command, "--header", header, f"{server.url}/openapi.json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # It reads the document from the server; that it has found all calls is not for granted.
    tested = int(re.search(r"Tested: (\d+)", done.stdout)[1])
    assert tested == len([path for _, path, _ in openapi.operations() if path != "/openapi.json"]), done.stdout
    assert int(re.search(r"(\d+) generated", done.stdout)[1]) > 500, done.stdout
    assert server.http.get("/health").status_code == 200
    statuses = {int(status) for status in re.findall(r'"status":(\d+)', server.log_text())}
    assert {200, 400, 401, 404, 405, 422} <= statuses
    assert max(statuses) < 500, statuses
