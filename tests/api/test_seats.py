"""Seats: joining and leaving, and what holds when many do it at the same moment."""

import collections
import random
import re

import httpx
import pytest
from harness.answers import ok, refused
from harness.crowd import crowd, lines, together
from harness.people import bearer

FULL = (409, {"detail": "Room is full"})
INACTIVE = (400, {"detail": "Room is not active"})
ABSENT = (400, {"detail": "You are not in this room"})
LEFT = (200, {"message": "Successfully left the room"})


@pytest.fixture
def call(server):
    """call(person, "join", room): the answer."""
    return lambda person, verb, room: server.http.post(f"/rooms/{room['id']}/{verb}", headers=person.headers)


def seats(server, room):
    """Who has a seat, by user id."""
    rows = server.database.query(
        "select user_id from room_participants where room_id = %s and is_connected order by id", [room["id"]]
    )
    return [row[0] for row in rows]


def told(server, room):
    """What LiveKit has to be told about a room."""
    return server.database.query("select action, user_id from outbox where room_id = %s order by id", [room["id"]])


def joins(people, room):
    return [lines("POST", f"/rooms/{room['id']}/join", person.token) for person in people]


def tally(results):
    """How often each status came, after a look at the bodies of the refused."""
    for status, body in results:
        if status == 200:
            assert {"token", "room_url"} <= set(body) or (status, body) == LEFT, body
        else:
            assert (status, body) in (FULL, INACTIVE, ABSENT), body
    return collections.Counter(status for status, _ in results)


# --- one after the other ---


def test_join_answers_a_token_and_where_to_go(call, make, me):
    found = ok(call(me, "join", make()))
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+", found["token"])
    assert found["room_url"] == f"ws://127.0.0.1:7880?token={found['token']}"


def test_join_by_name(server, make, me):
    room = make()
    ok(server.http.post(f"/rooms/{room['room_id']}/join", headers=me.headers))
    assert seats(server, room) == [me.user["id"]]


def test_join_takes_no_body_but_minds_none(server, make, me):
    """The guide's frontend sends a JSON content type and nothing."""
    room = make()
    for content in (b"", b"{}", b"no JSON at all"):
        headers = {**me.headers, "Content-Type": "application/json"}
        ok(server.http.post(f"/rooms/{room['id']}/join", content=content, headers=headers))


def test_joining_twice_is_one_visit(server, call, make, me):
    room = make(max_participants=1)
    for _ in range(3):
        ok(call(me, "join", room))
    rows = server.database.query("select count(*) from room_participants where room_id = %s", [room["id"]])
    assert rows == [(1,)]
    found = ok(server.http.get(f"/rooms/{room['id']}", headers=me.headers))
    assert found["participants_count"] == 1


def test_joining_again_promises_the_seat_anew(server, call, make, me):
    room = make()
    ok(call(me, "join", room))
    server.database.query(
        "update room_participants set promised_at = now() - interval '1 hour', joined_at = now() - interval '1 hour' "
        "where room_id = %s",
        [room["id"]],
    )
    ok(call(me, "join", room))
    ((promised, joined),) = server.database.query(
        "select now() - promised_at < '10 s', now() - joined_at > '59 min' from room_participants where room_id = %s",
        [room["id"]],
    )
    assert promised
    assert joined, "it is the same seat"


def test_full_room(server, call, make):
    room = make(max_participants=2)
    first, second, third = crowd(server.database, 3)
    ok(call(first, "join", room))
    ok(call(second, "join", room))
    refused(call(third, "join", room), 409, "Room is full")
    ok(call(first, "join", room))
    ok(call(second, "leave", room))
    ok(call(third, "join", room))
    refused(call(second, "join", room), 409, "Room is full")
    assert seats(server, room) == [first.user["id"], third.user["id"]]


def test_leave(server, call, make, me):
    room = make()
    refused(call(me, "leave", room), 400, "You are not in this room")
    ok(call(me, "join", room))
    assert ok(call(me, "leave", room)) == LEFT[1]
    refused(call(me, "leave", room), 400, "You are not in this room")
    assert seats(server, room) == []
    assert told(server, room) == [("remove_participant", me.user["id"])]
    ((left,),) = server.database.query(
        "select left_at is not null from room_participants where room_id = %s", [room["id"]]
    )
    assert left


def test_leave_is_for_oneself(server, call, make, me):
    room = make()
    (other,) = crowd(server.database, 1)
    ok(call(me, "join", room))
    refused(call(other, "leave", room), 400, "You are not in this room")
    assert seats(server, room) == [me.user["id"]]


def test_seats_of_two_rooms_are_apart(server, call, make, me):
    one, two = make(max_participants=1), make(max_participants=1)
    ok(call(me, "join", one))
    ok(call(me, "join", two))
    ok(call(me, "leave", one))
    assert seats(server, two) == [me.user["id"]]


