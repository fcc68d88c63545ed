"""When a room may be joined, and when its calls end: rules, timestamps, warnings, and all of it exactly once."""

import base64
import json
import time
from datetime import UTC, datetime, timedelta

import pytest
from harness.answers import errors, ok, refused
from harness.crowd import crowd
from harness.poll import poll
from harness.server import Server, migrated
from harness.sfu import Sfu
from harness.webhooks import Call

EARLY = "Room is not open yet"
LATE = "Room is closed"


@pytest.fixture(scope="module")
def sfu():
    made = Sfu()
    yield made.start()
    made.stop()


@pytest.fixture(scope="module")
def servers(cluster, tmp_path_factory, sfu):
    """Two nodes with three workers each, on one database."""
    database = migrated(cluster, tmp_path_factory.mktemp("migrate"), "parley_schedule")
    made = []
    try:
        for _ in range(2):
            settings = {"LIVEKIT_API_URL": sfu.url, "RECONCILE_SECONDS": 3600, "WORKERS": 3}
            made.append(Server(tmp_path_factory.mktemp("server"), database.url(), **settings))
            made[-1].database = database
            made[-1].start()
        yield made
    finally:
        for server in made:
            server.stop()
    faults = [fault for server in made for fault in server.log_faults()]
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture
def server(servers):
    return servers[0]


def after(**more):
    return (datetime.now(UTC) + timedelta(**more)).isoformat().replace("+00:00", "Z")


class Scene:
    def __init__(self, server, sfu, **body):
        self.server, self.sfu = server, sfu
        self.ann, self.bob = crowd(server.database, 2)
        self.room = ok(server.http.post("/rooms/", json={"name": "x", **body}, headers=self.ann.headers))
        self.name = self.room["room_id"]
        self.call = Call(server, self.room)

    def act(self, person, method, path="", **more):
        return self.server.http.request(method, f"/rooms/{self.name}{path}", headers=person.headers, **more)

    def patch(self, **body):
        return self.act(self.ann, "PATCH", json=body)

    def join(self, person=None):
        return self.act(person or self.bob, "POST", "/join")

    def live(self, started=0):
        """bob joins and is in a call that LiveKit began so many seconds ago."""
        ok(self.join())
        self.call = Call(self.server, self.room)
        self.call.start = int(time.time())
        self.call.send("room_started", at=-started)
        sid = self.call.joined(self.bob.username, at=-started)
        self.sfu.put(self.name, self.bob.username, sid)
        return sid

    def said(self):
        """What LiveKit was told to tell people: (minutes, seconds from now to the end)."""
        found = []
        for called in self.sfu.calls("SendData"):
            if called.body["room"] != self.name:
                continue
            assert called.body["topic"] == "call_ending"
            assert called.claims["video"] == {"roomAdmin": True, "room": self.name}
            told = json.loads(base64.b64decode(called.body["data"]))
            ends = datetime.fromisoformat(told["ends_at"].replace("Z", "+00:00"))
            found.append((told["minutes"], (ends - datetime.now(UTC)).total_seconds()))
        return found

    def ended(self):
        return [each for each in self.sfu.calls("DeleteRoom") if each.body["room"] == self.name]

    def count(self):
        return ok(self.act(self.ann, "GET"))["participants_count"]

    def shift(self, **by):
        """Time goes by: all of the room's own times are earlier by so much."""
        query = self.server.database.query
        by = timedelta(**by)
        for text in (
            "update rooms set closes_at = closes_at - %s, opens_at = opens_at - %s where id = %s",
            "update calls set started_at = started_at - %s, finished_at = finished_at - %s where room_id = %s",
            "update schedule set ends_at = ends_at - %s, due_at = due_at - %s where room_id = %s",
        ):
            query(text, [by, by, self.room["id"]])


@pytest.fixture
def make(server, sfu):
    return lambda **body: Scene(server, sfu, **body)


