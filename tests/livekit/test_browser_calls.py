"""Two browsers in a call: a closed tab and a killed browser, as LiveKit and parley see them."""

import contextlib
import http.server
import os
import signal
import threading
from pathlib import Path

import pytest
from harness.answers import ok
from harness.chromium import chromium
from harness.crowd import crowd
from harness.poll import poll
from harness.secret import secret
from harness.server import ROOT, descendants
from playwright.sync_api import Error

CLIENT = ROOT / "web/node_modules/livekit-client/dist/livekit-client.umd.js"
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-default-apps", "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream", "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
)  # fmt: skip
CONNECT = """async ([url, token]) => {
    const room = window.room = new LivekitClient.Room();
    await room.connect(url, token);
    await room.localParticipant.setCameraEnabled(true, {resolution: {width: 320, height: 180, frameRate: 10}},
                                                 {simulcast: false});
}"""


class Page(http.server.BaseHTTPRequestHandler):
    """A page with LiveKit's client library in it."""

    def do_GET(self):
        client = self.path == "/client.js"
        body = CLIENT.read_bytes() if client else b"<!doctype html><title>call</title><script src=/client.js></script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if client else "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def site():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://localhost:{made.server_address[1]}/"
        made.shutdown()
        thread.join()


def close(browser):
    """Also one that was killed."""
    with contextlib.suppress(Error):
        browser.close()


@pytest.fixture
def browsers(playwright):
    """browsers(): one more Chromium, a process of its own."""
    if not CLIENT.exists():
        pytest.skip("no livekit-client in web/node_modules: ./dev build")
    with contextlib.ExitStack() as stack:

        def launch():
            made = playwright.chromium.launch(executable_path=chromium(), args=FLAGS, chromium_sandbox=False)
            stack.callback(close, made)
            return made

        yield launch


def chromiums():
    """Ids of the browsers' processes."""
    return [pid for pid in descendants(os.getpid()) if b"chrom" in Path(f"/proc/{pid}/cmdline").read_bytes()[:80]]


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_closed_tab_and_killed_browser(start_wired, livekit, browsers, site):
    server = start_wired(RECONCILE_SECONDS=300)
    ann, bob, carl = crowd(server.database, 3)
    room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=ann.headers))

    def who():
        """Names alone: a browser that gets too little of a busy machine connects anew, by another sid."""
        listed = ok(server.http.get(f"/rooms/{room['id']}/participants", headers=ann.headers))["participants"]
        assert ok(server.http.get(f"/rooms/{room['id']}", headers=ann.headers))["participants_count"] == len(listed)
        return {each["identity"] for each in listed}

    def notice(person):
        return livekit.relay.events(room["room_id"], "participant_left", person.username)

    def enter(browser, person):
        token = secret(ok(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers))["token"])
        page = browser.new_context().new_page()
        page.goto(site)
        page.evaluate(CONNECT, [livekit.url, token])
        return page

    before = set(chromiums())
    doomed = browsers()
    theirs = set(chromiums()) - before
    enter(doomed, carl)
    browser = browsers()
    enter(browser, ann)
    tab = enter(browser, bob)
    everybody = {ann.username, bob.username, carl.username}
    poll(lambda: who() == everybody, 10, "all three are there")

    tab.close(run_before_unload=True)  # as a user does: the page hears of it
    everybody.remove(bob.username)
    poll(lambda: notice(bob), 10, "LiveKit's own notice")
    poll(lambda: who() == everybody, 5, "the closed tab is out of list and count")

    for pid in theirs:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert who() == everybody, "LiveKit does not know yet"
    everybody.remove(carl.username)
    poll(lambda: notice(carl), 40, "LiveKit's own notice", interval=0.2)
    poll(lambda: who() == everybody, 5, "the killed browser is out of list and count")
