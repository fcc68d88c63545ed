"""POST /livekit/webhook: what LiveKit signed is taken in, in any order and more than once; nothing else is."""

import base64
import hashlib
import hmac
import json
import random
import threading
import time

import jwt
import pytest
from harness import webhooks
from harness.answers import ok
from harness.crowd import crowd
from harness.people import b64url, bearer, new_name
from harness.server import LIVEKIT_API_SECRET
from harness.webhooks import KEY, post, sign

from livekit import api

ORDERS = 15
PEOPLE = ("alice", "bob", "victim", "x", "y")
TABLES = ("visits", "calls", "tracks", "livekit_events", "outbox", "bans", "room_participants")
# All that is known of calls, but for what numbers rows and for when an errand was given.
STATE = {
    "visits": "select participant_sid, room_id, user_id, session, joined_at, left_at, leave_reason "
    "from visits order by 1",
    "seats": "select room_id, user_id, is_connected, joined_at, left_at, closed_by, promised_at "
    "from room_participants order by room_id, user_id, id",
    "calls": "select session, room_id, started_at, finished_at from calls order by 1",
    "tracks": "select track_sid, participant_sid, source, muted, is_gone from tracks order by 1",
    "events": "select id from livekit_events order by 1",
    "outbox": "select action, room_id, user_id from outbox order by 1, 2, 3",
}


# --- the recorded ones ---


@pytest.fixture(scope="module")
def bodies():
    if webhooks.folder() is None:
        pytest.skip("the recorded webhooks (shared/livekit-webhooks beside the checkout) are not there")
    found = webhooks.recorded()
    assert len(found) > 80
    return found


@pytest.fixture(scope="module")
def recorded_rooms(server, bodies):
    """The people and rooms that the recordings are about; {name of the room: id}."""
    server.database.query(
        "insert into users (username, email, hashed_password) "
        "select name, name || '@recorded.example.com', '' from unnest(%s::text[]) name",
        [list(PEOPLE)],
    )
    names = sorted({json.loads(body)["room"]["name"] for body in bodies})
    rows = server.database.query(
        "insert into rooms (name, room_id, creator_id, is_active) "
        "select name, name, (select min(id) from users), true from unnest(%s::text[]) name returning room_id, id",
        [names],
    )
    return dict(rows)


def forget(server):
    server.database.query(f"truncate {', '.join(TABLES)}")


def state(server):
    return {name: server.database.query(text) for name, text in STATE.items()}


def replay(server, bodies):
    for body in bodies:
        answer = post(server, body)
        assert (answer.status_code, answer.json()) == (200, {}), answer.text


@pytest.fixture(scope="module")
def in_order(server, bodies, recorded_rooms):
    """What is known after all came once and in order."""
    forget(server)
    replay(server, bodies)
    return state(server)


def test_recorded_calls_end_as_they_did(server, recorded_rooms, in_order):
    names = {number: name for name, number in recorded_rooms.items()}
    assert not [seat for seat in in_order["seats"] if seat[2]], "all have left"
    assert all(visit[5] is not None for visit in in_order["visits"])
    assert all(call[3] is not None for call in in_order["calls"])
    reasons = {visit[6] for visit in in_order["visits"]}
    assert {"CLIENT_INITIATED", "ROOM_DELETED", "PARTICIPANT_REMOVED", "DUPLICATE_IDENTITY"} < reasons
    assert "CONNECTION_TIMEOUT" in reasons
    visits = [visit for visit in in_order["visits"] if "dup" in names[visit[1]]]
    assert len(visits) == 3, "alice came twice, bob once"
    assert all(track[4] for track in in_order["tracks"])
    assert in_order["outbox"] == []


@pytest.mark.parametrize("seed", range(ORDERS))
def test_any_order_with_repeats_ends_the_same(server, bodies, in_order, seed):
    chance = random.Random(seed)
    shuffled = bodies + chance.choices(bodies, k=20)
    chance.shuffle(shuffled)
    forget(server)
    replay(server, shuffled)
    found = state(server)
    for name in STATE:
        assert found[name] == in_order[name], name


