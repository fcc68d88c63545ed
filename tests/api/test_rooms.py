"""Rooms: making, reading, changing, deleting them, and every input they take."""

import json
import re
import time

import pytest
from harness.answers import check_listed_room, check_room, check_user, errors, ok, refused
from harness.crowd import crowd, lines, together
from harness.people import newcomer

JSON = {"Content-Type": "application/json"}
# What may stand for a room that is not there.
NO_ROOM = [
    "0", "-1", "2147483647", "2147483648", "9999999999999999999999", "abc", "1.5", "1e3", "room_", "room_0000000",
    "room_zzzzzzzz", "room_00000000", "ROOM_1", "room%201", "room_%25", "room_%5F%5F%5F%5F%5F%5F%5F%5F", "%E2%98%83",
    "room_" + "0" * 500, "1%2F2", "' or 1=1", "null", "room_'--",
]  # fmt: skip


@pytest.fixture
def other(server):
    (person,) = crowd(server.database, 1)
    return person


@pytest.fixture
def call(server, me):
    """call("GET", path, by=person, json=...): a request of mine, or somebody's."""

    def send(method, path, by=me, **more):
        headers = {**by.headers, **more.pop("headers", {})}
        return server.http.request(method, path, headers=headers, **more)

    return send


# --- making ---


def test_create_answers_the_room(make, me):
    room = make(name="Team Meeting", description="Weekly team sync", max_participants=10)
    check_room(room)
    assert {name: room[name] for name in ("name", "description", "max_participants", "creator_id", "is_active")} == {
        "name": "Team Meeting",
        "description": "Weekly team sync",
        "max_participants": 10,
        "creator_id": me.user["id"],
        "is_active": True,
    }
    assert room["updated_at"] is None


def test_create_with_a_name_alone(make):
    room = make()
    assert (room["description"], room["max_participants"]) == (None, 50)


def test_create_without_a_slash(call):
    check_room(ok(call("POST", "/rooms", json={"name": "x"})))


def test_names_in_livekit_are_all_different(make):
    assert len({make()["room_id"] for _ in range(50)}) == 50


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("7", 7), ('"7"', 7), ("7.0", 7), ("true", 1), ("null", 50), ('" 7 "', 7), ('"+7"', 7), ('"07"', 7),
        ('"7.00"', 7), ('"1_000"', 1000), ("1e2", 100), ("1.5e1", 15), ("1", 1), ("1000000", 1000000),
        ('"1000000"', 1000000), ("1E6", 1000000), ("7, \"max_participants\": 8", 8),
    ],
)  # fmt: skip
def test_max_participants(call, value, expected):
    text = f'{{"name": "x", "max_participants": {value}}}'
    room = ok(call("POST", "/rooms/", content=text, headers=JSON))
    assert room["max_participants"] == expected
    assert type(room["max_participants"]) is int
    assert ok(call("GET", f"/rooms/{room['id']}"))["max_participants"] == expected


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("7.5", "int_from_float"), ("1e-1", "int_from_float"), ('"7.5"', "int_parsing"), ('"many"', "int_parsing"),
        ('""', "int_parsing"), ('"7."', "int_parsing"), ('"7_"', "int_parsing"), ('"1__0"', "int_parsing"),
        ('"0x7"', "int_parsing"), ('"1e2"', "int_parsing"), ('"NaN"', "int_parsing"), ("[]", "int_type"),
        ("{}", "int_type"), ("[7]", "int_type"), ("0", "greater_than_equal"), ("false", "greater_than_equal"),
        ("-1", "greater_than_equal"), ('"-7"', "greater_than_equal"), ("-0.0", "greater_than_equal"),
        ("-1e400", "greater_than_equal"), ("1000001", "less_than_equal"), ("2147483648", "less_than_equal"),
        ("9223372036854775808", "less_than_equal"), ("1e400", "less_than_equal"),
        ('"99999999999999999999"', "less_than_equal"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_max_participants_refused(call, make, method, value, kind):
    path = "/rooms/" if method == "POST" else f"/rooms/{make()['id']}"
    text = f'{{"name": "x", "max_participants": {value}}}'
    assert errors(call(method, path, content=text, headers=JSON)) == {("body", "max_participants"): kind}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"name": "missing"}),
        ({"name": None}, {"name": "string_type"}),
        ({"name": 5}, {"name": "string_type"}),
        ({"name": True}, {"name": "string_type"}),
        ({"name": ["x"]}, {"name": "string_type"}),
        ({"name": ""}, {"name": "string_too_short"}),
        ({"name": "x" * 101}, {"name": "string_too_long"}),
        ({"name": "ж" * 101}, {"name": "string_too_long"}),
        ({"name": "a\0b"}, {"name": "value_error"}),
        ({"name": "x", "description": 5}, {"description": "string_type"}),
        ({"name": "x", "description": "x" * 10001}, {"description": "string_too_long"}),
        ({"name": "x", "description": "a\0b"}, {"description": "value_error"}),
        (
            {"description": [], "max_participants": "many"},
            {"name": "missing", "description": "string_type", "max_participants": "int_parsing"},
        ),
    ],
)
def test_create_refused(call, body, expected):
    answer = call("POST", "/rooms/", json=body)
    assert errors(answer) == {("body", name): kind for name, kind in expected.items()}


