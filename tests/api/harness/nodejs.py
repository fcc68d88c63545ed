"""Node and npm as ./dev finds them, on PATH or else in var/node, and packages as a lock file has them."""

import os
import shutil
import subprocess
from functools import cache

import pytest

from harness.sources import ROOT


def is_new(program):
    said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
    return int(said.strip().removeprefix("v").partition(".")[0] or 0) >= 20


@cache
def folder():
    """Where node and npm are."""
    for path in (os.environ.get("PATH"), str(ROOT / "var/node/bin")):
        program = shutil.which("node", path=path)
        if program and shutil.which("npm", path=path) and is_new(program):
            return os.path.dirname(program)
    return None


def run(*command, cwd=None, timeout=50, **names):
    """Runs node or npm, or a program of a package, to its end."""
    if not folder():
        pytest.skip("neither PATH nor var/node has Node 20 with npm")
    environment = {**os.environ, **names, "PATH": f"{folder()}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout)


def packages(pinned, name):
    """var/NAME, with what the package-lock.json in the folder `pinned` says."""
    made, lock = ROOT / "var" / name, (pinned / "package-lock.json").read_bytes()
    if not (made / "node_modules").exists() or (made / "package-lock.json").read_bytes() != lock:
        shutil.rmtree(made, ignore_errors=True)
        shutil.copytree(pinned, made)
        done = run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=made)
        if done.returncode != 0:
            shutil.rmtree(made)
            pytest.skip(f"npm could not install {pinned}: {done.stderr.strip()[-300:]}")
    return made / "node_modules"
