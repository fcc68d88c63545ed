"""The React component of frontend-guide.md with the guide's classes, unchanged, in real calls at http://localhost:3000."""

import contextlib

import pytest
from frontend.app import RECEIVED, WATCH_MEDIA
from frontend.guide import PASSWORD, USERNAME
from harness.people import bearer, login, newcomer
from harness.poll import poll
from harness.secret import secret
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.callers, pytest.mark.timeout(120)]

HINT = 'Click "Join Call" to start the video call'
# What a browser itself says of an answer that is no success; what the component does; and livekit-client, when
# LiveKit ends the call and the end of the data channels overtakes the word of it (RTCEngine.handleDataError).
NO_FAULT = (
    "Failed to load resource: the server responded with a status of",
    "Failed to join",
    "DataChannel error on",
    "publisher data channel",
)


class Visitor:
    """Somebody on the page. Nothing escapes its scripts; what alert() says is in `alerts`."""

    def __init__(self, frontend, username, password):
        self.username, self.password = username, password
        self.context = frontend.browser.new_context()
        self.context.add_init_script(WATCH_MEDIA)
        self.page = self.context.new_page()
        self.escaped, self.alerts = [], []
        self.page.on("pageerror", lambda error: self.escaped.append(str(error)))
        self.page.on("console", self.listen)
        self.page.on("dialog", self.answer)
        self.page.goto("http://localhost:3000/")

    def listen(self, line):
        """React complains of what it finds wrong, and so does a browser of what CORS keeps from a page."""
        if line.type == "error" and not line.text.startswith(NO_FAULT):
            self.escaped.append(line.text)

    def answer(self, dialog):
        self.alerts.append(dialog.message)
        dialog.accept()

    def close(self):
        self.context.close()
        assert not self.escaped, self.escaped

    def button(self, name):
        return self.page.get_by_role("button", name=name)

    def log_in(self, password=None):
        self.page.get_by_label("Username").fill(self.username)
        self.page.get_by_label("Password").fill(password or self.password)
        self.button("Log in").click()

    def choose(self, room):
        self.button(room["name"]).click()
        expect(self.page.locator(".video-container")).to_have_text(HINT)

    def join(self):
        self.button("Join Call").click()
        self.button("Leave Call").wait_for(timeout=20_000)

    def is_out(self):
        self.button("Join Call").wait_for()
        expect(self.page.locator(".video-participant")).to_have_count(0)

    def element(self, identity, kind):
        """What the component shows of somebody's camera or microphone."""
        return self.page.locator(f"[id='{identity}-{kind}']")

    def frames(self, identity):
        video = self.element(identity, "video").locator("video")
        video.wait_for(timeout=20_000)
        return video.evaluate("(video) => video.getVideoPlaybackQuality().totalVideoFrames")

    def until(self, probe, what):
        poll(lambda: probe() or self.page.wait_for_timeout(50), 20, f"{self.username}: {what}")

    def sees(self, identity):
        before = self.frames(identity)
        self.until(lambda: self.frames(identity) > before + 2, f"sees {identity} move")

    def hears(self):
        def packets():
            return self.page.evaluate(RECEIVED).get("audio", {}).get("packets", 0)

        before = packets()
        self.until(lambda: packets() > before + 10, "hears")


@pytest.fixture
def visit(component):
    """visit(username, password): somebody on the page, nobody logged in."""
    with contextlib.ExitStack() as stack:
        yield lambda *who: stack.enter_context(contextlib.closing(Visitor(component, *who)))


@pytest.fixture
def owner(component):
    """The guide's test user, as the API knows them."""
    return bearer(login(component.server.http, USERNAME, PASSWORD).json()["access_token"])


@pytest.fixture
def make_room(component, owner):
    def make(name, **more):
        answer = component.server.http.post("/rooms/", json={"name": name, **more}, headers=owner)
        assert answer.status_code == 200, answer.text
        return answer.json()

    return make


def test_call(component, visit, make_room, owner, livekit):
    http, room = component.server.http, make_room("By the component")
    other = newcomer(http)

    def is_muted(source, muted):
        """Whether LiveKit has the test user's track so."""

        def probe():
            found = livekit.call("ListParticipants", "roomAdmin", room=room["room_id"])["participants"]
            tracks = [track for each in found if each["identity"] == USERNAME for track in each["tracks"]]
            return [track.get("muted", False) for track in tracks if track["source"] == source] == [muted]

        return probe

    def people():
        found = http.get(f"/rooms/{room['id']}/participants", headers=owner).json()["participants"]
        return {each["identity"] for each in found}

    ann, bob = visit(USERNAME, PASSWORD), visit(other.username, other.password)
    ann.log_in("wrong password")
    ann.page.get_by_text("Incorrect username or password").wait_for()
    for each in (ann, bob):
        each.log_in()
        each.choose(room)
        each.join()
    for one, two in ((ann, bob), (bob, ann)):
        for kind in ("video", "audio"):
            expect(one.element(one.username, kind)).to_contain_text(f"You ({kind})")
            expect(one.element(two.username, kind)).to_contain_text(f"{two.username} ({kind})", timeout=20_000)
        one.sees(two.username)
        one.hears()

    for kind, source in (("Camera", "CAMERA"), ("Mic", "MICROPHONE")):
        ann.until(is_muted(source, False), f"{kind} is on")
        ann.button(f"{kind} On").click()
        ann.button(f"{kind} Off").wait_for()
        ann.until(is_muted(source, True), f"{kind} is off")
        ann.button(f"{kind} Off").click()
        ann.button(f"{kind} On").wait_for()
        ann.until(is_muted(source, False), f"{kind} is on again")
    bob.sees(USERNAME)

    # The guide only disconnects: LiveKit tells parley.
    bob.button("Leave Call").click()
    bob.is_out()
    ann.element(bob.username, "video").wait_for(state="detached")
    ann.until(lambda: people() == {USERNAME}, "bob is out of the list")
    # With a reload: the guide's component has thrown out an element of React's when it cleared what was shown, and
    # React would stumble over that. The token is kept.
    bob.page.reload()
    bob.choose(room)
    bob.join()
    ann.sees(bob.username)
    # Back to the list: React takes the component away, and it hangs up.
    bob.button("All rooms").click()
    ann.element(bob.username, "video").wait_for(state="detached")
    ann.until(lambda: people() == {USERNAME}, "bob is out of the list again")

    assert http.delete(f"/rooms/{room['id']}", headers=owner).status_code == 200
    ann.is_out()
    assert ann.alerts == bob.alerts == []


def test_errors(component, visit, make_room, owner):
    """What the component tells with alert(): the text that parley answered with."""
    http, room, full = component.server.http, make_room("Soon ended"), make_room("Full", max_participants=1)
    other = newcomer(http)
    ann = visit(USERNAME, PASSWORD)
    ann.log_in()

    def join_fails(detail):
        ann.button("Join Call").click()
        ann.until(lambda: ann.alerts, "an alert")
        assert ann.alerts.pop() == f'Failed to join call: {{"detail":"{detail}"}}'
        ann.button("Join Call").wait_for()

    secret(http.post(f"/rooms/{full['id']}/join", headers=other.headers).json()["token"])
    ann.choose(full)
    join_fails("Room is full")
    ann.button("All rooms").click()
    ann.choose(room)
    http.delete(f"/rooms/{room['id']}", headers=owner)
    join_fails("Room is not active")

    ann.page.evaluate("auth.token = 'expired'")
    join_fails("Could not validate credentials")
