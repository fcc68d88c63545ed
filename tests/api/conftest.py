"""Fixtures of the black-box tests: a real server process on a real PostgreSQL, nothing mocked.

database          a fresh migrated database; empty_database: one with nothing in it
server            a running server shared by the session, with a migrated database of its own
me, make          somebody who is registered there, and a function that makes a room of theirs
start_server      a function that starts one with settings of its own, stopped at the end of the test
parley            a function that runs the program's other commands
"""

import contextlib

import pytest
from harness.answers import ok
from harness.crowd import crowd
from harness.poll import free_port
from harness.server import Server, run_parley
from harness.sfu import Sfu

# Servers whose log belongs to the test that is running.
CURRENT = []


def pytest_configure(config):
    config.addinivalue_line("markers", "log_allows(text, ...): these forbidden texts may stand in the log")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in CURRENT:
            text = server.log_text(server.mark)
            report.sections.append((f"log of the server on port {server.port}", text[-8000:]))


@pytest.fixture(autouse=True)
def clean_log(request):
    """What the servers logged during this test has no sign of a crash and no secret."""
    CURRENT[:] = [server for server in CURRENT if server.is_alive()]
    for server in CURRENT:
        server.mark = server.log_size()
    yield
    marker = request.node.get_closest_marker("log_allows")
    faults = [fault for s in CURRENT for fault in s.log_faults(s.mark, marker.args if marker else ())]
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture
def database(cluster, template):
    made = cluster.create(template.name)
    yield made
    cluster.drop(made)


@pytest.fixture
def empty_database(cluster):
    made = cluster.create()
    yield made
    cluster.drop(made)


@pytest.fixture(scope="session")
def sfu():
    """A stand-in for LiveKit, for the whole session."""
    made = Sfu().start()
    yield made
    made.stop()


@pytest.fixture
def parley(tmp_path, database, sfu):
    """parley("user", "add", ..., WORKERS=1): a command, on `database` unless told otherwise."""

    def run(*arguments, database_url=None, **options):
        # It asks both; nobody listens on the port.
        if arguments[:1] == ("check",):
            options = {"LIVEKIT_API_URL": sfu.url, "PORT": free_port(), **options}
        return run_parley(tmp_path, database_url or database.url(), *arguments, **options)

    return run


@contextlib.contextmanager
def running(server):
    CURRENT.append(server)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session", name="running")
def running_fixture():
    """For fixtures that keep a server longer than a test."""
    return running


@pytest.fixture(scope="session")
def shared(cluster, template, tmp_path_factory):
    """Holds the shared server and whatever else has to be ended with the session."""
    with contextlib.ExitStack() as stack:
        holder = {}

        def current():
            server = holder.get("server")
            if server is None or not server.is_alive():
                # The test that ended the last one has failed; the others still deserve a server.
                database = cluster.create(template.name)
                server = Server(tmp_path_factory.mktemp("server"), database.url())
                server.database = database
                holder["server"] = stack.enter_context(running(server))
            return server

        yield current
    # What it said at its end belongs to no test: leaks that a sanitizer found, say.
    faults = holder["server"].log_faults() if holder else []
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture
def server(shared):
    return shared()


@pytest.fixture
def me(server):
    """Somebody of the shared server's."""
    (person,) = crowd(server.database, 1)
    return person


@pytest.fixture
def make(server, me):
    """make(name=..., ...): a room of mine."""
    return lambda **body: ok(server.http.post("/rooms/", json={"name": "A room", **body}, headers=me.headers))


@pytest.fixture
def start_server(tmp_path_factory, database):
    """start_server(database_url=..., program=..., NAME=value, ...): a server with settings of its own."""
    with contextlib.ExitStack() as stack:

        def start(database_url=None, program=None, wait=True, **settings):
            directory = tmp_path_factory.mktemp("server")
            server = Server(directory, database_url or database.url(), program, **settings)
            CURRENT.append(server)
            stack.callback(server.stop)
            return server.start(wait)

        yield start