@pytest.mark.parametrize(
    ("text", "location", "kind"),
    [
        ("", ("body",), "missing"),
        ("[]", ("body",), "model_attributes_type"),
        ('"name"', ("body",), "model_attributes_type"),
        ('{"name": "x"', ("body", 12), "json_invalid"),
        ('{"name": x}', ("body", 9), "json_invalid"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_bodies_that_are_no_object(call, make, method, text, location, kind):
    path = "/rooms/" if method == "POST" else f"/rooms/{make()['id']}"
    assert errors(call(method, path, content=text, headers=JSON)) == {location: kind}


@pytest.mark.parametrize(
    "name", ["x", "x" * 100, "ж" * 100, "😀" * 100, " ", "a\nb\tc", "'; drop table rooms; --", "%s {} \\"]
)
def test_names_come_back_as_given(call, make, name):
    room = make(name=name, description=name * 100)
    assert (room["name"], room["description"]) == (name, name * 100)
    assert ok(call("GET", f"/rooms/{room['id']}"))["name"] == name


def test_create_takes_the_last_of_a_repeated_key_and_ignores_unknown_ones(call):
    text = (
        '{"name": 5, "id": 1, "is_active": false, "creator_id": 9, "room_id": "room_mine", "x": [{}], "name": "last"}'
    )
    room = check_room(ok(call("POST", "/rooms/", content=text, headers=JSON)))
    assert (room["name"], room["is_active"]) == ("last", True)


def test_empty_description_is_no_null(make):
    assert make(description="")["description"] == ""


# --- reading ---


def test_get_by_number_and_by_name(call, make, server):
    person = newcomer(server.http, full_name="Ann")
    room = ok(call("POST", "/rooms/", json={"name": "x"}, by=person))
    found = check_listed_room(ok(call("GET", f"/rooms/{room['id']}")))
    assert found == {**room, "participants_count": 0, "creator": person.user}
    for form in (room["room_id"], f"0{room['id']}", f"{room['id']}.0", f"%2B{room['id']}", f"{room['id']}/"):
        assert ok(call("GET", f"/rooms/{form}")) == found


@pytest.mark.parametrize("ref", NO_ROOM)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/join"), ("GET", "/participants")]
)
def test_room_that_is_not_there(call, method, rest, ref):
    more = {"json": {"name": "x"}} if method == "PATCH" else {}
    refused(call(method, f"/rooms/{ref}{rest}", **more), 404, "Room not found")


@pytest.mark.parametrize("ref", NO_ROOM)
def test_leaving_a_room_that_is_not_there(call, ref):
    refused(call("POST", f"/rooms/{ref}/leave"), 400, "You are not in this room")


def test_list_shows_active_rooms_with_creator_and_count(call, make, other):
    first, second, gone = make(), make(), make()
    assert call("POST", f"/rooms/{first['id']}/join", by=other).status_code == 200
    ok(call("DELETE", f"/rooms/{gone['id']}"))
    found = {room["id"]: check_listed_room(room) for room in ok(call("GET", "/rooms/?limit=1000"))}
    assert found[first["id"]]["participants_count"] == 1
    assert found[second["id"]]["participants_count"] == 0
    assert gone["id"] not in found
    assert list(found) == sorted(found)
    assert ok(call("GET", "/rooms?limit=1000")) == list(found.values())


# --- changing ---


def test_update(call, make):
    room = make(description="before", max_participants=5)
    after = check_room(ok(call("PATCH", f"/rooms/{room['id']}", json={"name": "after"})))
    assert after == {**room, "name": "after", "updated_at": after["updated_at"]}
    assert after["updated_at"] > room["created_at"]
    after = ok(call("PATCH", f"/rooms/{room['room_id']}", json={"description": None, "max_participants": "9"}))
    assert (after["name"], after["description"], after["max_participants"]) == ("after", None, 9)
    after = ok(call("PATCH", f"/rooms/{room['id']}", json={"max_participants": None}))
    assert after["max_participants"] == 50
    found = ok(call("GET", f"/rooms/{room['id']}"))
    assert {name: found[name] for name in after} == after


@pytest.mark.parametrize(
    "body", [{}, {"id": 1, "room_id": "room_x", "creator_id": 1, "is_active": False, "unknown": 1}]
)
def test_update_leaves_the_rest(call, make, body):
    room = make(description="x", max_participants=3)
    after = ok(call("PATCH", f"/rooms/{room['id']}", json=body))
    assert {**after, "updated_at": None} == room


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"name": None}, {"name": "string_type"}),
        ({"name": ""}, {"name": "string_too_short"}),
        ({"name": "x" * 101}, {"name": "string_too_long"}),
        (
            {"description": 1, "max_participants": 0},
            {"description": "string_type", "max_participants": "greater_than_equal"},
        ),
        ({"description": "x" * 10001}, {"description": "string_too_long"}),
    ],
)
def test_update_refused(call, make, body, expected):
    room = make()
    answer = call("PATCH", f"/rooms/{room['id']}", json=body)
    assert errors(answer) == {("body", name): kind for name, kind in expected.items()}
    assert ok(call("GET", f"/rooms/{room['id']}"))["name"] == room["name"]


