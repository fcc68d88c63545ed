"""People in real calls: a real LiveKit server, LiveKit's own client, and what parley says of them."""

import contextlib
import time

import pytest
from harness.answers import ok, refused
from harness.caller import Caller, Loop
from harness.crowd import crowd
from harness.poll import poll
from harness.secret import secret

ROUND = 2  # RECONCILE_SECONDS


@pytest.fixture(scope="module")
def loop():
    made = Loop()
    yield made
    made.close()


@pytest.fixture
def server(start_wired):
    return start_wired(RECONCILE_SECONDS=ROUND)


@pytest.fixture
def scene(server, livekit, loop):
    with contextlib.ExitStack() as stack:
        yield Scene(server, livekit, loop, stack)


class Scene:
    """A room of ann's, and those who call there."""

    def __init__(self, server, livekit, loop, stack, **room):
        self.server, self.livekit, self.loop, self.stack = server, livekit, loop, stack
        self.ann, self.bob, *self.others = crowd(server.database, 4)
        self.room = ok(server.http.post("/rooms/", json={"name": "x", **room}, headers=self.ann.headers))
        self.name = self.room["room_id"]

    def act(self, person, method, path="", **more):
        return self.server.http.request(method, f"/rooms/{self.room['id']}{path}", headers=person.headers, **more)

    def caller(self, person):
        """Somebody with a new token, not yet in the call."""
        found = ok(self.act(person, "POST", "/join"))
        made = Caller(self.loop, self.livekit, secret(found["token"]))
        self.stack.callback(made.hang_up)
        return made

    def call(self, person):
        """Somebody in the call, and parley knows."""
        made = self.caller(person).connect()
        self.until({person.username: made.sid}, alone=False)
        return made

    def who(self):
        """{identity: sid} as parley says; the count must say the same."""
        listed = ok(self.act(self.ann, "GET", "/participants"))["participants"]
        return {each["identity"]: each["sid"] for each in listed}

    def until(self, people, seconds=3, alone=True):
        """Waits until parley says that these are there (and no others)."""
        what = f"parley says {people}"
        poll(lambda: self.who() == people if alone else people.items() <= self.who().items(), seconds, what)
        if alone:
            assert ok(self.act(self.ann, "GET"))["participants_count"] == len(people)


def test_coming_and_going(scene):
    ann, bob = scene.call(scene.ann), scene.call(scene.bob)
    scene.until({scene.ann.username: ann.sid, scene.bob.username: bob.sid})
    bob.hang_up()
    scene.until({scene.ann.username: ann.sid}, 2)


def test_second_device_takes_the_first_ones_place(scene):
    first = scene.call(scene.bob)
    second = scene.call(scene.bob)
    first.wait_gone(3)
    scene.until({scene.bob.username: second.sid})
    assert second.gone is None


def test_removed_with_an_old_token_back(scene):
    bob = scene.call(scene.bob)
    ok(scene.act(scene.ann, "DELETE", f"/participants/{scene.bob.username}"))
    bob.wait_gone(3)
    bob.is_sent_out()
    scene.until({})
    again = scene.call(scene.bob)
    time.sleep(1)
    assert again.gone is None, "a new token was taken"


def test_banned_while_connected(scene):
    ann, bob = scene.call(scene.ann), scene.call(scene.bob)
    assert scene.act(scene.ann, "POST", "/bans", json={"username": scene.bob.username}).status_code == 201
    bob.wait_gone(3)
    refused(scene.act(scene.bob, "POST", "/join"), 403, "You are banned from this room")
    bob.is_sent_out()
    scene.until({scene.ann.username: ann.sid})
    assert ann.gone is None


def test_who_left_is_disconnected(scene):
    bob = scene.call(scene.bob)
    ok(scene.act(scene.bob, "POST", "/leave"))
    bob.wait_gone(3)
    scene.until({})


def test_deleted_room_made_again_by_an_old_token(scene, livekit):
    ann, bob = scene.call(scene.ann), scene.call(scene.bob)
    ok(scene.act(scene.ann, "DELETE"))
    ann.wait_gone(3)
    bob.wait_gone(3)
    bob.is_sent_out()
    poll(lambda: scene.name not in livekit.rooms(), 10, "the room is closed again")
    assert scene.who() == {}
