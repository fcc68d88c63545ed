"""Fixtures of the browser tests: the guide, Chromium, and servers made by the harness of tests/api.

frontend          Chromium with the guide's page, and a server with default settings
listed_frontend   the same, and a server with CORS_ORIGINS
page              the page, nobody logged in; member_page: the guide's test user is
component         the guide's React component, a camera, and a server whose calls are real
start_server      a function that starts a server alone; lone_server: one of the session's
page_of           a function that opens a page of a server's own, which may ask nobody else
calls             a server whose calls are real, for the web client
visitors          a function that makes people in the web client; stranger: one without an account
"""

import contextlib

import pytest
from frontend.app import MEDIA_FLAGS, Guest, guests, launch
from frontend.guide import EMAIL, GUIDE, PASSWORD, USERNAME
from frontend.site import FLAGS, PAGE, Frontend, bundled, contents, serving
from harness.chromium import chromium
from harness.secret import secret
from harness.server import Server

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
            server.database = database
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
def lone_server(start_server):
    return start_server(seeded=False)


# What a page complains of only to those who look.
WATCH = """document.addEventListener("securitypolicyviolation", (event) =>
    console.error(`refused by the policy: ${event.violatedDirective} ${event.blockedURI}`));"""


@pytest.fixture(scope="module")
def page_of(playwright):
    """page_of(server, path): a page of that server, while inside. It asks nobody else and complains of nothing."""
    with contextlib.ExitStack() as stack:
        rules = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost"
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, rules])
        stack.callback(browser.close)

        @contextlib.contextmanager
        def open_page(server, path, refused=()):
            """refused: the statuses that are part of the test; a browser complains of each."""
            own = f"http://localhost:{server.port}/"
            with browser.new_context() as context:
                page = context.new_page()
                asked, complaints = [], []
                page.add_init_script(WATCH)
                page.on("request", lambda request: asked.append(request.url))
                page.on("requestfailed", lambda request: complaints.append(request.url))
                page.on("pageerror", lambda error: complaints.append(str(error)))
                page.on("console", lambda line: line.type in ("error", "warning") and complaints.append(line.text))
                page.goto(own.rstrip("/") + path)
                yield page
                expected = tuple(f"Failed to load resource: the server responded with a status of {s}" for s in refused)
                assert not [each for each in complaints if not each.startswith(expected or ("\0",))]
                assert asked
                assert not [url for url in asked if not url.startswith((own, f"blob:{own}", "data:"))]

        yield open_page


@pytest.fixture(scope="module")
def start_frontend(guide, playwright, start_server):
    """start_frontend(NAME=value, ...): a Frontend and the server it talks to, with the guide's test user."""
    with contextlib.ExitStack() as stack:
        port = stack.enter_context(serving(contents(guide)))

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


@pytest.fixture(scope="module")
def component(guide, playwright, livekit, start_server, tmp_path_factory):
    """The guide's React component on a page, in a browser with a camera, and a server whose calls are real."""
    server = start_server(True, **livekit.settings)
    with livekit.told_to(server), serving(bundled(guide, tmp_path_factory.mktemp("component"))) as port:
        made = Frontend(playwright, server, port, MEDIA_FLAGS)
        with contextlib.closing(made.browser):
            yield made


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


@pytest.fixture(scope="session")
def camera_browser(playwright):
    """Chromium with a camera and a microphone that are not there, and with sound."""
    with contextlib.closing(launch(playwright)) as browser:
        yield browser


@pytest.fixture(scope="module")
def calls(livekit, start_server):
    """A server whose calls are real: it uses the session's LiveKit, and hears from it."""
    server = start_server(False, **livekit.settings)
    with livekit.told_to(server):
        yield server


@pytest.fixture
def visitors(camera_browser, calls):
    """visitors("ann", "bob"): people who are signed in, each on the rooms page in a browser profile of their own."""
    with contextlib.ExitStack() as stack:

        def come(*names, **options):
            return stack.enter_context(guests(camera_browser, calls, *names, **options))

        yield come


@pytest.fixture
def stranger(camera_browser, calls):
    """Somebody whom the server does not know, on no page yet."""
    with contextlib.closing(Guest(camera_browser, calls.url)) as guest:
        yield guest
