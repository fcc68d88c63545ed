"""Who is in which call, by the webhooks alone and the rules of the contract."""

import random
import time

import pytest
from harness.answers import ok, refused
from harness.crowd import crowd
from harness.people import b64url
from harness.webhooks import Call, new_sid, post

from livekit import api

MODERATOR = "Only the room creator can moderate the room"
BANNED = "You are banned from this room"


@pytest.fixture
def people(server):
    """The room's creator, and two others."""
    return crowd(server.database, 3)


@pytest.fixture
def ann(people):
    return people[0]


@pytest.fixture
def bob(people):
    return people[1]


@pytest.fixture
def make(server, ann):
    """make(max_participants=...): a room of ann's."""
    return lambda **body: ok(server.http.post("/rooms/", json={"name": "x", **body}, headers=ann.headers))


@pytest.fixture
def room(make):
    return make()


@pytest.fixture
def call(server, room):
    return Call(server, room)


@pytest.fixture
def act(server, room):
    """act(person, "POST", "/join", json=...): the answer of the room's path."""
    return lambda person, method, path="", **more: server.http.request(
        method, f"/rooms/{room['id']}{path}", headers=person.headers, **more
    )


@pytest.fixture
def who(act, ann):
    """{identity: (state, sid)} of the room's participants; the room's own count is held against it."""

    def found():
        listed = ok(act(ann, "GET", "/participants"))["participants"]
        assert ok(act(ann, "GET"))["participants_count"] == len(listed)
        return {each["identity"]: (each["state"], each["sid"]) for each in listed}

    return found


@pytest.fixture
def errands(server, room):
    """What LiveKit is to be told about the room, as (action, user)."""

    def found():
        rows = server.database.query("select action, user_id from outbox where room_id = %s order by id", [room["id"]])
        server.database.query("delete from outbox where room_id = %s", [room["id"]])
        return rows

    return found


def out(person):
    return [("remove_participant", person.user["id"])]


def seats(server, room, person):
    return server.database.query(
        "select is_connected, closed_by, promised_at is not null from room_participants "
        "where room_id = %s and user_id = %s order by id",
        [room["id"], person.user["id"]],
    )


def visit(server, sid):
    """(seconds, reason) of a visit; seconds are None while it lasts."""
    ((seconds, reason),) = server.database.query(
        "select extract(epoch from left_at - joined_at)::float, leave_reason from visits where participant_sid = %s",
        [sid],
    )
    return seconds, reason


# --- coming and going ---


def test_join_promises_and_the_webhook_makes_it_true(server, room, call, act, who, bob):
    ok(act(bob, "POST", "/join"))
    assert who() == {bob.username: ("JOINING", "")}
    sid = call.joined(bob.username)
    assert who() == {bob.username: ("ACTIVE", sid)}
    assert seats(server, room, bob) == [(True, None, False)]
    call.left(bob.username, sid)
    assert who() == {}
    assert seats(server, room, bob) == [(False, "disconnected", False)]
    assert visit(server, sid) == (60, "CLIENT_INITIATED")


def test_joined_without_a_seat_opens_one(call, who, errands, bob):
    sid = call.joined(bob.username)
    assert who() == {bob.username: ("ACTIVE", sid)}
    assert errands() == []


def test_joined_time_is_livekits(call, act, ann, bob):
    call.joined(bob.username, at=-500)
    ((found,),) = [[each["joined_at"] for each in ok(act(ann, "GET", "/participants"))["participants"]]]
    assert found == call.start - 500


def test_left_before_joined(call, who, bob):
    sid = new_sid("PA")
    call.left(bob.username, sid)
    assert who() == {}
    call.joined(bob.username, sid)
    assert who() == {}, "the participant of that sid is gone"
    assert who() == {}


def test_left_in_the_second_they_came(server, call, bob):
    sid = new_sid("PA")
    body = call.event(
        "participant_left",
        participant={"sid": sid, "identity": bob.username, "joinedAtMs": str(call.start * 1000 + 900)},
    )
    assert post(server, body).status_code == 200
    assert visit(server, sid)[0] == 0


