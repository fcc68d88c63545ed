"""Builds every tests/unit/*_test.c under ASan and UBSan, as its `sources:` line says, and runs it."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "tests/unit").glob("*_test.c"))
FLAGS = (
    "-std=gnu11 -D_GNU_SOURCE -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer "
    "-Wall -Wextra -Wshadow -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Werror "
    "-Isrc -I/usr/include/kore -I/usr/include/postgresql -DKORE_USE_PGSQL -DKORE_USE_TASKS -DKORE_USE_CURL"
).split()
# A source of Kore's own, named as kore:json.c, comes from where Debian puts them and is built with Kore's warnings.
KORE = Path("/usr/share/kore/src")


def first_lines(program, word):
    found = re.search(rf"/\* {word}: (.*?)\s*\*/", program.read_text(), re.DOTALL)
    return found.group(1).split() if found else []


@pytest.mark.timeout(180)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.stem)
def test_unit(program, tmp_path):
    sources = [str(KORE / s[5:]) if s.startswith("kore:") else s for s in first_lines(program, "sources")]
    binary = tmp_path / program.stem
    objects = []
    for source in [str(program), *sources]:
        obj = tmp_path / (Path(source).name + ".o")
        flags = [f for f in FLAGS if not source.startswith(str(KORE)) or not f.startswith("-W")]
        subprocess.run(["cc", *flags, "-c", "-o", obj, source], cwd=ROOT, check=True)
        objects.append(obj)
    subprocess.run(
        ["cc", "-fsanitize=address,undefined", "-o", binary, *objects, *first_lines(program, "libraries")],
        cwd=ROOT,
        check=True,
    )
    run = subprocess.run([binary], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