# --- what is taken ---


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("2030-01-02T03:04:05Z", "2030-01-02T03:04:05Z"),
        ("2030-01-02t03:04:05z", "2030-01-02T03:04:05Z"),
        ("2030-01-02T03:04:05.5+02:00", "2030-01-02T01:04:05.5Z"),
        ("2030-01-02T03:04:05.123456789-00:00", "2030-01-02T03:04:05.123456Z"),
        ("2030-01-01T00:30:00+01:00", "2029-12-31T23:30:00Z"),
        ("2028-02-29T23:59:59-15:59", "2028-03-01T15:58:59Z"),
        ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"),
        ("9998-12-31T23:59:59.999999-15:00", "9999-01-01T14:59:59.999999Z"),
        (None, None),
    ],
)
def test_times_are_rfc_3339(make, given, kept):
    scene = make(opens_at=given, max_minutes=5)
    assert scene.room["opens_at"] == kept
    assert ok(scene.patch(closes_at=given, opens_at=None))["closes_at"] == kept
    (listed,) = [each for each in (ok(scene.act(scene.ann, "GET")),) if each["id"] == scene.room["id"]]
    assert (listed["opens_at"], listed["closes_at"], listed["max_minutes"]) == (None, kept, 5)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2030-01-02T03:04:05", "timezone_aware"),
        ("2030-01-02T03:04:05.5", "timezone_aware"),
        *[
            (text, "datetime_parsing")
            for text in (
                "", "x", "now", "infinity", "2030-01-02", "2030-01-02 03:04:05Z", "2030-01-02T03:04Z",
                "20300102T030405Z",
                "2030-13-01T00:00:00Z", "2030-00-01T00:00:00Z", "2030-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
                "2030-04-31T00:00:00Z", "2030-01-00T00:00:00Z", "2030-01-02T24:00:00Z", "2030-01-02T03:60:00Z",
                "2030-01-02T03:04:60Z", "2030-01-02T03:04:05.Z", "2030-01-02T03:04:05+0200", "2030-01-02T03:04:05+2:00",
                "2030-01-02T03:04:05+16:00", "2030-01-02T03:04:05+01:60", "2030-01-02T03:04:05Z ",
                " 2030-01-02T03:04:05Z",
                "2030-01-02T03:04:05ZZ", "2030-01-02T03:04:05 UTC", "+2030-01-02T03:04:05Z", "12030-01-02T03:04:05Z",
                "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2030-01-02T03:04:05Z\0", "\u0662030-01-02T03:04:05Z",
            )
        ],
        (1757068342, "datetime_type"),
        (True, "datetime_type"),
        ([], "datetime_type"),
    ],
)  # fmt: skip
def test_what_is_no_time(make, value, kind):
    scene = make()
    assert errors(scene.patch(opens_at=value, closes_at=value)) == {
        ("body", n): kind for n in ("opens_at", "closes_at")
    }
    answer = scene.server.http.post("/rooms/", json={"name": "x", "opens_at": value}, headers=scene.ann.headers)
    assert errors(answer) == {("body", "opens_at"): kind}


@pytest.mark.parametrize(
    ("value", "kind"),
    [(0, "greater_than_equal"), (-1, "greater_than_equal"), (10081, "less_than_equal"), ("x", "int_parsing")],
)
def test_minutes(make, value, kind):
    scene = make(max_minutes=10080)
    assert errors(scene.patch(max_minutes=value)) == {("body", "max_minutes"): kind}
    assert ok(scene.patch(max_minutes="1"))["max_minutes"] == 1
    assert ok(scene.patch(max_minutes=None))["max_minutes"] is None


def test_a_room_closes_after_it_opens(make):
    """Whichever of the two was there first."""
    scene = make(opens_at="2030-01-01T00:00:00Z")
    wrong = {("body",): "value_error"}
    for body in (
        {"closes_at": "2030-01-01T00:00:00Z"},
        {"closes_at": "2029-12-31T23:59:59Z", "name": "y"},
        {"opens_at": "2031-01-01T00:00:00Z", "closes_at": "2030-06-01T00:00:00Z"},
    ):
        assert errors(scene.patch(**body)) == wrong
    assert ok(scene.patch(closes_at="2030-01-01T00:00:01Z"))["name"] == "x"
    assert errors(scene.patch(opens_at="2030-01-01T01:00:00+01:00", closes_at="2030-01-01T00:00:00Z")) == wrong
    assert errors(scene.patch(opens_at="2030-01-02T00:00:00Z")) == wrong
    assert ok(scene.patch(opens_at=None, closes_at="2029-01-01T00:00:00Z"))
    body = {"name": "x", "opens_at": "2030-01-01T00:00:00Z", "closes_at": "2030-01-01T00:00:00Z"}
    assert errors(scene.server.http.post("/rooms/", json=body, headers=scene.ann.headers)) == wrong


# --- who may join ---


