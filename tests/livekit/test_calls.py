"""People in real calls: a real LiveKit server, LiveKit's own client, and what parley says of them."""

import contextlib
import itertools
import random
import signal
import time

import pytest
from harness.answers import ok, refused
from harness.caller import Caller, Loop
from harness.crowd import crowd, lines, together
from harness.poll import poll
from harness.secret import secret

pytestmark = pytest.mark.callers

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


def test_thirty_at_once_for_five_seats(server, livekit, loop):
    """Exactly five get a token, and all five get in; the others' tries and the five's retries change nothing."""
    with contextlib.ExitStack() as stack:
        scene = Scene(server, livekit, loop, stack, max_participants=5)
        people = crowd(server.database, 30)
        request = [lines("POST", f"/rooms/{scene.name}/join", person.token) for person in people]
        answers = together(server, request)
        assert sorted(status for status, _ in answers) == [200] * 5 + [409] * 25
        inside = [person for person, (status, _) in zip(people, answers, strict=True) if status == 200]
        callers = [scene.call(person) for person in inside]
        scene.until({person.username: each.sid for person, each in zip(inside, callers, strict=True)})
        again = together(server, request)
        assert {person.username for person, (status, _) in zip(people, again, strict=True) if status == 200} == {
            person.username for person in inside
        }


def test_seat_given_back_takes_its_token_along(server, livekit, loop):
    """One seat: who had it is sent out when they come by the old token and it is another's."""
    with contextlib.ExitStack() as stack:
        scene = Scene(server, livekit, loop, stack, max_participants=1)
        bob = scene.call(scene.bob)
        refused(scene.act(scene.ann, "POST", "/join"), 409, "Room is full")
        bob.hang_up()
        scene.until({}, 2)
        ann = scene.caller(scene.ann)
        bob.is_sent_out()
        poll(lambda: scene.bob.username not in scene.who(), 3, "bob has no seat")
        refused(scene.act(scene.bob, "POST", "/join"), 409, "Room is full")
        ann.connect()
        scene.until({scene.ann.username: ann.sid})


# --- webhooks that are lost, late or said twice; servers that come and go ---


@pytest.fixture
def fate(livekit):
    """fate(function): what becomes of LiveKit's webhooks, until the test ends."""

    def set_fate(function):
        livekit.relay.fate = function

    yield set_fate
    livekit.relay.fate = lambda event: [0]


def settled(scene):
    """After the next rounds parley says what LiveKit says."""

    def agreed():
        inside = {identity: sid for identity, sid in scene.who().items() if sid}
        return inside == scene.livekit.people(scene.name)

    poll(agreed, 8 + 2 * ROUND, "parley says what LiveKit says")
    assert ok(scene.act(scene.ann, "GET"))["participants_count"] == len(scene.who())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_every_second_webhook_lost(scene, fate, seed):
    """And of those that arrive some are late, and some are said twice."""
    chance, count = random.Random(seed), itertools.count()
    fate(lambda event: [] if next(count) % 2 else chance.choice([[0], [0, 0], [0.2, 1.5], [2]]))
    callers = [scene.caller(person) for person in (scene.ann, scene.bob, *scene.others)]
    inside = set()
    for _ in range(3):
        for _ in range(4):
            caller = chance.choice(callers)
            if caller in inside:
                caller.hang_up()
                inside.discard(caller)
            else:
                caller.connect()
                inside.add(caller)
        settled(scene)
        assert len(scene.livekit.people(scene.name)) == len(inside)


def test_webhooks_cut_off(scene, fate):
    fate(lambda event: [])
    bob = scene.caller(scene.bob).connect()
    scene.until({scene.bob.username: bob.sid}, 8)
    ok(scene.act(scene.bob, "POST", "/join"))
    bob.hang_up()
    scene.until({scene.bob.username: ""}, 12)  # promised anew


def test_banned_one_without_webhooks(scene, fate):
    """The next reconciliation finds who came by the old token."""
    bob = scene.call(scene.bob)
    fate(lambda event: [])
    assert scene.act(scene.ann, "POST", "/bans", json={"username": scene.bob.username}).status_code == 201
    bob.wait_gone(3)
    bob.is_sent_out(ROUND + 4)
    assert scene.who() == {}


@pytest.mark.slow  # the client waits long for what was ended under it
def test_deleted_while_livekit_is_away(scene, livekit):
    """Answered at once; what an old token makes of the room when LiveKit is back is ended."""
    bob = scene.call(scene.bob)
    bob.hang_up()  # or it would try by itself, too
    livekit.kill()
    began = time.monotonic()
    ok(scene.act(scene.ann, "DELETE"))
    assert time.monotonic() - began < 1
    assert scene.who() == {}
    livekit.start()
    bob.is_sent_out(8)
    poll(lambda: scene.name not in livekit.rooms(), 8, "the call is ended")
    poll(lambda: scene.server.database.query("select 1 from outbox") == [], 8, "nothing is left to do")


def test_deleted_while_livekit_hangs(scene, livekit):
    """The answer does not wait; the call ends when LiveKit goes on."""
    bob = scene.call(scene.bob)
    livekit.process.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        ok(scene.act(scene.ann, "DELETE"))
        assert time.monotonic() - began < 1
        time.sleep(1)
        assert bob.gone is None
    finally:
        livekit.process.send_signal(signal.SIGCONT)
    bob.wait_gone(10)


def test_livekit_killed_and_started(scene, livekit):
    """Its rooms are gone without a word."""
    bob = scene.call(scene.bob)
    scene.server.database.query("update visits set joined_at = joined_at - interval '1 minute'")
    livekit.kill()
    time.sleep(ROUND)
    assert scene.who() == {scene.bob.username: bob.sid}, "nobody said that they left"
    bob.gone = (0, "its server died")
    livekit.start()
    settled(scene)


def test_parley_away_meanwhile(scene):
    """It is told nothing while it is away, and asks when it is back."""
    ann, bob = scene.call(scene.ann), scene.call(scene.bob)
    scene.server.database.query("update visits set joined_at = joined_at - interval '1 minute'")
    scene.server.kill()
    bob.hang_up()
    scene.server.start()
    scene.until({scene.ann.username: ann.sid}, 12)
    assert ann.gone is None


def test_parley_killed_between_commit_and_effect(scene):
    """What it decided and had not yet told is told by the one started after it."""
    ann, bob = scene.call(scene.ann), scene.call(scene.bob)
    assert scene.act(scene.ann, "POST", "/bans", json={"username": scene.bob.username}).status_code == 201
    scene.server.kill()
    scene.server.start()
    bob.wait_gone(15)
    assert ann.gone is None
    scene.until({scene.ann.username: ann.sid}, 5)
