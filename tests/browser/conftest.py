"""Fixtures of the browser tests: the guide, Chromium, and servers made by the harness of tests/api.

frontend          Chromium with the guide's page, and a server with default settings
listed_frontend   the same, and a server with CORS_ORIGINS
page              the page, nobody logged in; member_page: the guide's test user is
start_server      a function that starts a server alone
"""

import contextlib

import pytest
from frontend.guide import EMAIL, GUIDE, PASSWORD, USERNAME
from frontend.site import PAGE, Frontend, chromium, serving
from harness.secret import secret
from harness.server import Server
from playwright.sync_api import sync_playwright

RUNNING = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.failed:
        for server in RUNNING:
            report.sections.append((f"log of the server on port {server.port}", server.log_text()[-8000:]))
    return report


@pytest.fixture(scope="session")
def guide():
    if not GUIDE.exists():
        pytest.skip("no ../shared/frontend-guide.md beside the checkout")
    return GUIDE.read_text()


@pytest.fixture(scope="module")
def start_server(cluster, template, tmp_path_factory):
    """start_server(seeded, NAME=value, ...): a running server on a database of its own."""
    with contextlib.ExitStack() as stack:

        def start(seeded, **settings):
            database = cluster.create(template.name)
            server = Server(tmp_path_factory.mktemp("server"), database.url(), **settings)
            stack.callback(end, server)
            RUNNING.append(server)
            server.start()
            if seeded:
                body = {"username": USERNAME, "email": EMAIL, "password": PASSWORD, "full_name": "Test User"}
                answer = server.http.post("/auth/register", json=body)
                assert answer.status_code == 200, answer.text
            return server

        yield start


def end(server):
    RUNNING.remove(server)
    server.stop()
    faults = server.log_faults()
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture(scope="module")
def start_frontend(guide, start_server, tmp_path_factory):
    """start_frontend(NAME=value, ...): a Frontend and the server it talks to, with the guide's test user."""
    if not chromium():
        pytest.skip("no Chromium: apt-get install chromium-headless-shell")
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(serving(guide))
        with pytest.MonkeyPatch.context() as patch:
            # Where playwright makes Chromium's profile.
            patch.setenv("TMPDIR", str(tmp_path_factory.mktemp("chromium")))
            patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
            playwright = stack.enter_context(sync_playwright())

        def start(**settings):
            made = Frontend(playwright, start_server(True, **settings), port)
            stack.callback(made.browser.close)
            return made

        yield start


@pytest.fixture(scope="module")
def frontend(start_frontend):
    return start_frontend()


@pytest.fixture(scope="module")
def listed_frontend(start_frontend):
    return start_frontend(CORS_ORIGINS=f"http://{PAGE}")


@pytest.fixture
def page(frontend):
    with frontend.open() as page:
        yield page


@pytest.fixture(scope="module")
def logged_in(frontend):
    """What the browser keeps after a login."""
    with frontend.open() as page:
        page.evaluate("(argument) => authManager.login(...argument)", [USERNAME, PASSWORD])
        secret(page.evaluate("localStorage.getItem('jwt_token')"))
        return page.context.storage_state()


@pytest.fixture
def member_page(frontend, logged_in):
    with frontend.open(state=logged_in) as page:
        yield page