def test_second_connection_of_one_identity(call, who, bob):
    """LiveKit tells of the old one's end first, then of the new one; or the other way round."""
    first = call.joined(bob.username)
    second = new_sid("PA")
    call.left(bob.username, first, reason="DUPLICATE_IDENTITY", at=5)
    call.joined(bob.username, second, at=5)
    assert who() == {bob.username: ("ACTIVE", second)}
    third = call.joined(bob.username, at=9)
    assert who() == {bob.username: ("ACTIVE", third)}
    call.left(bob.username, second, reason="DUPLICATE_IDENTITY", at=9)
    assert who() == {bob.username: ("ACTIVE", third)}
    call.left(bob.username, third, at=20)
    assert who() == {}


def test_left_closes_its_own_sid_alone(call, who, ann, bob):
    here, there = call.joined(ann.username), call.joined(bob.username)
    call.left(bob.username, there)
    call.left(bob.username, new_sid("PA"))
    assert who() == {ann.username: ("ACTIVE", here)}


def test_room_finished_ends_all_its_visits(call, who, ann, bob):
    call.joined(ann.username)
    call.joined(bob.username)
    call.finished()
    assert who() == {}


def test_room_finished_ends_no_later_call(server, room, call, who, bob):
    later = Call(server, room)
    sid = later.joined(bob.username, at=100)
    call.finished()
    assert who() == {bob.username: ("ACTIVE", sid)}
    late = call.joined(bob.username, at=1)
    assert who() == {bob.username: ("ACTIVE", sid)}, f"{late} is of the call that has ended"
    later.finished(at=200)
    assert who() == {}


def test_promised_seat_is_kept(call, act, who, bob):
    """A new token was taken while the old connection was still closing."""
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username)
    ok(act(bob, "POST", "/join"))
    call.start += 60
    call.left(bob.username, sid, came=-60)
    assert who() == {bob.username: ("JOINING", "")}
    again = call.joined(bob.username, at=60)
    assert who() == {bob.username: ("ACTIVE", again)}


def test_reconnecting_with_the_same_token(call, act, who, errands, bob):
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username)
    call.left(bob.username, sid, at=1, reason="SIGNAL_CLOSE")
    assert who() == {}
    again = call.joined(bob.username, at=3)
    assert who() == {bob.username: ("ACTIVE", again)}
    assert errands() == []


def test_aborted_connection(server, call, act, who, bob):
    ok(act(bob, "POST", "/join"))
    sid = new_sid("PA")
    call.send("participant_connection_aborted", participant=call.person(bob.username, sid, 0), at=45)
    assert who() == {}


def test_repeated_event_changes_nothing(server, call, who, bob):
    sid = new_sid("PA")
    body = call.send("participant_joined", participant=call.person(bob.username, sid, 0))
    call.left(bob.username, sid)
    for _ in range(3):
        assert post(server, body).status_code == 200
    assert who() == {}


def test_seats_are_counted_right(server, make, people):
    """Connected and promised ones together fill the room."""
    room = make(max_participants=2)
    call = Call(server, room)
    join = [lambda p=p: server.http.post(f"/rooms/{room['id']}/join", headers=p.headers) for p in people]
    ok(join[0]())
    sid = call.joined(people[0].username)
    ok(join[1]())
    refused(join[2](), 409, "Room is full")
    call.left(people[0].username, sid)
    ok(join[2]())
    refused(join[0](), 409, "Room is full")


@pytest.fixture
def duel(server, make, people):
    """A room with one seat that the first had and the second has now: (call, join by index, errands)."""
    room = make(max_participants=1)
    call = Call(server, room)

    def join(index):
        return server.http.post(f"/rooms/{room['id']}/join", headers=people[index].headers)

    def errands():
        return server.database.query("select action, user_id from outbox where room_id = %s", [room["id"]])

    ok(join(0))
    call.left(people[0].username, call.joined(people[0].username), at=1)
    return call, join, errands


