"""Who was in which call, when and how long: by the webhooks, over whatever happens to them; as JSON and as CSV."""

import csv
import io
import itertools
import random
import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from harness.answers import check_types, errors, ok, refused
from harness.crowd import crowd
from harness.poll import poll
from harness.webhooks import Call, new_sid, post

NAMES = ["user_id", "identity", "session", "joined_at", "left_at", "seconds", "leave_reason"]
OWN_NAMES = ["room_id", "room_name", *NAMES]


class Scene:
    """A room of ann's, and the visits to it."""

    def __init__(self, server, name="x"):
        self.server = server
        self.ann, self.bob, self.carl = crowd(server.database, 3)
        self.room = ok(server.http.post("/rooms/", json={"name": name}, headers=self.ann.headers))
        self.call = Call(server, self.room)

    def get(self, person=None, accept=None, path=None, **query):
        headers = (person or self.ann).headers | ({} if accept is None else {"Accept": accept})
        path = path or f"/rooms/{self.room['id']}/visits"
        return self.server.http.get(path, params=query, headers=headers)

    def visits(self, **more):
        found = ok(self.get(**more))["visits"]
        for each in found:
            assert list(each) == NAMES
            check_types(each, {"user_id": [int], "identity": [str], "seconds": [int], "joined_at": [str]})
        return found

    def spans(self):
        """(identity, seconds after the call's start, seconds stayed, reason) of each visit."""
        return [
            (each["identity"], round(moment(each["joined_at"]).timestamp()) - self.call.start, each["seconds"],
             each["leave_reason"])
            for each in self.visits()
        ]  # fmt: skip

    def rows(self, **more):
        """The lines of the CSV."""
        answer = self.get(accept="text/csv", **more)
        assert answer.status_code == 200
        return list(csv.reader(io.StringIO(answer.text, newline=""), strict=True))


@pytest.fixture
def scene(server):
    return Scene(server)


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


# --- who may ---


def test_only_the_creator_sees_them(scene):
    for person in (scene.bob, scene.carl):
        refused(scene.get(person), 403, "Only the room creator can see the visits")
        refused(scene.get(person, accept="text/csv"), 403, "Only the room creator can see the visits")
    assert scene.visits() == []


def test_room_is_not_there(scene):
    for number in (999999999, 99999999999, "room_ffffffff", "x"):
        refused(scene.get(path=f"/rooms/{number}/visits", accept="text/csv"), 404, "Room not found")


def test_callers(scene):
    assert scene.server.http.get("/users/me/visits").status_code == 401
    scene.server.database.query("update users set is_active = false where id = %s", [scene.ann.user["id"]])
    for path in (None, "/users/me/visits"):
        refused(scene.get(path=path), 400, "Inactive user")


def test_paging_is_that_of_all_lists(scene):
    for at in range(7):
        sid = scene.call.joined(scene.bob.username, at=10 * at)
        scene.call.left(scene.bob.username, sid, came=10 * at, at=10 * at + 1)
    for path in (None, "/users/me/visits"):
        person = scene.bob if path else scene.ann
        for skip, limit in ((0, 3), (3, 3), (6, 3), (7, 3), (0, 0), (2, 5000)):
            found = ok(scene.get(person, path=path, skip=skip, limit=limit))["visits"]
            starts = [round(moment(each["joined_at"]).timestamp()) - scene.call.start for each in found]
            assert starts == [10 * at for at in range(7)][skip : skip + limit]
        assert errors(scene.get(person, path=path, skip=-1, limit="x")) == {
            ("query", "skip"): "greater_than_equal",
            ("query", "limit"): "int_parsing",
        }


def test_me_is_no_number(scene):
    """/users/me/visits is a path of its own and takes none from the others."""
    headers = scene.ann.headers
    assert errors(scene.server.http.get("/users/me", headers=headers)) == {("path", "user_id"): "int_parsing"}
    assert scene.server.http.get("/users/1/visits", headers=headers).status_code == 404
    answer = scene.server.http.request("OPTIONS", "/users/me/visits")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"


# --- how long ---


