"""What all suites share: PostgreSQL, the count of what ran, and no skips where PARLEY_NO_SKIP says so.

cluster           the PostgreSQL cluster of the session
template          its migrated database, to be copied: cluster.create(template.name)
playwright        drives browsers

./dev test spreads the tests over several processes (pytest-xdist), each a session with a cluster, a shared server
and ports of its own. Tests that share what a fixture made for their module stay together in one of them; those marked
`alone` run one by one at the end.
"""

import collections
import contextlib
import os
from pathlib import Path

import pytest
from harness import watchdog
from harness.chromium import chromium
from harness.cluster import TRANSPORTS, Cluster
from harness.server import migrated

NO_SKIP = bool(os.environ.get("PARLEY_NO_SKIP"))


def pytest_addoption(parser):
    parser.addoption(
        "--db", default=os.environ.get("PARLEY_TEST_DB", "unix"), help="ways to PostgreSQL: unix, tcp, ..."
    )


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes more than ten seconds; among the first to be started")
    config.addinivalue_line("markers", "callers: LiveKit's client library runs in the process of the test")
    config.addinivalue_line("markers", "alone: measures time or wants all processors: nothing runs beside it")
    config.addinivalue_line(
        "markers", "shipped: says something of the shipped program only, not of the instrumented one"
    )
    watchdog.pytest_configure(config)


def shares_a_module(item):
    """Whether the test uses something that a fixture made once for its module."""
    found = item._fixtureinfo.name2fixturedefs.values()
    return any(definitions[-1].scope == "module" for definitions in found)


def pytest_collection_modifyitems(config, items):
    """What is given out together, and first what takes longest, or the last to end would keep all waiting."""
    if not getattr(config.option, "loadgroup", False):
        return
    for item in items:
        if shares_a_module(item):
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def refuse_skip(report):
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"nothing may be skipped here (PARLEY_NO_SKIP): {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    return refuse_skip((yield))


def suite(report):
    """tests/api/test_x.py::test_y is of the suite api."""
    parts = report.nodeid.split("::")[0].split("/")
    return parts[1] if len(parts) > 2 else "tests"


def pytest_terminal_summary(terminalreporter):
    """Leaves counts and skips where PARLEY_TEST_TALLY says, for the closing lines of ./dev test."""
    tally = os.environ.get("PARLEY_TEST_TALLY")
    # What a process that others share the work with has run is told once more by the one they report to.
    if not tally or hasattr(terminalreporter.config, "workerinput"):
        return
    columns = {"passed": 0, "xfailed": 0, "failed": 1, "error": 1, "xpassed": 1, "skipped": 2}
    counts = collections.defaultdict(lambda: [0, 0, 0])
    for outcome, column in columns.items():
        for report in terminalreporter.stats.get(outcome, ()):
            counts[suite(report)][column] += 1
    name = os.environ.get("PARLEY_TEST_PASS", "pytest")
    with open(tally, "a") as file:
        for key, numbers in sorted(counts.items()):
            print(name, key, *numbers, sep="\t", file=file)
    with open(Path(tally).with_name("skipped"), "a") as file:
        for report in terminalreporter.stats.get("skipped", ()):
            print(f"{suite(report)}: {report.longrepr[2]}", file=file)


def transports(config):
    """The ways to PostgreSQL that were asked for, of harness.cluster.TRANSPORTS."""
    found = config.getoption("db").split(",")
    assert set(found) <= set(TRANSPORTS), f"--db and PARLEY_TEST_DB take of {', '.join(TRANSPORTS)}"
    return found


def pytest_generate_tests(metafunc):
    """By more ways than one: each test by one way after the other, with a cluster of its own for each."""
    asked = transports(metafunc.config)
    if len(asked) > 1 and "cluster" in metafunc.fixturenames:
        metafunc.parametrize("cluster", asked, indirect=True)


@pytest.fixture(scope="session")
def cluster(request):
    made = Cluster(getattr(request, "param", transports(request.config)[0]))
    yield made
    made.close()


@pytest.fixture(scope="session")
def template(cluster, tmp_path_factory):
    return migrated(cluster, tmp_path_factory.mktemp("template"), "parley_template")


@pytest.fixture(scope="session")
def playwright(tmp_path_factory):
    """Drives browsers; there can be one of it in a process."""
    from playwright.sync_api import sync_playwright

    if not chromium():
        pytest.skip("no Chromium: apt-get install chromium-headless-shell")
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            # Where playwright makes Chromium's profile.
            patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("chromium")))
            patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
            made = stack.enter_context(sync_playwright())
        yield made


@pytest.fixture(scope="session")
def livekit(tmp_path_factory):
    """The LiveKit server of the session (harness.livekit)."""
    from harness.livekit import LiveKit, program

    if program() is None:
        pytest.skip("no LiveKit server: ./dev test builds it (see var/log/livekit-build.log)")
    made = LiveKit(tmp_path_factory.mktemp("livekit"))
    try:
        yield made.start()
    finally:
        made.close()


@pytest.fixture
def start_wired(livekit, start_server):
    """As start_server: a parley server that uses the session's LiveKit and gets its webhooks."""
    with contextlib.ExitStack() as stack:

        def start(*arguments, **settings):
            server = start_server(*arguments, **{**livekit.settings, **settings})
            return stack.enter_context(livekit.told_to(server))

        yield start