def test_fewer_seats_than_people_in_them(server, call, make, me):
    """Nobody loses a seat; nobody gets one until there is room."""
    room = make(max_participants=3)
    people = crowd(server.database, 4)
    for person in people[:3]:
        ok(call(person, "join", room))
    ok(server.http.patch(f"/rooms/{room['id']}", json={"max_participants": 1}, headers=me.headers))
    assert len(seats(server, room)) == 3
    ok(call(people[0], "join", room))
    for person in people[:3]:
        refused(call(people[3], "join", room), 409, "Room is full")
        ok(call(person, "leave", room))
    ok(call(people[3], "join", room))


# --- all at once ---


def test_fifty_for_the_last_seat(server, make, call):
    room = make(max_participants=3)
    early = crowd(server.database, 2)
    for person in early:
        ok(call(person, "join", room))
    people = crowd(server.database, 50)
    assert tally(together(server, joins(people, room))) == {200: 1, 409: 49}
    assert len(seats(server, room)) == 3


def test_thirty_for_five_seats(server, make):
    room = make(max_participants=5)
    people = crowd(server.database, 30)
    results = together(server, joins(people, room))
    assert tally(results) == {200: 5, 409: 25}
    seated = {person.user["id"] for person, (status, _) in zip(people, results, strict=True) if status == 200}
    assert set(seats(server, room)) == seated


def test_one_person_twenty_times(server, make, me):
    room = make(max_participants=1)
    assert tally(together(server, joins([me] * 20, room))) == {200: 20}
    assert seats(server, room) == [me.user["id"]]


def test_one_person_leaves_twenty_times(server, call, make, me):
    room = make()
    ok(call(me, "join", room))
    results = together(server, [lines("POST", f"/rooms/{room['id']}/leave", me.token)] * 20)
    assert results.count(LEFT) == 1, results
    assert results.count(ABSENT) == 19
    assert told(server, room) == [("remove_participant", me.user["id"])]


@pytest.mark.parametrize("attempt", range(5))
def test_delete_against_join(server, make, me, attempt):
    """Whoever was first: nobody has a seat in a room that is gone."""
    room = make()
    requests = joins(crowd(server.database, 30), room)
    requests.insert(attempt * 6, lines("DELETE", f"/rooms/{room['id']}", me.token))
    results = together(server, requests)
    deleted = results.pop(attempt * 6)
    assert deleted == (200, {"message": "Room deleted successfully"})
    assert set(tally(results)) <= {200, 400}
    assert seats(server, room) == []
    assert told(server, room) == [("delete_room", None)]


def test_delete_by_many(server, make, me):
    room = make()
    results = together(server, [lines("DELETE", f"/rooms/{room['id']}", me.token)] * 20)
    assert {status for status, _ in results} == {200}
    assert told(server, room) == [("delete_room", None)]


def test_coming_and_going(server, make):
    """In whatever order: no more seats than there are, nobody twice, no 5xx."""
    room = make(max_participants=4)
    people = crowd(server.database, 12)
    chance = random.Random(4)
    for _ in range(6):
        requests = [
            lines("POST", f"/rooms/{room['id']}/{chance.choice(['join', 'join', 'leave'])}", person.token)
            for person in chance.choices(people, k=40)
        ]
        assert set(tally(together(server, requests))) <= {200, 400, 409}
        found = seats(server, room)
        assert len(found) == len(set(found)) <= 4


def test_limit_lowered_while_people_come(server, make, me):
    """Who got in did so under one limit or the other."""
    room = make(max_participants=20)
    people = crowd(server.database, 30)
    requests = joins(people, room)
    requests.insert(10, lines("PATCH", f"/rooms/{room['id']}", me.token, {"max_participants": 1}))
    results = together(server, requests)
    assert results.pop(10)[0] == 200
    count = tally(results)
    assert count[200] == len(seats(server, room))
    assert 1 <= count[200] <= 20


def test_two_nodes_share_the_seats(start_server, server):
    """What holds in one process holds between two on one database."""
    other = start_server(database_url=server.database.url())
    (creator,) = crowd(server.database, 1)
    body = {"name": "shared", "max_participants": 3}
    room = ok(server.http.post("/rooms/", json=body, headers=creator.headers))
    people = crowd(server.database, 40)
    clients = [node.connect(timeout=30) for node in (server, other) for _ in range(20)]
    for client, request in zip(clients, joins(people, room), strict=True):
        client.send(request)
    statuses = collections.Counter(client.response().status for client in clients)
    for client in clients:
        client.close()
    assert statuses == {200: 3, 409: 37}
    assert len(seats(server, room)) == 3


@pytest.mark.slow
def test_sixty_four_parallel_joins_for_a_while(server, make):
    """The service before deadlocked here."""
    rooms = [make() for _ in range(4)]
    people = crowd(server.database, 64)
    for turn in range(4):
        requests = [
            lines("POST", f"/rooms/{rooms[(i + turn) % 4]['id']}/{verb}", person.token)
            for verb in ("join", "leave")
            for i, person in enumerate(people[:32] if turn % 2 else people[32:])
        ]
        assert set(tally(together(server, requests))) <= {200, 400}
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        assert client.get("/rooms/", headers=bearer(people[0].token)).status_code == 200