def test_old_token_makes_no_seat_more(duel, people):
    """The seat was given back and is another's: who comes by it is sent out, and gets no new token meanwhile."""
    call, join, errands = duel
    ok(join(1))
    sid = call.joined(people[0].username, at=5)
    assert errands() == out(people[0])
    refused(join(0), 409, "Room is full")
    assert errands() == out(people[0])
    call.left(people[0].username, sid, at=6)
    refused(join(0), 409, "Room is full")
    ok(join(1))


def test_old_token_is_good_for_a_free_seat(duel, people):
    call, join, errands = duel
    call.joined(people[0].username, at=5)
    assert errands() == []
    refused(join(1), 409, "Room is full")
    ok(join(0))


def test_free_seat_found_while_being_sent_out(duel, people):
    call, join, errands = duel
    ok(join(1))
    sid = call.joined(people[0].username, at=5)
    call.left(people[1].username, call.joined(people[1].username, at=6), at=7)
    ok(join(0))
    assert errands() == []
    refused(join(1), 409, "Room is full")
    assert sid


def test_one_identity_in_two_rooms(server, make, ann, bob):
    calls = [Call(server, make()) for _ in range(2)]
    sids = [call.joined(bob.username) for call in calls]
    calls[0].left(bob.username, sids[0])
    counts = [ok(server.http.get(f"/rooms/{call.name}", headers=ann.headers))["participants_count"] for call in calls]
    assert counts == [0, 1]


def test_list_of_rooms_counts_the_same(server, room, call, ann, bob):
    call.joined(ann.username)
    call.joined(bob.username)
    listed = ok(server.http.get("/rooms/", params={"limit": 1000}, headers=ann.headers))
    assert [each["participants_count"] for each in listed if each["id"] == room["id"]] == [2]


@pytest.mark.parametrize("seed", range(10))
def test_any_order_of_a_busy_call(server, room, call, who, ann, bob, people, seed):
    """Comings and goings with their webhooks mixed up; who is there follows from all of them."""
    chance = random.Random(seed)
    bodies, here = [], {}
    for person in people:
        at = 0
        for _ in range(chance.randint(1, 4)):
            sid, came = new_sid("PA"), at + chance.randint(0, 5)
            participant = call.person(person.username, sid, came)
            bodies.append(call.event("participant_joined", participant=participant, at=came))
            at = came + chance.randint(1, 20)
            here[person.username] = ("ACTIVE", sid)
            if chance.random() < 0.8:
                bodies.append(call.event("participant_left", participant=participant, at=at))
                here.pop(person.username)
            else:
                break
    bodies += chance.choices(bodies, k=len(bodies) // 3)
    chance.shuffle(bodies)
    for body in bodies:
        assert post(server, body).status_code == 200
    assert who() == here


# --- tracks ---


def test_tracks(call, act, ann, bob):
    sid = call.joined(bob.username)
    camera, sound = call.published(bob.username, sid), call.published(bob.username, sid, "MICROPHONE")

    def tracks():
        ((found,),) = [[each["tracks"] for each in ok(act(ann, "GET", "/participants"))["participants"]]]
        return found

    expected = [
        {"sid": camera, "source": "CAMERA", "muted": False},
        {"sid": sound, "source": "MICROPHONE", "muted": False},
    ]
    assert tracks() == sorted(expected, key=lambda each: each["sid"])
    call.published(bob.username, sid, track=camera, gone=True)
    assert tracks() == expected[1:]
    call.published(bob.username, sid, track=camera)
    assert tracks() == expected[1:], "a late word of what is gone"
    second = call.joined(bob.username, at=5)
    assert tracks() == [], f"{second} has published nothing yet"


def test_tracks_before_their_participant(call, act, ann, bob):
    sid = new_sid("PA")
    track = call.published(bob.username, sid, "SCREEN_SHARE")
    call.joined(bob.username, sid)
    ((found,),) = [[each["tracks"] for each in ok(act(ann, "GET", "/participants"))["participants"]]]
    assert found == [{"sid": track, "source": "SCREEN_SHARE", "muted": False}]


# --- who has no right to be there ---


def test_leave_disconnects(call, act, who, errands, bob):
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username)
    ok(act(bob, "POST", "/leave"))
    assert who() == {}
    assert errands() == out(bob)
    call.left(bob.username, sid)
    assert who() == {}
    refused(act(bob, "POST", "/leave"), 400, "You are not in this room")