def test_update_is_the_creators(call, make, other):
    room = make()
    for ref in (room["id"], room["room_id"]):
        answer = call("PATCH", f"/rooms/{ref}", by=other, json={"name": "mine"})
        refused(answer, 403, "Only the room creator can update the room")
    assert ok(call("GET", f"/rooms/{room['id']}"))["name"] == room["name"]


# --- deleting ---


def test_delete(call, make, other):
    room = make()
    assert call("POST", f"/rooms/{room['id']}/join", by=other).status_code == 200
    for ref in (room["id"], room["room_id"], room["id"]):
        assert ok(call("DELETE", f"/rooms/{ref}")) == {"message": "Room deleted successfully"}
    found = check_listed_room(ok(call("GET", f"/rooms/{room['id']}")))
    assert (found["is_active"], found["participants_count"]) == (False, 0)
    assert ok(call("GET", f"/rooms/{room['id']}/participants")) == {"participants": []}
    refused(call("POST", f"/rooms/{room['id']}/join"), 400, "Room is not active")
    refused(call("POST", f"/rooms/{room['id']}/join", by=other), 400, "Room is not active")
    refused(call("POST", f"/rooms/{room['id']}/leave", by=other), 400, "You are not in this room")


def test_delete_is_the_creators(call, make, other):
    room = make()
    refused(call("DELETE", f"/rooms/{room['id']}", by=other), 403, "Only the room creator can delete the room")
    assert ok(call("GET", f"/rooms/{room['id']}"))["is_active"] is True
    ok(call("DELETE", f"/rooms/{room['id']}"))
    refused(call("DELETE", f"/rooms/{room['id']}", by=other), 403, "Only the room creator can delete the room")


def test_delete_is_told_to_livekit_once(call, make, server):
    room = make()
    for _ in range(3):
        ok(call("DELETE", f"/rooms/{room['id']}"))
    told = server.database.query("select action, user_id from outbox where room_id = %s", [room["id"]])
    assert told == [("delete_room", None)]


# --- participants ---


def test_participants(call, make, me, other, server):
    room = make()
    assert ok(call("GET", f"/rooms/{room['id']}/participants")) == {"participants": []}
    for person in (other, me):
        ok(call("POST", f"/rooms/{room['id']}/join", by=person))
    for ref in (room["id"], room["room_id"]):
        found = ok(call("GET", f"/rooms/{ref}/participants"))["participants"]
        assert [each["identity"] for each in found] == [other.username, me.username]
    for each, person in zip(found, (other, me), strict=True):
        assert (each["name"], each["user_id"]) == (person.username, person.user["id"])
        assert (each["sid"], each["state"], each["tracks"]) == ("", "JOINING", [])
        assert type(each["joined_at"]) is int
        assert time.time() - 30 < each["joined_at"] <= time.time()
    server.database.query("update users set is_active = false where id = %s", [other.user["id"]])
    assert len(ok(call("GET", f"/rooms/{room['id']}/participants"))["participants"]) == 2


