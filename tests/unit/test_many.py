"""What src/db/many.c makes of a look-up is what tests/api/test_statements.py looks at the plans of."""

import re
import subprocess

import pytest
from harness import sources
from test_units import FLAGS, ROOT, first_lines

CLI = ROOT / "tests/unit/many_cli.c"


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    made = tmp_path_factory.mktemp("many") / "many"
    subprocess.run(["cc", *FLAGS, "-o", made, CLI, *first_lines(CLI, "sources")], cwd=ROOT, check=True)
    return made


def for_many(program, text, *order):
    return subprocess.run([program, *order], input=text, capture_output=True, text=True, timeout=10, check=True).stdout


@pytest.mark.parametrize("name", sorted(sources.lookups() | sources.batches()))
def test_statement_for_many(program, name):
    text = sources.read(f"sql/statements/{name}.sql")
    assert not re.search(r"\$\$|'\$", text)
    assert for_many(program, text) == sources.for_many(text)


def test_parameters_of_two_digits_and_twice(program):
    text = "select $1, $10, $2, $1"
    made = for_many(program, text)
    assert made == sources.for_many(text)
    assert for_many(program, text, "p10 + 1") == sources.for_many(text, "p10 + 1")
    assert "asked.p1, asked.p10, asked.p2, asked.p1\n" in made
    assert "$10::text[]) with ordinality" in made