def test_who_left_and_is_back_without_a_new_token(call, act, who, errands, bob):
    ok(act(bob, "POST", "/join"))
    call.left(bob.username, call.joined(bob.username), at=5)
    ok(act(bob, "POST", "/join"))
    ok(act(bob, "POST", "/leave"))
    errands()
    call.joined(bob.username, at=10)
    assert who() == {}
    assert errands() == out(bob)
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username, at=20)
    assert who()[bob.username] == ("ACTIVE", sid)
    assert errands() == []


def test_removed(call, act, who, errands, ann, bob):
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username)
    found = ok(act(ann, "DELETE", f"/participants/{bob.username}"))
    assert found == {"message": "Participant removed"}
    assert who() == {}
    assert errands() == out(bob)
    call.left(bob.username, sid, reason="PARTICIPANT_REMOVED")
    assert errands() == []

    call.joined(bob.username, at=62)
    assert who() == {}, "the old token does not help"
    assert errands() == out(bob)

    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username, at=70)
    assert errands() == []
    assert who() == {bob.username: ("ACTIVE", sid)}


def test_joining_anew_takes_the_removal_back(act, errands, ann, bob):
    """LiveKit may have been away: it is not to send out somebody who may be there."""
    ok(act(bob, "POST", "/join"))
    ok(act(ann, "DELETE", f"/participants/{bob.username}"))
    ok(act(bob, "POST", "/join"))
    assert errands() == []


def test_removing_is_for_the_creator(call, act, who, errands, ann, bob):
    sid = call.joined(ann.username)
    refused(act(bob, "DELETE", f"/participants/{ann.username}"), 403, MODERATOR)
    assert who() == {ann.username: ("ACTIVE", sid)}
    assert errands() == []


@pytest.mark.parametrize("identity", ["nobody", "zo%C3%AB", "a%2Fb"])
def test_removing_who_is_not_there(act, ann, identity):
    refused(act(ann, "DELETE", f"/participants/{identity}"), 404, "Participant not found")


def test_removing_who_has_left(call, act, ann, bob):
    call.left(bob.username, call.joined(bob.username))
    refused(act(ann, "DELETE", f"/participants/{bob.username}"), 404, "Participant not found")


def test_removing_by_a_name_that_must_be_encoded(server, room, call, act, who, errands, ann):
    name = f"zoë/{new_sid('x')} ?"
    ((number,),) = server.database.query(
        "insert into users (username, email, hashed_password) values (%s, %s, '') returning id",
        [name, f"{new_sid('zoe')}@example.com"],
    )
    call.joined(name)
    encoded = "".join(f"%{octet:02X}" for octet in name.encode())
    assert ok(act(ann, "DELETE", f"/participants/{encoded}")) == {"message": "Participant removed"}
    assert errands() == [("remove_participant", number)]
    assert who() == {}


def test_room_not_found(server, ann):
    for method, path in (("DELETE", "participants/x"), ("GET", "bans"), ("DELETE", "bans/x")):
        refused(server.http.request(method, f"/rooms/999999/{path}", headers=ann.headers), 404, "Room not found")
    answer = server.http.post("/rooms/999999/bans", json={"username": "x"}, headers=ann.headers)
    refused(answer, 404, "Room not found")


# --- bans ---


