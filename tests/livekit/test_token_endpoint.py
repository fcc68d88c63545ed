"""LiveKit's standard token endpoint: the join of a room, asked for as LiveKit's client libraries do."""

import json

import jwt
import pytest
from harness.answers import errors, ok, refused
from harness.crowd import crowd, lines, together
from harness.people import bearer
from harness.secret import secret
from harness.server import LIVEKIT_API_SECRET

ROOM = "room_name"
CONFIG = {"emptyTimeout": 300, "departureTimeout": 20, "maxParticipants": 50}


@pytest.fixture
def people(server):
    return crowd(server.database, 3)


@pytest.fixture
def room(server, people):
    return ok(server.http.post("/rooms/", json={"name": "x"}, headers=people[0].headers))


@pytest.fixture
def ask(server, room, people):
    """ask(participant_name=..., person=...): the answer; the second of the people asks."""

    def run(person=None, **body):
        headers = (person or people[1]).headers
        return server.http.post("/livekit/token", json={ROOM: room["room_id"], **body}, headers=headers)

    return run


def made(answer):
    assert answer.status_code == 201, answer.text
    return answer.json()


def claims(token):
    return jwt.decode(secret(token), LIVEKIT_API_SECRET, algorithms=["HS256"], issuer="devkey")


def seats(server, room):
    return server.database.query("select user_id from room_participants where room_id = %s", [room["id"]])


def test_it_is_the_join(server, room, people, ask):
    found = made(ask())
    assert list(found) == ["server_url", "participant_token", "room_name", "participant_name"]
    assert found["server_url"] == "ws://127.0.0.1:7880"
    assert (found["room_name"], found["participant_name"]) == (room["room_id"], people[1].username)
    joined = ok(server.http.post(f"/rooms/{room['id']}/join", headers=people[1].headers))
    expected, given = claims(joined["token"]), claims(found["participant_token"])
    for name in ("nbf", "exp"):
        assert abs(expected.pop(name) - given.pop(name)) <= 2
    assert given == expected
    assert given["video"] == {"roomJoin": True, "room": room["room_id"], "canPublish": True, "canSubscribe": True}
    assert seats(server, room) == [(people[1].user["id"],)]


def test_room_by_its_number(room, ask):
    assert made(ask(room_name=str(room["id"])))["room_name"] == room["room_id"]


@pytest.mark.parametrize("name", ["", "x", "room_", "room_ffffffff", "99999999999999999999", "-1", "Weekly", "room_%"])
def test_room_is_not_there(ask, name):
    refused(ask(room_name=name), 404, "Room not found")


@pytest.mark.parametrize(
    ("name", "kind"), [(None, "string_type"), (7, "string_type"), ([], "string_type"), ("room_\0", "value_error")]
)
def test_what_is_no_name_of_a_room(ask, name, kind):
    assert errors(ask(room_name=name)) == {("body", ROOM): kind}


def test_room_has_to_be_named(server, people):
    answer = server.http.post("/livekit/token", json={}, headers=people[1].headers)
    assert errors(answer) == {("body", ROOM): "missing"}


def test_joins_refusals(server, room, people, ask):
    ann, bob, carl = people
    path = f"/rooms/{room['id']}"
    assert server.http.post("/livekit/token", json={ROOM: room["room_id"]}).status_code == 401
    assert server.http.post(f"{path}/bans", json={"username": bob.username}, headers=ann.headers).status_code == 201
    refused(ask(), 403, "You are banned from this room")
    ok(server.http.patch(path, json={"max_participants": 1}, headers=ann.headers))
    made(ask(ann))
    refused(ask(carl), 409, "Room is full")
    server.database.query("update users set is_active = false where id = %s", [carl.user["id"]])
    refused(ask(carl), 400, "Inactive user")
    ok(server.http.delete(path, headers=ann.headers))
    refused(ask(ann), 400, "Room is not active")


def test_seats_are_the_same_ones(server, room, people):
    """Thirty who come both ways at once for five seats."""
    ok(server.http.patch(f"/rooms/{room['id']}", json={"max_participants": 5}, headers=people[0].headers))
    asked = []
    for number, person in enumerate(crowd(server.database, 30)):
        if number % 2:
            asked.append(lines("POST", f"/rooms/{room['id']}/join", person.token))
        else:
            asked.append(lines("POST", "/livekit/token", person.token, {ROOM: room["room_id"]}))
    statuses = [status for status, _ in together(server, asked)]
    assert sorted(statuses)[5:] == [409] * 25
    assert len(seats(server, room)) == 5


