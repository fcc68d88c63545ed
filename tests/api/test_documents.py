"""docs/*.md are true as far as a machine can tell: the settings, paths, files and links that they name exist."""

import configparser
import re

import pytest
import yaml
from harness.server import ROOT, run_parley
from harness.sources import read

DOCUMENTS = {path.name: path.read_text() for path in sorted((ROOT / "docs").glob("*.md"))}
README = (ROOT / "README.md").read_text()
EACH = pytest.mark.parametrize("name", DOCUMENTS)
FENCE = re.compile(r"^```(\w+)(?: file=(\S+))?.*?\n(.*?)^```$", re.M | re.S)

SETTINGS = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.M))
PATHS = set(re.findall(r'METHOD_\w+, "([^"]+)"', read("src/routes.c")))


def code(text):
    """What stands in backticks, and in blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(FENCE, "", text)), {file: body for _, file, body in FENCE.findall(text)}


@EACH
def test_links_lead_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", DOCUMENTS[name])
    assert [link for link in links if "://" not in link and not (ROOT / "docs" / link).exists()] == []


def test_readme_leads_to_every_document():
    assert [name for name in DOCUMENTS if f"](docs/{name})" not in README] == []


@EACH
def test_settings_that_are_named_exist(name):
    words, blocks = code(DOCUMENTS[name])
    named = {word.partition("=")[0] for word in words if re.fullmatch(r"[A-Z]{2,}(_[A-Z]+)*(=\S+)?", word)}
    for file, body in blocks.items():
        if file and file.endswith("/environment"):
            named |= set(re.findall(r"^([A-Z_]+)=", body, re.M))
    named = {re.sub(r"_FILE$", "", word) if word not in SETTINGS else word for word in named}
    # Of LiveKit, of PostgreSQL, of HTTP.
    others = {"JOINING", "ACTIVE", "PGHOST", "PGUSER", "NULL", "GET", "HEAD", "POST", "FAILS"}
    assert named - SETTINGS - others == set()


def matches(path):
    """Whether a path as people write it is one of the table's."""
    wanted = path.rstrip("/").split("/")
    for template in PATHS:
        parts = template.rstrip("/").split("/")
        if parts[-1].endswith("...}") and wanted[: len(parts) - 1] == parts[:-1]:
            return True
        if len(parts) == len(wanted) and all(
            part == want or (part[0:1] == "{" and (want[0:1] in "{$" or want.isdigit()))
            for part, want in zip(parts, wanted, strict=True)
        ):
            return True
    return False


@EACH
def test_paths_that_are_named_exist(name):
    words, _ = code(DOCUMENTS[name])
    calls = [re.fullmatch(r"(?:GET|POST|PATCH|DELETE) (/[^ ?]*)(\?.*)?", word) for word in words]
    unknown = [call[1] for call in calls if call and not matches(call[1])]
    assert unknown == []


def test_source_files_that_are_named_exist():
    for name, text in DOCUMENTS.items():
        for path in re.findall(r"\b((?:src|sql|tests|tools|web|apidocs|conf)/[\w/.-]*\w)", text):
            assert (ROOT / path).exists() or "node_modules" in path or "dist" in path, f"{name}: {path}"


def test_operators_files_can_be_read(tmp_path):
    """The unit, LiveKit's configuration, and the environment: parley takes it but for the files it has not got."""
    _, blocks = code(DOCUMENTS["operations.md"])
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read_string(blocks["/etc/systemd/system/parley.service"])
    commands = [unit["Service"][key].split()[1:] for key in ("ExecStartPre", "ExecStart")]
    assert commands == [["migrate"], ["serve"]]
    assert yaml.safe_load(blocks["livekit.yaml"])["webhook"]["urls"] == ["https://parley.example.com/livekit/webhook"]

    # Files of secrets of ours in place of those of /etc.
    settings = dict(line.split("=", 1) for line in blocks["/etc/parley/environment"].strip().split("\n"))
    for key in [key for key in settings if key.endswith("_FILE")]:
        path = tmp_path / key
        path.write_text("ab" * 32)
        settings[key] = str(path)
    settings["DATABASE_URL"] = "postgresql://127.0.0.1:1/parley"
    alone = {"SECRET_KEY": None, "LIVEKIT_API_SECRET": None}
    done = run_parley(tmp_path, settings.pop("DATABASE_URL"), "check", **{**alone, **settings})
    assert re.search(r"^(ok|warn) +settings", done.stdout, re.M), done.stdout + done.stderr