def test_participants_joined_in_the_past(call, make, other, server):
    """The second it was, not the nearest."""
    room = make()
    server.database.query(
        "insert into room_participants (room_id, user_id, joined_at) values (%s, %s, '2025-09-05 10:30:00.9Z')",
        [room["id"], other.user["id"]],
    )
    (found,) = ok(call("GET", f"/rooms/{room['id']}/participants"))["participants"]
    assert found["joined_at"] == 1757068200


# --- rows that the service before left ---


def test_room_of_a_row_with_nothing_in_it(call, server, me):
    ((number,),) = server.database.query(
        "insert into rooms (name, room_id, creator_id, is_active, max_participants) "
        "values ('old', 'room_' || substr(md5(random()::text), 1, 8), %s, null, null) returning id",
        [me.user["id"]],
    )
    room = check_listed_room(ok(call("GET", f"/rooms/{number}")))
    assert (room["is_active"], room["max_participants"], room["participants_count"]) == (False, 50, 0)
    refused(call("POST", f"/rooms/{number}/join"), 400, "Room is not active")
    assert number not in [each["id"] for each in ok(call("GET", "/rooms/?limit=1000"))]
    assert ok(call("PATCH", f"/rooms/{number}", json={"name": "new"}))["max_participants"] == 50
    assert ok(call("DELETE", f"/rooms/{number}")) == {"message": "Room deleted successfully"}
    assert ok(call("GET", f"/rooms/{number}"))["is_active"] is False


@pytest.mark.parametrize("limit", [0, -1, -2147483648])
def test_room_that_had_no_limit(call, server, make, limit):
    room = make()
    server.database.query("update rooms set max_participants = %s where id = %s", [limit, room["id"]])
    for person in crowd(server.database, 3):
        assert call("POST", f"/rooms/{room['id']}/join", by=person).status_code == 200
    assert ok(call("GET", f"/rooms/{room['id']}"))["max_participants"] == limit


def test_seats_that_are_neither_held_nor_not(call, server, make, other):
    """is_connected NULL reads as false."""
    room = make(max_participants=1)
    server.database.query(
        "insert into room_participants (room_id, user_id, is_connected) values (%s, %s, null)",
        [room["id"], other.user["id"]],
    )
    assert ok(call("GET", f"/rooms/{room['id']}"))["participants_count"] == 0
    assert ok(call("GET", f"/rooms/{room['id']}/participants")) == {"participants": []}
    refused(call("POST", f"/rooms/{room['id']}/leave", by=other), 400, "You are not in this room")
    assert call("POST", f"/rooms/{room['id']}/join").status_code == 200


def test_creator_who_is_inactive_is_still_shown(call, server, make, me, other):
    room = make()
    server.database.query("update users set is_active = null where id = %s", [me.user["id"]])
    found = check_listed_room(ok(call("GET", f"/rooms/{room['id']}", by=other)))
    assert check_user(found["creator"])["is_active"] is False


def test_many_rooms_at_once(server, me):
    """Each has a number and a name of its own."""
    results = together(server, [lines("POST", "/rooms/", me.token, {"name": f"room {i}"}) for i in range(40)])
    assert {status for status, _ in results} == {200}, results
    assert len({room["id"] for _, room in results}) == len({room["room_id"] for _, room in results}) == 40
    assert all(re.fullmatch("room_[0-9a-f]{8}", room["room_id"]) for _, room in results)


def test_answers_are_plain_json(call, make):
    """What is not ASCII is UTF-8, and nothing is escaped that need not be."""
    room = make(name='<b>"ö" / \\ \u2028</b>')
    answer = call("GET", f"/rooms/{room['room_id']}")
    assert answer.headers["content-type"].partition(";")[0] == "application/json"
    assert json.loads(answer.content.decode("utf-8"))["name"] == '<b>"ö" / \\ \u2028</b>'
    assert "ö" in answer.text