def test_ban(call, act, who, errands, ann, bob):
    ok(act(bob, "POST", "/join"))
    sid = call.joined(bob.username)
    answer = act(ann, "POST", "/bans", json={"username": bob.username, "reason": "Shouting"})
    assert answer.status_code == 201, answer.text
    ban = answer.json()
    assert (ban["username"], ban["reason"]) == (bob.username, "Shouting")
    assert who() == {}
    assert errands() == out(bob)
    refused(act(bob, "POST", "/join"), 403, BANNED)
    call.left(bob.username, sid, reason="PARTICIPANT_REMOVED")

    call.joined(bob.username, at=61)
    assert who() == {}
    assert errands() == out(bob)

    assert ok(act(ann, "POST", "/bans", json={"username": bob.username})) == ban
    again = ok(act(ann, "POST", "/bans", json={"username": bob.username, "reason": "Singing"}))
    assert again == {**ban, "reason": "Singing"}
    assert ok(act(ann, "GET", "/bans")) == {"bans": [again]}


def test_ban_of_somebody_who_was_never_there(call, act, who, errands, ann, bob):
    assert act(ann, "POST", "/bans", json={"username": bob.username}).status_code == 201
    errands()
    call.joined(bob.username)
    assert who() == {}
    assert errands() == out(bob)


def test_ban_lifted(call, act, who, errands, ann, bob):
    ok(act(bob, "POST", "/join"))
    act(ann, "POST", "/bans", json={"username": bob.username})
    assert ok(act(ann, "DELETE", f"/bans/{bob.username}")) == {"message": "Ban lifted"}
    refused(act(ann, "DELETE", f"/bans/{bob.username}"), 404, "Ban not found")
    assert ok(act(ann, "GET", "/bans")) == {"bans": []}
    errands()
    call.joined(bob.username)
    assert who() == {}, "the token of before the ban"
    assert errands() == out(bob)
    ok(act(bob, "POST", "/join"))
    assert bob.username in who()
    assert errands() == []


def test_bans_are_for_the_creator(act, ann, bob):
    refused(act(bob, "GET", "/bans"), 403, MODERATOR)
    refused(act(bob, "POST", "/bans", json={"username": ann.username}), 403, MODERATOR)
    refused(act(bob, "DELETE", f"/bans/{ann.username}"), 403, MODERATOR)


def test_ban_of_nobody(act, ann):
    refused(act(ann, "POST", "/bans", json={"username": "nobody at all"}), 404, "User not found")
    refused(act(ann, "DELETE", "/bans/nobody"), 404, "Ban not found")
    assert act(ann, "POST", "/bans", json={"reason": "x" * 2000}).status_code == 422


def test_bans_of_two_rooms_are_apart(server, make, act, ann, bob):
    act(ann, "POST", "/bans", json={"username": bob.username})
    other = make()
    ok(server.http.post(f"/rooms/{other['id']}/join", headers=bob.headers))


# --- deleted rooms ---


def test_deleted_room_has_nobody(call, act, who, errands, ann, bob):
    ok(act(ann, "POST", "/join"))
    sid = call.joined(bob.username)
    ok(act(ann, "DELETE"))
    assert who() == {}
    assert errands() == [("delete_room", None)]
    call.left(bob.username, sid, reason="ROOM_DELETED")
    call.finished()
    assert who() == {}
    assert errands() == []


def test_deleted_room_made_again_by_an_old_token(server, room, call, act, who, errands, ann, bob):
    ok(act(ann, "DELETE"))
    errands()
    again = Call(server, room)
    again.send("room_started")
    assert errands() == [("delete_room", None)]
    sid = again.joined(bob.username)
    assert who() == {}
    assert errands() == [("delete_room", None)], "also when the first webhook was lost"
    again.left(bob.username, sid)
    again.finished()
    assert errands() == []


# --- what is said in the log ---


def test_log_has_no_token(server, act, bob):
    found = ok(act(bob, "POST", "/join"))
    grants = api.TokenVerifier("devkey", server.environment["LIVEKIT_API_SECRET"]).verify(found["token"])
    assert grants.identity == bob.username
    time.sleep(0.1)
    log = server.log_text()
    assert found["token"] not in log
    assert b64url(b'{"alg":"HS256"') not in log