NOTHING = [
    {},
    {"participant_identity": None, "participant_name": None, "participant_metadata": None},
    {"participant_identity": "", "participant_name": "", "participant_metadata": "", "participant_attributes": {}},
    {"participant_attributes": None, "participant_permissions": None, "room_config": None},
    {"participant_name": "Somebody Else", "unknown": [1]},
    {"participant_attributes": {"role": ""}},
    {"participant_permissions": {}, "room_config": {}},
    {"participant_permissions": {"canPublish": True, "can_subscribe": True, "can_publish_data": True, "hidden": False}},
    {"participant_permissions": {"roomJoin": True, "canPublish": None, "roomAdmin": False, "canPublishSources": []}},
    {"room_config": CONFIG},
    {
        "room_config": {
            "empty_timeout": 300,
            "departure_timeout": "20",
            "max_participants": 50,
            "agents": [],
            "name": "",
        }
    },
    {"room_config": {"maxParticipants": None, "egress": None, "syncStreams": False, "minPlayoutDelay": 0}},
]
REFUSED = [
    ({"participant_identity": "somebody"}, "participant_identity"),
    ({"participant_identity": " "}, "participant_identity"),
    ({"participant_metadata": "{}"}, "participant_metadata"),
    ({"participant_attributes": {"role": "host"}}, "participant_attributes"),
    ({"participant_permissions": {"can_publish": False}}, "participant_permissions"),
    ({"participant_permissions": {"roomAdmin": True}}, "participant_permissions"),
    ({"participant_permissions": {"room_admin": 1}}, "participant_permissions"),
    ({"participant_permissions": {"hidden": True}}, "participant_permissions"),
    ({"participant_permissions": {"canPublish": "x"}}, "participant_permissions"),
    ({"participant_permissions": {"canUpdateOwnMetadata": True}}, "participant_permissions"),
    ({"participant_permissions": {"canPublishSources": ["camera"]}}, "participant_permissions"),
    ({"room_config": {"maxParticipants": 51}}, "room_config"),
    ({"room_config": {"max_participants": 0}}, "room_config"),
    ({"room_config": {"emptyTimeout": 301}}, "room_config"),
    ({"room_config": {"departureTimeout": 20.5}}, "room_config"),
    ({"room_config": {"egress": {"room": {"roomName": "x"}}}}, "room_config"),
    ({"room_config": {"agents": [{"agentName": "x"}]}}, "room_config"),
    ({"room_config": {"metadata": "x"}}, "room_config"),
    ({"room_config": {**CONFIG, "minPlayoutDelay": 7}}, "room_config"),
]


@pytest.mark.parametrize("body", NOTHING, ids=json.dumps)
def test_what_changes_nothing_is_taken(server, room, ask, people, body):
    found = made(ask(**body))
    assert claims(found["participant_token"])["roomConfig"] == CONFIG
    assert found["participant_name"] == people[1].username


@pytest.mark.parametrize(("body", "name"), REFUSED, ids=json.dumps)
def test_what_joining_does_not_give_is_refused(server, room, ask, body, name):
    """And no seat is taken by asking."""
    assert errors(ask(**body)) == {("body", name): "value_error"}
    assert seats(server, room) == []


def test_ones_own_identity_is_taken(ask, people):
    made(ask(participant_identity=people[1].username))
    assert errors(ask(participant_identity=people[0].username)) == {("body", "participant_identity"): "value_error"}


def test_all_that_is_wrong_at_once(ask):
    bodies = ({"participant_identity": "x", "room_config": {"metadata": "x"}}, {"participant_attributes": {"a": "b"}})
    assert len(errors(ask(**bodies[0], **bodies[1]))) == 3
    answer = ask(participant_attributes=[], room_config="x", participant_permissions=7, participant_name=7)
    assert errors(answer) == {
        ("body", "participant_attributes"): "dict_type",
        ("body", "room_config"): "dict_type",
        ("body", "participant_permissions"): "dict_type",
        ("body", "participant_name"): "string_type",
    }


@pytest.mark.parametrize("limit", [1, 7, 1000000])
def test_limit_of_the_room_may_be_named(server, room, ask, people, limit):
    ok(server.http.patch(f"/rooms/{room['id']}", json={"max_participants": limit}, headers=people[0].headers))
    assert errors(ask(room_config={"maxParticipants": limit + 1})) == {("body", "room_config"): "value_error"}
    refused(ask(room_name="room_ffffffff", room_config={"maxParticipants": limit}), 404, "Room not found")
    found = made(ask(room_config={"maxParticipants": limit}))
    assert claims(found["participant_token"])["roomConfig"]["maxParticipants"] == limit
    assert made(ask(room_config=claims(found["participant_token"])["roomConfig"]))


def test_token_is_not_asked_for_by_get(server, people):
    answer = server.http.get("/livekit/token", headers=bearer(people[1].token))
    assert answer.status_code == 405