def test_early_and_late(make):
    scene = make(opens_at=after(seconds=60), closes_at=after(hours=1))
    for person in (scene.ann, scene.bob):
        refused(scene.join(person), 403, EARLY)
        answer = scene.server.http.post("/livekit/token", json={"room_name": scene.name}, headers=person.headers)
        refused(answer, 403, EARLY)
    scene.shift(seconds=61)
    ok(scene.join())
    scene.shift(hours=1)
    refused(scene.join(), 403, LATE)
    ok(scene.patch(closes_at=after(hours=1)))
    ok(scene.join())
    ok(scene.patch(closes_at=None, opens_at=None))
    ok(scene.join())


def test_the_banned_learn_no_times(make):
    scene = make(closes_at=after(seconds=-1))
    scene.act(scene.ann, "POST", "/bans", json={"username": scene.bob.username})
    refused(scene.join(), 403, "You are banned from this room")
    ok(scene.act(scene.ann, "DELETE"))
    refused(scene.join(scene.ann), 400, "Room is not active")


# --- warnings and the end ---


def test_told_twice_then_ended(make, sfu):
    """Six workers of two nodes look: each thing happens once."""
    scene = make(closes_at=after(minutes=6))
    scene.live()
    time.sleep(1.5)
    assert scene.said() == []
    scene.shift(minutes=1)
    poll(scene.said, 4, "the first warning")
    scene.shift(minutes=4)
    poll(lambda: len(scene.said()) == 2, 4, "the second")
    assert scene.count() == 1
    assert not scene.ended()
    scene.shift(minutes=1)
    poll(scene.ended, 4, "the end")
    assert scene.name not in sfu.rooms
    assert scene.count() == 0
    refused(scene.join(), 403, LATE)
    time.sleep(2)
    assert [minutes for minutes, _ in scene.said()] == [5, 1]
    assert len(scene.ended()) == 1
    rows = scene.server.database.query("select closed_by from room_participants where room_id = %s", [scene.room["id"]])
    assert rows == [("ended",)]


def test_a_call_that_has_lasted_long_enough(make, sfu):
    """From its start, not from anybody's coming; the next one is another call."""
    scene = make(max_minutes=10)
    assert scene.server.database.query("select from schedule where room_id = %s", [scene.room["id"]]) == []
    scene.live(started=298)
    poll(scene.said, 4, "the warning")
    ((minutes, seconds),) = scene.said()
    assert minutes == 5
    assert 290 < seconds <= 300
    scene.call.joined(scene.ann.username)
    scene.shift(seconds=303)
    poll(scene.ended, 4, "the end")
    scene.call.finished(at=1)
    assert scene.count() == 0
    scene.live(started=0)
    time.sleep(2)
    assert scene.count() == 1
    assert len(scene.ended()) == 1


def test_the_earlier_end_counts(make):
    scene = make(max_minutes=60, closes_at=after(minutes=30))
    scene.live(started=0)
    query = "select extract(epoch from ends_at - now())::float / 60 from schedule where room_id = %s"
    left = lambda: scene.server.database.query(query, [scene.room["id"]])[0][0]  # noqa: E731
    assert 29 < left() <= 30
    ok(scene.patch(closes_at=after(minutes=90)))
    assert 59 < left() <= 60
    ok(scene.patch(max_minutes=None))
    assert 89 < left() <= 90
    ok(scene.patch(closes_at=None))
    assert scene.server.database.query("select from schedule where room_id = %s", [scene.room["id"]]) == []


def test_start_that_was_not_heard(make):
    """It began with the first of those who are there."""
    scene = make(max_minutes=10)
    scene.sfu.put(scene.name, scene.bob.username, scene.call.joined(scene.bob.username, at=-538))
    poll(scene.said, 4, "the warning")
    assert scene.said()[0][0] == 1


def test_new_times_warn_anew_and_the_same_do_not(make):
    scene = make(closes_at=after(minutes=4, seconds=30))
    scene.live()
    time.sleep(1.5)
    assert scene.said() == [], "the first would have been due before"
    scene.shift(minutes=3, seconds=40)
    poll(lambda: len(scene.said()) == 1, 4, "one minute")
    room = ok(scene.act(scene.ann, "GET"))
    ok(scene.patch(closes_at=room["closes_at"], max_minutes=None, name="y"))
    time.sleep(1.5)
    assert len(scene.said()) == 1
    ok(scene.patch(closes_at=after(minutes=5, seconds=2)))
    poll(lambda: [minutes for minutes, _ in scene.said()] == [1, 5], 6, "five minutes, again")


def test_nobody_is_told_where_nobody_is(make):
    scene = make(closes_at=after(seconds=58))
    time.sleep(2)
    assert scene.said() == []
    rows = scene.server.database.query("select 1 from outbox where room_id = %s", [scene.room["id"]])
    assert rows == []


