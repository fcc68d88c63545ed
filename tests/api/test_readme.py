"""README.md is true: its table of settings, its layout, its worked example of an endpoint, followed to the letter."""

import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from harness.people import newcomer

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
STEP = re.compile(r"^```\w+ (file|add)=(\S+)(?: before=\"((?:[^\"\\]|\\.)*)\")?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def section(title):
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def test_layout_names_what_is_there():
    named = re.findall(r"^    (\S+)", section("Layout"), re.M)
    assert len(named) > 10
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_path_of_the_route_table_is_named():
    paths = set(re.findall(r"METHOD_\w+, \"([^\"]+)\"", (ROOT / "src/routes.c").read_text()))
    assert len(paths) > 10
    assert [path for path in paths if not re.search(rf" {re.escape(path)}[ ,|`]", section("Endpoints"))] == []


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_adding_an_endpoint_works_as_written(tmp_path, start_server):
    copy = tmp_path / "copy"
    # What is built already comes along, so that Kore is not built again.
    ignored = shutil.ignore_patterns(".git", "var", "instrumented", "node_modules")
    shutil.copytree(ROOT, copy, symlinks=True, ignore=ignored)
    steps = STEP.findall(README)
    assert len(steps) == 3
    for kind, name, before, text in steps:
        path = copy / name
        if kind == "file":
            assert not path.exists()
            path.write_text(text)
            continue
        before = before.replace('\\"', '"')
        old = path.read_text()
        assert old.count(before) == 1, f"{name}: {before!r}"
        path.write_text(old.replace(before, text + before))
    subprocess.run(["./dev", "build"], cwd=copy, check=True, timeout=300)

    server = start_server(program=copy / "build/parley/parley")
    person = newcomer(server.http)
    call = "/users/{}/rooms/count"
    # Not the harness's client: that one refuses what openapi.json does not have yet.
    with httpx.Client(base_url=server.url) as http:
        answer = http.get(call.format(person.user["id"]), headers=person.headers)
        assert (answer.status_code, answer.json()) == (200, {"rooms": 0})
        answer = http.get(call.format(999999), headers=person.headers)
        assert (answer.status_code, answer.json()) == (404, {"detail": "User not found"})
        assert http.get(call.format(1)).status_code == 401
