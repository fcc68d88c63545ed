"""LiveKit's official JavaScript SDK, in Chromium, gets into a call by asking POST /livekit/token itself."""

import contextlib

import pytest
from frontend.site import FLAGS
from harness.answers import ok
from harness.chromium import chromium
from harness.crowd import crowd
from harness.poll import poll
from harness.server import ROOT

SDK = ROOT / "web/node_modules/livekit-client/dist/livekit-client.umd.js"
ENTER = """async ([url, token, options]) => {
    const headers = { Authorization: `Bearer ${token}` };
    const source = LivekitClient.TokenSource.endpoint(url, { headers });
    const { serverUrl, participantToken } = await source.fetch(options);
    window.room = new LivekitClient.Room();
    await window.room.connect(serverUrl, participantToken);
    return [window.room.name, window.room.localParticipant.identity, window.room.localParticipant.sid];
}"""
# The last one is playwright's as well: it is given again, with more.
WEBRTC = ("--allow-loopback-in-peer-connection", "--disable-features=WebRtcHideLocalIpsWithMdns")


@pytest.fixture
def page(start_wired_alone, playwright):
    if not SDK.exists():
        pytest.skip("web/ has no packages (see var/log/npm.log)")
    with contextlib.closing(playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS, *WEBRTC])) as browser:
        page = browser.new_page()
        page.goto(f"{start_wired_alone.url}/health")
        page.evaluate(SDK.read_text())
        yield page


@pytest.fixture
def start_wired_alone(livekit, start_server):
    """A parley server that uses the session's LiveKit and gets its webhooks."""
    server = start_server(False, **livekit.settings)
    with livekit.told_to(server):
        yield server


def test_sdk_enters_by_the_token_endpoint(start_wired_alone, page, livekit):
    server = start_wired_alone
    with server.client() as http:
        ann, bob = crowd(server.database, 2)
        room = ok(http.post("/rooms/", json={"name": "x"}, headers=ann.headers))
        url = f"{server.url}/livekit/token"
        name, identity, sid = page.evaluate(ENTER, [url, bob.token, {"roomName": room["room_id"]}])
        assert (name, identity) == (room["room_id"], bob.username)

        def listed():
            found = ok(http.get(f"/rooms/{name}/participants", headers=ann.headers))["participants"]
            return [(each["identity"], each["sid"], each["state"]) for each in found]

        poll(lambda: listed() == [(bob.username, sid, "ACTIVE")], 5, "parley knows")
        assert livekit.people(name) == {bob.username: sid}
        page.evaluate("window.room.disconnect()")
        poll(lambda: listed() == [], 5, "parley knows that they left")


def test_sdk_learns_of_refusals(start_wired_alone, page):
    ann, bob = crowd(start_wired_alone.database, 2)
    with start_wired_alone.client() as http:
        room = ok(http.post("/rooms/", json={"name": "x"}, headers=ann.headers))
    url = f"{start_wired_alone.url}/livekit/token"
    failing = (
        f"async (argument) => {{ try {{ await ({ENTER})(argument); }} catch (error) {{ return error.message; }} }}"
    )
    for options, status in (
        ({"roomName": "room_ffffffff"}, 404),
        ({"roomName": room["room_id"], "participantIdentity": ann.username}, 422),
        ({"roomName": room["room_id"], "agentName": "anybody"}, 422),
    ):
        message = page.evaluate(failing, [url, bob.token, options])
        assert str(status) in message