def test_closed_at_once(make, sfu):
    """By a time that is over."""
    scene = make()
    scene.live()
    ok(scene.patch(closes_at=after(seconds=-1)))
    poll(scene.ended, 4, "the end")
    assert scene.said() == []
    assert scene.count() == 0


def test_old_tokens_open_no_closed_room(make, sfu):
    """LiveKit takes them and makes the room again: it is ended again."""
    scene = make(closes_at=after(hours=1))
    scene.live()
    ok(scene.patch(closes_at=after(seconds=-1)))
    poll(scene.ended, 4, "the end")
    scene.call.finished(at=1)
    again = Call(scene.server, scene.room)
    sfu.put(scene.name, scene.bob.username, "PA_again")
    again.send("room_started")
    poll(lambda: len(scene.ended()) == 2, 4, "it is ended again")
    again.joined(scene.bob.username)
    poll(lambda: len(scene.ended()) == 3, 4, "and again")
    assert scene.count() == 0


def test_who_comes_back_with_an_old_token_is_sent_out(make, sfu):
    """After max_minutes the room is open, but to those who join."""
    scene = make(max_minutes=1)
    scene.live(started=61)
    poll(scene.ended, 4, "the end")
    scene.call.finished(at=1)
    again = Call(scene.server, scene.room)
    sfu.put(scene.name, scene.bob.username, "PA_back")
    again.send("room_started")
    again.joined(scene.bob.username)
    poll(lambda: sfu.rooms[scene.name] == {}, 3, "bob is out")
    assert scene.count() == 0
    ok(scene.join())
    assert scene.count() == 1


def test_warning_while_livekit_is_away(make, sfu):
    """It is told when LiveKit is back, the newest alone."""
    scene = make(closes_at=after(minutes=5, seconds=1))
    scene.live()
    sfu.stop()
    text = "select last_error from outbox where room_id = %s and action = 'send_data'"
    poll(lambda: scene.server.database.query(text, [scene.room["id"]]) == [("not reachable",)], 6, "an attempt")
    scene.shift(minutes=4)
    text = "select message::json ->> 'minutes' from outbox where room_id = %s"
    poll(lambda: scene.server.database.query(text, [scene.room["id"]]) == [("1",)], 4, "the next")
    sfu.start()
    poll(scene.said, 8, "it is told")
    assert [minutes for minutes, _ in scene.said()] == [1]


def test_warning_that_livekit_refuses(make, sfu):
    """The call may just be over: once is enough."""
    scene = make(closes_at=after(minutes=5, seconds=1))
    scene.live()
    sfu.refusing["SendData"] = (503, {"code": "unavailable", "msg": "no response from servers"})
    try:
        poll(scene.said, 5, "an attempt")
        time.sleep(2)
        assert len(scene.said()) == 1
    finally:
        sfu.refusing.clear()
    assert scene.server.database.query("select from outbox where room_id = %s", [scene.room["id"]]) == []


@pytest.mark.timeout(90)
def test_node_that_armed_it_dies(start_server, database, sfu):
    """Another one, or the same started again, ends the call."""
    first = start_server(LIVEKIT_API_URL=sfu.url, RECONCILE_SECONDS=3600)
    scene = Scene(first, sfu, closes_at=after(minutes=2))
    scene.live()
    first.kill()
    first.process = None
    scene.shift(minutes=2)
    time.sleep(1.5)
    assert not scene.ended()
    start_server(LIVEKIT_API_URL=sfu.url, RECONCILE_SECONDS=3600)
    poll(scene.ended, 6, "the end")


def test_many_ends_at_once(make, sfu):
    """Each once, whoever finds it."""
    scenes = [make(closes_at=after(minutes=7)) for _ in range(30)]
    for scene in scenes:
        scene.live()
    ids = [scene.room["id"] for scene in scenes]
    scenes[0].server.database.query(
        "update schedule set ends_at = now() + interval '4 minutes 50 seconds', due_at = now() where room_id = any(%s)",
        [ids],
    )
    poll(lambda: all(scene.said() for scene in scenes), 15, "all are warned")
    scenes[0].server.database.query(
        "update schedule set ends_at = now(), due_at = now() where room_id = any(%s)", [ids]
    )
    poll(lambda: all(scene.ended() for scene in scenes), 15, "all are ended")
    time.sleep(1)
    assert {len(scene.said()) for scene in scenes} == {1}
    assert {len(scene.ended()) for scene in scenes} == {1}
