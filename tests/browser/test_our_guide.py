"""docs/frontend.md: its commands run, its JavaScript works in Node and, with the cookie, in Chromium, its types fit."""

import json
import os
import re
import shutil
import subprocess

import pytest
from frontend.guide import fences
from frontend.site import API
from harness import nodejs
from harness.answers import check_room, check_user
from harness.people import new_name
from harness.secret import secret
from harness.server import ROOT

GUIDE = (ROOT / "docs/frontend.md").read_text()
FILES = {info.partition("file=")[2]: text for _, info, text in fences(GUIDE) if "file=" in info}
(CURL,) = [text for _, info, text in fences(GUIDE) if info == "bash run=curl"]

RUN = """
import { readFileSync } from "node:fs";
import { example } from "./example.js";
import { Parley } from "./parley.js";

const [base, name] = process.argv.slice(2);
let kept = null;
const saved = [];
const vault = { load: () => kept, save: async (token) => saved.push((kept = token)) };
const parley = new Parley(base, { vault });
const found = await example(parley, name);

// What begins anew has the vault alone, and all its calls wait for one renewal.
const again = new Parley(base, { vault });
const many = await Promise.all([again.resume(), again.call("GET", "/auth/me"), again.call("GET", "/auth/me")]);
await again.logout();
const after = await again.call("GET", "/auth/me").catch((error) => [error.name, error.status, error.message]);
console.log(JSON.stringify({ found, many, after, tokens: saved.length, kept }));
"""


@pytest.fixture
def files(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    return tmp_path


def test_curl(lone_server, tmp_path):
    if not shutil.which("curl"):
        pytest.skip("no curl: apt-get install curl")
    (tmp_path / ".curlrc").write_text(f'noproxy = "*"\nsilent\nconnect-to = "{API}:127.0.0.1:{lone_server.port}"\n')
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", CURL],
        capture_output=True,
        text=True,
        timeout=50,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "CURL_HOME": str(tmp_path)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    decoder, said, rest = json.JSONDecoder(), [], done.stdout
    while rest:
        value, end = decoder.raw_decode(rest)
        said.append(value)
        rest = rest[end:]
    user, rooms, joined, people, left = said
    secret(joined["token"])
    assert check_user(user)["username"] == "ann"
    assert rooms[-1]["name"] == "Monday"
    assert joined["room_url"].startswith("ws://127.0.0.1:7880?token=")
    assert [each["identity"] for each in people["participants"]] == ["ann"]
    assert left == {"message": "Successfully left the room"}


def check(said, name):
    """What the example found."""
    found = said["found"]
    secret(found["ticket"]["token"])
    assert check_user(found["me"])["username"] == name
    assert check_room(found["room"])["max_participants"] == 10
    assert found["room"]["id"] in [room["id"] for room in found["rooms"]]
    assert [each["identity"] for each in found["participants"]] == [name]
    assert [each["username"] for each in said["many"]] == [name] * 3
    assert said["after"] == ["ApiError", 401, "Could not validate credentials"]


def test_javascript_in_node(lone_server, files):
    name = new_name()
    (files / "run.js").write_text(RUN)
    done = nodejs.run("node", "run.js", lone_server.url, name, cwd=files)
    assert done.returncode == 0, done.stderr
    shown, said = done.stdout.strip().split("\n")
    assert re.fullmatch("422 String should have at least 1 character", shown)
    said = json.loads(said)
    check(said, name)
    # Logged in, renewed once, logged out.
    assert (said["tokens"], said["kept"]) == (3, None)


def test_javascript_in_a_browser(lone_server, page_of):
    """On parley's own origin, where the refresh token is a cookie that scripts do not see."""
    name = new_name()
    code = FILES["parley.js"] + FILES["example.js"].partition("\n")[2]
    code = re.sub(r"^export ", "", code, flags=re.M)
    with page_of(lone_server, "/docs", refused=(401, 422)) as page:
        said = page.evaluate(
            f"""async (name) => {{
                {code}
                const found = await example(new Parley(), name);
                const again = new Parley();
                const me = () => again.call("GET", "/auth/me");
                const many = await Promise.all([again.resume(), me(), me()]);
                await again.logout();
                const after = await me().catch((error) => [error.name, error.status, error.message]);
                return {{ found, many, after, seen: document.cookie, stored: localStorage.length }};
            }}""",
            name,
        )
        check(said, name)
        assert (said["seen"], said["stored"]) == ("", 0)
        assert not [cookie for cookie in page.context.cookies() if "parley" in cookie["name"]]


def test_types_fit_those_of_the_libraries(files):
    """The call in a browser and the React component, checked against what web/ has installed."""
    modules = ROOT / "web/node_modules"
    if not (modules / ".bin/tsc").exists():
        pytest.skip("web/node_modules is not there: ./dev build says why")
    (files / "node_modules").symlink_to(modules)
    options = {
        "allowJs": True, "checkJs": True, "noEmit": True, "strict": False, "skipLibCheck": True, "jsx": "react-jsx",
        "module": "esnext", "moduleResolution": "bundler", "target": "es2022", "lib": ["es2023", "dom", "dom.iterable"],
        "types": ["react"],
    }  # fmt: skip
    config = {"compilerOptions": options, "files": ["parley.js", "example.js", "call.js", "Call.tsx"]}
    (files / "tsconfig.json").write_text(json.dumps(config))
    done = nodejs.run(str(modules / ".bin/tsc"), "-p", ".", cwd=files)
    assert done.returncode == 0, done.stdout