def test_many_connections_at_once_end_the_same(server, bodies, in_order):
    chance = random.Random(7)
    shuffled = bodies * 3
    chance.shuffle(shuffled)
    forget(server)
    wrong = []

    def run(share):
        with server.client() as http:
            for body in share:
                headers = {"Authorization": sign(body), "Content-Type": "application/webhook+json"}
                answer = http.post("/livekit/webhook", content=body, headers=headers)
                if answer.status_code != 200:
                    wrong.append(answer.text)

    threads = [threading.Thread(target=run, args=[shuffled[at::16]]) for at in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    found = state(server)
    for name in STATE:
        assert found[name] == in_order[name], name


def test_secrets_of_webhooks_are_kept_nowhere(server, bodies, in_order):
    """A full room carries turnPassword."""
    passwords = {json.loads(body).get("room", {}).get("turnPassword") for body in bodies} - {None, ""}
    assert passwords
    log = server.log_text()
    assert not [password for password in passwords if password in log]


# --- forgeries ---


@pytest.fixture
def room(server):
    """A room, and a person who could be said to be in it."""
    (person,) = crowd(server.database, 1)
    made = ok(server.http.post("/rooms/", json={"name": "x"}, headers=person.headers))
    return {**made, "person": person}


@pytest.fixture
def event(server, room):
    """The body of an event that would open a seat."""
    call = webhooks.Call(server, room)
    return call.event("participant_joined", participant=call.person(room["person"].username, webhooks.new_sid("PA"), 0))


def forged_header(body, header):
    return sign(body, header=header)


def with_hash(body, spelled):
    return sign(body, sha256=spelled)


def join_token(body):
    """As a participant holds it: our signature, and no hash."""
    video = {"room": "room_00000000", "roomJoin": True}
    return sign(body, sha256=None, sub="eve", video=video)


def detached(body):
    """The signature of another token."""
    return ".".join([*sign(body).split(".")[:2], sign(b"{}").split(".")[2]])


def as_public_key(body):
    """HS256 over it with the API key for a secret."""
    return sign(body, secret=KEY)


def resigned(body, change):
    """Claims that were changed after they were signed."""
    head, _, signature = sign(body).split(".")
    return f"{head}.{b64url(json.dumps(webhooks.claims(body, **change)).encode())}.{signature}"


def signed(text):
    """Any text at all for claims, rightly signed."""
    head = b64url(b'{"alg": "HS256"}')
    made = f"{head}.{b64url(text.encode())}"
    mac = hmac.new(LIVEKIT_API_SECRET.encode(), made.encode(), hashlib.sha256)
    return f"{made}.{b64url(mac.digest())}"


def double_claim(body):
    """Two hashes: the last one counts, and is wrong."""
    return signed(json.dumps(webhooks.claims(body))[:-1] + f', "sha256": "{webhooks.digest(b"")}"}}')


FORGERIES = {
    "empty header": lambda body: "",
    "wrong scheme": lambda body: f"Basic {sign(body)}",
    "no token at all": lambda body: "Bearer",
    "another secret": lambda body: sign(body, secret="another secret, of the same length as the one"),
    "the key for a secret": as_public_key,
    "another key": lambda body: sign(body, iss="otherkey"),
    "no key": lambda body: sign(body, iss=None),
    "key of another type": lambda body: sign(body, iss=[KEY]),
    "alg none": lambda body: sign(body, algorithm="none"),
    "alg none, empty signature": lambda body: sign(body, algorithm="none").rpartition(".")[0] + ".",
    "alg none, rightly signed": lambda body: forged_header(body, {"alg": "none"}),
    "HS384": lambda body: sign(body, algorithm="HS384"),
    "HS512": lambda body: sign(body, algorithm="HS512"),
    "HS512 in the header alone": lambda body: forged_header(body, {"alg": "HS512"}),
    "RS256": lambda body: forged_header(body, {"alg": "RS256"}),
    "no alg": lambda body: forged_header(body, {"typ": "JWT"}),
    "crit": lambda body: forged_header(body, {"alg": "HS256", "crit": ["exp"]}),
    "a join token": join_token,
    "hash of another body": lambda body: with_hash(body, webhooks.digest(body + b" ")),
    "hash without padding": lambda body: with_hash(body, webhooks.digest(body).rstrip("=")),
    "hash in hexadecimal": lambda body: with_hash(body, hashlib.sha256(body).hexdigest()),
    "hash cut": lambda body: with_hash(body, webhooks.digest(body)[:20]),
    "empty hash": lambda body: with_hash(body, ""),
    "hash of another type": lambda body: with_hash(body, True),
    "the last of two hashes": double_claim,
    "expired": lambda body: sign(body, exp=int(time.time()) - 120),
    "without end": lambda body: sign(body, exp=None),
    "end as text": lambda body: sign(body, exp=str(int(time.time()) + 300)),
    "from the future": lambda body: sign(body, nbf=int(time.time()) + 120),
    "beginning as text": lambda body: sign(body, nbf="soon"),
    "signature cut": lambda body: sign(body)[:-1],
    "signature longer": lambda body: sign(body) + "A",
    "signature padded": lambda body: sign(body) + "=",
    "no signature": lambda body: sign(body).rpartition(".")[0] + ".",
    "two parts": lambda body: sign(body).rpartition(".")[0],
    "four parts": lambda body: sign(body) + ".e30",
    "signature of another token": detached,
    "claims changed": lambda body: resigned(body, {"exp": int(time.time()) + 999}),
    "claims that are no object": lambda body: signed("[]"),
    "claims that are no JSON": lambda body: signed("exp"),
    "longer than any": lambda body: sign(body, filler="x" * 9000),
}  # fmt: skip


def untouched(server, body):
    found = json.loads(body)
    return (
        server.database.query("select 1 from livekit_events where id = %s", [found["id"]]) == []
        and server.database.query("select 1 from calls where session = %s", [found["room"]["sid"]]) == []
        and server.database.query("select 1 from visits where participant_sid = %s", [found["participant"]["sid"]])
        == []
    )


def check_refused(server, answer, body):
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid webhook signature"})
    assert untouched(server, body)


@pytest.mark.parametrize("name", FORGERIES)
def test_forgery(server, event, name):
    token = FORGERIES[name](event)
    check_refused(server, post(server, event, token), event)
    # What it is a forgery of is good.
    assert post(server, event).status_code == 200
    assert not untouched(server, event)


def test_no_header(server, event):
    headers = {"Content-Type": "application/webhook+json"}
    check_refused(server, server.http.post("/livekit/webhook", content=event, headers=headers), event)


def test_body_changed_on_the_way(server, event):
    token = sign(event)
    for changed in (event + b" ", event[:-1], event.replace(b"participant_joined", b"participant_left"), b""):
        answer = post(server, changed, token)
        assert answer.status_code == 401, changed
    assert untouched(server, event)


def test_access_token_of_a_user_is_no_signature(server, event, room):
    check_refused(server, post(server, event, bearer(room["person"].token)["Authorization"]), event)


def test_own_join_token_is_no_signature(server, event, room):
    found = ok(server.http.post(f"/rooms/{room['id']}/join", headers=room["person"].headers))
    check_refused(server, post(server, event, found["token"]), event)


@pytest.mark.parametrize("scheme", ["", "Bearer ", "bearer "])
def test_scheme_is_optional(server, event, scheme):
    assert post(server, event, scheme + sign(event)).status_code == 200
    assert not untouched(server, event)


def test_clocks_may_differ_by_a_minute(server, event):
    now = int(time.time())
    assert post(server, event, sign(event, exp=now - 50, nbf=now - 350)).status_code == 200
    assert post(server, event, sign(event, nbf=now + 50)).status_code == 200
    assert post(server, event, sign(event, nbf=None)).status_code == 200


# --- an oracle for what signs here ---


def receive(body, token):
    return api.WebhookReceiver(api.TokenVerifier(KEY, LIVEKIT_API_SECRET)).receive(body.decode(), token)


def test_official_receiver_takes_what_we_sign(event):
    found = receive(event, sign(event))
    assert found.event == "participant_joined"
    assert found.id == json.loads(event)["id"]


# Python's receiver is not to be held to what it does not look at.
@pytest.mark.parametrize(
    "name",
    ["another secret", "another key", "alg none", "HS512", "hash of another body", "expired", "from the future",
     "signature cut", "two parts"],
)  # fmt: skip
def test_official_receiver_refuses_our_forgeries(event, name):
    with pytest.raises((jwt.PyJWTError, Exception), match=r"\w"):
        receive(event, FORGERIES[name](event))


# --- bodies ---


def test_body_that_is_no_json(server):
    for body in (b"", b"not JSON", b"{", b'{"event":}', b"\xff", b'{"a":"\xc3("}', b"{} {}"):
        assert post(server, body).status_code == 400, body


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        None,
        True,
        7,
        "text",
        [{"event": "participant_joined"}],
        {"event": None},
        {"event": 7, "id": 7, "room": 7, "participant": [], "track": "x", "createdAt": {}},
        {"event": "from_the_future", "id": "EV_unknown"},
        {"event": "egress_started", "egressInfo": {"egressId": "EG_1", "roomName": "nowhere"}},
        {"event": "agent_job_started", "job": {}},
        {"event": "room_started", "room": {"name": "nowhere", "sid": "RM_nowhere"}},
        {"event": "participant_joined", "room": {"name": "nowhere"}, "participant": {"identity": "x", "sid": "PA_1"}},
        {"event": "", "id": "", "room": {"name": "", "sid": ""}},
        {"event": "room_started", "id": "EV\u0000nul", "room": {"name": "a\u0000", "sid": "\u0000"}},
        {"event": "room_started", "id": "EV_" + "long" * 20000, "room": {"name": "long" * 20000, "sid": "x" * 9000}},
        {"event": "x", "createdAt": "-1"},
        {"event": "x", "createdAt": "9223372036854775807"},
        {"event": "x", "createdAt": "99999999999999999999999999"},
        {"event": "x", "createdAt": 1e300},
        {"event": "x", "createdAt": 17e8},
        {"event": "x", "createdAt": "never"},
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_whatever_is_rightly_signed_is_taken(server, body):
    answer = post(server, json.dumps(body).encode())
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize(
    "members",
    [
        {"participant": {"sid": "PA_nobody", "identity": "nobody there"}},
        {"participant": {"sid": "PA_empty", "identity": ""}},
        {"participant": {"sid": "", "identity": "@"}},
        {"participant": {"identity": "@"}},
        {"participant": {"sid": "P" * 5000, "identity": "@"}},
        {"participant": {"sid": "PA_strange1", "identity": "@", "joinedAtMs": "9007199254740993000"}},
        {"participant": {"sid": "PA_strange2", "identity": "@", "joinedAt": "9007199254740993"}},
        {"participant": {"sid": "PA_strange3", "identity": "@", "joinedAt": None, "disconnectReason": 7}},
        {"participant": {"sid": "PA_strange4", "identity": "@"}, "track": {"sid": "T" * 5000}},
        {"participant": {"sid": "PA_strange5", "identity": "@"}, "track": {"sid": "TR_x", "source": 7, "muted": "x"}},
        {"createdAt": "253402300800"},
    ],
    ids=lambda members: json.dumps(members)[:60],
)
@pytest.mark.parametrize("event", ["participant_joined", "participant_left", "track_published", "room_finished", "new"])
def test_strange_events_of_a_room_we_know(server, room, event, members):
    text = json.dumps(members).replace('"@"', json.dumps(room["person"].username))
    body = json.dumps(
        {"event": event, "room": {"name": room["room_id"], "sid": webhooks.new_sid("RM")}, **json.loads(text)}
    ).encode()
    for _ in range(2):
        assert post(server, body).status_code == 200
    ok(server.http.get(f"/rooms/{room['id']}/participants", headers=room["person"].headers))


def test_event_without_an_id_is_known_by_its_content(server, room):
    call = webhooks.Call(server, room)
    found = json.loads(call.event("participant_joined", participant=call.person(room["person"].username, "PA_noid", 0)))
    del found["id"]
    body = json.dumps(found).encode()
    assert post(server, body).status_code == 200
    assert post(server, body).status_code == 200
    rows = server.database.query("select count(*) from livekit_events where id = %s", [webhooks.digest(body)])
    assert rows == [(1,)]


def test_both_spellings_of_protobuf(server, room):
    name = room["person"].username
    body = {
        "event": "participant_left",
        "id": new_name("EV_"),
        "created_at": 1757068400,
        "room": {"name": room["room_id"], "sid": webhooks.new_sid("RM")},
        "participant": {"sid": "PA_snake", "identity": name, "joined_at": 1757068300, "disconnect_reason": "X"},
    }
    assert post(server, json.dumps(body).encode()).status_code == 200
    rows = server.database.query(
        "select extract(epoch from joined_at)::int, extract(epoch from left_at)::int, leave_reason "
        "from visits where participant_sid = 'PA_snake'"
    )
    assert rows == [(1757068300, 1757068400, "X")]


def test_content_type_is_not_looked_at(server, event):
    for content_type in ("application/json", "text/plain", ""):
        answer = post(server, event, **{"Content-Type": content_type})
        assert answer.status_code == 200, content_type


def test_signature_is_over_the_octets(server):
    """Blanks, escapes and order are the body's own."""
    for body in (b' {"event" : "x"} ', b'{"event":"\\u0061"}', '{"event":"ü"}'.encode(), base64.b64encode(b"1")):
        assert post(server, body).status_code == (200 if body[:1] in b" {" else 400)