def test_a_visit(scene):
    sid = scene.call.joined(scene.bob.username, at=-100)
    scene.call.left(scene.bob.username, sid, came=-100, at=-40)
    assert scene.visits() == [
        {
            "user_id": scene.bob.user["id"],
            "identity": scene.bob.username,
            "session": scene.call.sid,
            "joined_at": datetime.fromtimestamp(scene.call.start - 100, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "left_at": datetime.fromtimestamp(scene.call.start - 40, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "seconds": 60,
            "leave_reason": "CLIENT_INITIATED",
        }
    ]


def test_ones_own_in_all_rooms(scene):
    other = Scene(scene.server, 'Other, "room"')
    for at, call in ((-100, scene.call), (-300, other.call), (-200, scene.call)):
        sid = call.joined(scene.bob.username, at=at)
        call.left(scene.bob.username, sid, came=at, at=at + 10)
    other.call.joined(other.bob.username, at=-50)
    found = ok(scene.get(scene.bob, path="/users/me/visits"))["visits"]
    assert [list(each) for each in found] == [OWN_NAMES] * 3
    assert [(each["room_id"], each["room_name"], each["seconds"]) for each in found] == [
        (other.room["room_id"], 'Other, "room"', 10),
        (scene.room["room_id"], "x", 10),
        (scene.room["room_id"], "x", 10),
    ]
    assert scene.visits() == [{name: each[name] for name in NAMES} for each in found[1:]]


def test_a_visit_that_goes_on(scene):
    scene.call.joined(scene.bob.username, at=-100)
    (found,) = scene.visits()
    assert (found["left_at"], found["leave_reason"]) == (None, None)
    assert 100 <= found["seconds"] <= 110
    poll(lambda: scene.visits()[0]["seconds"] > found["seconds"], 10, "time goes by")


def test_a_visit_that_begins_by_another_clock(scene):
    """LiveKit's may be ahead of PostgreSQL's: nobody stays less than no time."""
    scene.call.joined(scene.bob.username, at=50)
    assert [each["seconds"] for each in scene.visits()] == [0]


def test_over_midnight_and_a_change_of_clocks(scene):
    """Two days and more, and the night when summer ends in Europe."""
    scene.call.start = int(datetime(2025, 10, 25, 22, 0, tzinfo=UTC).timestamp())
    sid = scene.call.joined(scene.bob.username)
    scene.call.left(scene.bob.username, sid, at=51 * 3600 + 1)
    (found,) = scene.visits()
    assert found["seconds"] == 51 * 3600 + 1
    assert (found["joined_at"], found["left_at"]) == ("2025-10-25T22:00:00Z", "2025-10-28T01:00:01Z")


def test_reconnected_over_and_over(scene):
    """A new connection each time; the old one's end is heard before, after or never."""
    name = scene.bob.username
    first = scene.call.joined(name, at=-500)
    second = scene.call.joined(name, at=-400)
    scene.call.left(name, first, came=-500, at=-380, reason="DUPLICATE_IDENTITY")
    third = scene.call.joined(name, at=-300)
    assert third
    scene.call.left(name, second, came=-400, at=-310, reason="CONNECTION_TIMEOUT")
    scene.call.joined(name, at=-200)
    spans = scene.spans()
    assert [span[:3] for span in spans[:3]] == [(name, -500, 100), (name, -400, 90), (name, -300, 100)]
    assert [span[3] for span in spans] == ["DUPLICATE_IDENTITY", "CONNECTION_TIMEOUT", None, None]
    assert 200 <= spans[3][2] <= 210


def test_call_that_ended_without_goodbyes(scene):
    scene.call.joined(scene.bob.username, at=-500)
    scene.call.finished(at=-100)
    assert scene.spans() == [(scene.bob.username, -500, 400, None)]
    assert scene.visits()[0]["left_at"] is not None


def test_call_that_ended_before_anybody_came(scene):
    """Its seconds are cut, theirs are not."""
    scene.call.finished(at=-100)
    scene.call.joined(scene.bob.username, at=-99)
    assert scene.spans() == [(scene.bob.username, -99, 0, None)]


def test_people_do_not_end_each_others_visits(scene):
    for at, person in ((-400, scene.bob), (-300, scene.carl), (-200, scene.ann)):
        scene.call.joined(person.username, at=at)
    assert [each["left_at"] for each in scene.visits()] == [None] * 3


def test_rooms_do_not_end_each_others_visits(scene):
    """Two devices in two rooms."""
    other = Scene(scene.server)
    scene.call.joined(scene.bob.username, at=-400)
    other.call.joined(scene.bob.username, at=-300)
    found = ok(scene.get(scene.bob, path="/users/me/visits"))["visits"]
    assert [each["left_at"] for each in found] == [None, None]


def test_deleted_room_keeps_its_visits(scene):
    sid = scene.call.joined(scene.bob.username, at=-100)
    ok(scene.server.http.delete(f"/rooms/{scene.room['id']}", headers=scene.ann.headers))
    scene.call.left(scene.bob.username, sid, came=-100, at=-40, reason="ROOM_DELETED")
    assert scene.spans() == [(scene.bob.username, -100, 60, "ROOM_DELETED")]


def life(rng, call, name):
    """Bodies of the webhooks of somebody who comes and goes, and what is to be said of it at the end."""
    bodies, spans, at = [], [], -5000
    for _ in range(rng.randint(1, 5)):
        at += rng.randint(1, 300)
        came, sid = at, new_sid("PA")
        at += rng.randint(0, 300)
        heard = rng.random()
        person = lambda **more: call.person(name, sid, came, **more)  # noqa: B023,E731
        if heard > 0.1:
            bodies.append(call.event("participant_joined", participant=person(state="ACTIVE"), at=came))
        # The goodbye may come late: LiveKit notices a lost connection when it is replaced.
        late = rng.choice([0, 0, rng.randint(1, 400)])
        if heard < 0.8:
            bodies.append(call.event("participant_left", participant=person(disconnectReason="X"), at=at + late))
            spans.append([came, at + late])
        else:
            spans.append([came, None])
    for each, after in itertools.pairwise(spans):
        each[1] = after[0] if each[1] is None else min(each[1], after[0])
    return bodies, spans


@pytest.mark.parametrize("seed", range(12))
def test_any_life_in_any_order(server, seed):
    """Whatever is heard of the webhooks in whatever order: nobody is in a call twice at once."""
    rng = random.Random(seed)
    scene = Scene(server)
    bodies, spans = [], {}
    for person in (scene.bob, scene.carl):
        more, spans[person.username] = life(rng, scene.call, person.username)
        bodies += more
    end = max(last or -5000 for each in spans.values() for pair in each for last in pair) + 50
    if rng.random() < 0.5:
        bodies.append(scene.call.event("room_finished", at=end))
        for each in spans.values():
            each[-1][1] = min(end if each[-1][1] is None else each[-1][1], end)
    bodies += rng.choices(bodies, k=4)
    rng.shuffle(bodies)
    for body in bodies:
        assert post(server, body).status_code == 200
    now = time.time() - scene.call.start
    for name, expected in spans.items():
        found = [span for span in scene.spans() if span[0] == name]
        assert [span[1] for span in found] == [came for came, _ in expected]
        for span, (came, gone) in zip(found, expected, strict=True):
            assert abs(span[2] - ((now if gone is None else gone) - came)) <= (3 if gone is None else 0)


# --- as CSV ---


def test_csv_has_the_same(scene):
    sid = scene.call.joined(scene.bob.username, at=-100)
    scene.call.left(scene.bob.username, sid, came=-100, at=-40)
    scene.call.joined(scene.carl.username, at=-30)
    answer = scene.get(accept="text/csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="visits.csv"'
    head, *rows = scene.rows()
    assert head == NAMES
    for row, visit in zip(rows, scene.visits(), strict=True):
        same = {name: "" if value is None else str(value) for name, value in visit.items() if name != "seconds"}
        assert {name: value for name, value in zip(head, row, strict=True) if name != "seconds"} == same
        assert abs(int(row[5]) - visit["seconds"]) <= 1
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n") == 3


def test_csv_of_nothing_has_its_names(scene):
    assert scene.get(accept="text/csv").content == ",".join(NAMES).encode() + b"\r\n"
    assert scene.rows(person=scene.bob, path="/users/me/visits") == [OWN_NAMES]


def test_csv_is_paged_as_well(scene):
    for at in range(5):
        scene.call.joined(scene.bob.username, at=at - 100)
    assert len(scene.rows(skip=1, limit=3)) == 4


TEXTS = [
    "plain", 'quo"te', '"', '""', "com,ma", "semi;colon", "new\nline", "cr\rlf\r\n", " blank ", "zo\u00eb \U0001f600",
]  # fmt: skip
FORMULAS = [
    '=cmd|\' /C calc\'!A0', '=HYPERLINK("http://x","y")', "+1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1",
    "=", "-", "%x", "|x", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201",
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS + FORMULAS)
def test_csv_keeps_texts_and_disarms_formulas(server, text):
    """A room's name is anybody's to choose, and stands in somebody else's spreadsheet."""
    scene = Scene(server, text)
    scene.call.joined(scene.bob.username, at=-10)
    answer = scene.get(scene.bob, accept="text/csv", path="/users/me/visits")
    _, row = csv.reader(io.StringIO(answer.text, newline=""), strict=True)
    assert row[1] == ("'" + text if text in FORMULAS else text)
    # A quote stands around what needs one, and only there (RFC 4180 section 2).
    line = answer.text.partition("\r\n")[2].partition(f"{scene.room['room_id']},")[2]
    assert line.startswith('"') == (re.search('[",\r\n]', text) is not None)


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, "json"),
        ("", "json"),
        ("*/*", "json"),
        ("application/json", "json"),
        ("application/*", "json"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "json"),
        ("text/html", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV", "csv"),
        ("text/*", "csv"),
        ("text/csv, */*", "csv"),
        ("text/csv;q=0.5, */*;q=0.1", "csv"),
        ("text/csv;q=0.1, */*;q=0.5", "json"),
        ("text/csv, application/json", "json"),
        ("application/json;q=0.9, text/csv", "csv"),
        ("application/json;q=0.9,text/csv;q=0.91", "csv"),
        ("application/json;q=0.901,text/csv;q=0.9", "json"),
        ("text/csv;q=0", "json"),
        ("text/csv;q=0, application/json;q=0", "json"),
        ("application/json;q=0, */*", "csv"),
        ("text/csv;q=0, text/*", "json"),
        ("text/*;q=0, text/csv", "csv"),
        ("text/csv ; q=1.000 , application/json ; q=0.999", "csv"),
        ("text/csv;header=present;q=0.7, application/json;q=0.6", "csv"),
        ("text/csv;Q=0.2, application/json;q=0.6", "json"),
        ("text/csv;q=, application/json;q=x", "json"),
        ("text/csv;q=1.5", "csv"),
        (",,;;, text/csv;;,", "csv"),
        ("text/csvx", "json"),
        ("text", "json"),
        ("text/", "json"),
        ("csv", "json"),
        ("*", "json"),
        ("a" * 4000 + "/b, text/csv", "csv"),
    ],
)
def test_what_is_preferred(scene, accept, wanted):
    answer = scene.get(accept=accept)
    kinds = {"json": "application/json", "csv": "text/csv; charset=utf-8"}
    assert answer.headers["content-type"] == kinds[wanted]
    assert "Accept" in answer.headers["vary"]


def test_preferences_in_two_lines(scene):
    """They count as one (RFC 9110 section 5.3)."""
    for lines, kind in (
        ("application/json;q=0.1\r\nAccept: text/csv", "text/csv"),
        ("text/csv\r\nAccept: application/json", "application/json"),
    ):
        with scene.server.connect() as client:
            head = f"GET /users/me/visits HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {scene.bob.token}\r\n"
            client.send(f"{head}Accept: {lines}\r\n\r\n".encode())
            assert client.response().get("content-type").partition(";")[0] == kind


def test_head_of_csv(scene):
    answer = scene.server.http.head(
        f"/rooms/{scene.room['id']}/visits", headers=scene.ann.headers | {"Accept": "text/csv"}
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["content-length"] == str(len(",".join(NAMES)) + 2)


def test_errors_are_json_whatever_is_preferred(scene):
    assert scene.get(accept="text/csv", limit="x").headers["content-type"] == "application/json"


def test_many_visits(scene):
    """A thousand in one answer, of which each is looked up by an index."""
    scene.server.database.query(
        "insert into visits (participant_sid, room_id, user_id, session, joined_at, left_at) "
        "select 'PA_' || %s || i, %s, %s, 'RM_x', %s::timestamptz + i * interval '1 minute', "
        "%s::timestamptz + i * interval '1 minute' + interval '30 s' from generate_series(1, 3000) i",
        [new_sid("x"), scene.room["id"], scene.bob.user["id"], *[datetime.now(UTC) - timedelta(days=9)] * 2],
    )
    began = time.monotonic()
    assert [each["seconds"] for each in scene.visits(skip=1500, limit=1000)] == [30] * 1000
    assert time.monotonic() - began < 6
    assert len(scene.rows(limit=1000)) == 1001
