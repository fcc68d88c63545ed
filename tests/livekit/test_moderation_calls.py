"""A room's creator and those in a real call: what LiveKit makes of muting, permissions and messages."""

import time

import pytest
from harness.answers import ok, refused
from harness.caller import Caller, Loop
from harness.crowd import crowd
from harness.poll import poll
from harness.secret import secret

from livekit import rtc

pytestmark = pytest.mark.callers


@pytest.fixture(scope="module")
def loop():
    made = Loop()
    yield made
    made.close()


class Scene:
    """A room of ann's, and bob in it, who speaks."""

    def __init__(self, server, livekit, loop):
        self.server, self.livekit = server, livekit
        self.ann, self.bob, self.carl = crowd(server.database, 3)
        self.room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=self.ann.headers))
        self.name = self.room["room_id"]
        token = ok(self.act(self.bob, "POST", "/join"))["token"]
        self.caller = Caller(loop, livekit, secret(token))
        self.heard = []
        self.caller.connect()
        self.caller.room.on("data_received", self.heard.append)
        loop.run(self.publish())
        poll(lambda: len(self.tracks()) == 1, 5, "parley knows of the track")

    async def publish(self):
        source = rtc.AudioSource(48000, 1)
        track = rtc.LocalAudioTrack.create_audio_track("voice", source)
        options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_MICROPHONE)
        await self.caller.room.local_participant.publish_track(track, options)

    def act(self, person, method, path, **more):
        return self.server.http.request(method, f"/rooms/{self.name}{path}", headers=person.headers, **more)

    def ask(self, method, path="", **body):
        return self.act(self.ann, method, f"/participants/{self.bob.username}{path}", json=body)

    def tracks(self):
        listed = ok(self.act(self.ann, "GET", "/participants"))["participants"]
        return [track for each in listed if each["identity"] == self.bob.username for track in each["tracks"]]

    def known(self):
        """What LiveKit says of bob."""
        return self.livekit.call("GetParticipant", "roomAdmin", room=self.name, identity=self.bob.username)


@pytest.fixture
def scene(start_wired, livekit, loop):
    made = Scene(start_wired(RECONCILE_SECONDS=3600), livekit, loop)
    yield made
    made.caller.hang_up()


def test_mute(scene):
    assert ok(scene.ask("POST", "/mute", muted=True, source="CAMERA")) == {"muted": 0}
    assert [track["muted"] for track in scene.tracks()] == [False]
    assert ok(scene.ask("POST", "/mute", muted=True)) == {"muted": 1}
    assert [(track["source"], track["muted"]) for track in scene.tracks()] == [("MICROPHONE", True)]
    poll(lambda: [track["muted"] for track in scene.known()["tracks"]] == [True], 10, "LiveKit has muted it")
    refused(scene.ask("POST", "/mute", muted=False), 502, "LiveKit refused the request")
    assert [track["muted"] for track in scene.tracks()] == [True]


def test_permissions(scene):
    before = scene.known()["permission"]
    assert before["can_publish"] is before["can_publish_data"] is before["can_subscribe"] is True
    found = ok(scene.ask("PATCH", can_publish_sources=["camera"]))
    assert (found["identity"], found["sid"], found["state"]) == (scene.bob.username, scene.caller.sid, "ACTIVE")
    poll(lambda: scene.known()["permission"] == {**before, "can_publish_sources": ["CAMERA"]}, 10, "only the camera")
    poll(lambda: scene.tracks() == [], 10, "the voice is gone")
    ok(scene.ask("PATCH", can_publish=False))
    ok(scene.ask("PATCH", can_subscribe=False))
    after = {**before, "can_publish_sources": ["CAMERA"], "can_publish": False, "can_subscribe": False}
    poll(lambda: scene.known()["permission"] == after, 10, "all that was taken away")
    ok(scene.ask("PATCH", can_publish=True, can_subscribe=True, can_publish_sources=[]))
    poll(lambda: scene.known()["permission"] == before, 10, "everything again")


def test_permissions_of_who_comes_again(scene):
    """With the token they had, and with the one of a new join."""
    ok(scene.act(scene.ann, "POST", "/join"))
    ok(scene.ask("PATCH", can_publish=False))
    poll(lambda: scene.tracks() == [], 10, "the voice is gone")
    after = scene.known()["permission"]
    assert after["can_publish"] is False
    for token in (scene.caller.token, secret(ok(scene.act(scene.bob, "POST", "/join"))["token"])):
        before = scene.caller.sid
        scene.caller.hang_up()
        scene.caller.token = token
        scene.caller.connect()
        assert scene.caller.sid != before
        poll(lambda: scene.known()["permission"] == after, 10, "no more than before")
    ok(scene.ask("PATCH", can_publish=True))
    poll(lambda: scene.known()["permission"]["can_publish"], 10, "everything again")


@pytest.mark.parametrize("more", [{}, {"topic": "news"}], ids=["plain", "topic"])
def test_message(scene, more):
    assert ok(scene.act(scene.ann, "POST", "/message", json={"text": "zoë \U0001f600", **more}))
    poll(lambda: scene.heard, 10, "bob has heard")
    (packet,) = scene.heard
    assert (packet.data.decode(), packet.participant) == ("zoë \U0001f600", None)
    assert (packet.topic or "") == more.get("topic", "")


def test_who_is_not_in_the_call(scene):
    """Answered at once: LiveKit is not asked what it would think about for three seconds."""
    ok(scene.act(scene.carl, "POST", "/join"))
    for name in (scene.carl.username, scene.ann.username, "nobody"):
        began = time.monotonic()
        for method, path, body in (("POST", "/mute", {"muted": True}), ("PATCH", "", {"can_publish": False})):
            answer = scene.act(scene.ann, method, f"/participants/{name}{path}", json=body)
            refused(answer, 404, "Participant not found")
        assert time.monotonic() - began < 1
    scene.caller.hang_up()
    ok(scene.act(scene.carl, "POST", "/leave"))
    poll(lambda: ok(scene.act(scene.ann, "GET", ""))["participants_count"] == 0, 5, "the room is empty")
    refused(scene.act(scene.ann, "POST", "/message", json={"text": "x"}), 404, "Participant not found")


def test_room_admin_stays_here(scene):
    """bob's token is no key to LiveKit's own calls."""
    body = {"room": scene.name, "identity": scene.bob.username}
    headers = {"Authorization": f"Bearer {scene.caller.token}"}
    for method in ("GetParticipant", "RemoveParticipant", "ListParticipants", "DeleteRoom"):
        url = f"{scene.livekit.api_url}/twirp/livekit.RoomService/{method}"
        assert scene.livekit.client.post(url, json=body, headers=headers).status_code == 401
    assert scene.caller.gone is None
