"""The token of a join, judged by LiveKit's own SDKs and by nothing of ours."""

import json
import subprocess
import time

import jwt
import pytest
from harness.answers import ok
from harness.crowd import crowd
from harness.people import Person, bearer, make_token, new_name, relative
from harness.secret import secret
from harness.server import LIVEKIT_API_SECRET

from livekit import api

KEY = "devkey"
# Members a token may have; those that are dangerous to hand out are not among them (roomAdmin, hidden, recorder...).
GRANTS = {"roomJoin": True, "canPublish": True, "canSubscribe": True}


@pytest.fixture
def join(start_server):
    """join(max_participants=..., username=..., **settings): the answer, the room and who joined."""

    def run(max_participants=50, username=None, **settings):
        server = start_server(**settings)
        (creator,) = crowd(server.database, 1)
        person = creator
        if username is not None:
            rows = server.database.query(
                "insert into users (username, email, hashed_password) values (%s, %s, '') returning id",
                [username, f"{new_name()}@example.com"],
            )
            person = Person(username, None, None, {"id": rows[0][0]})
            person.token = make_token({"sub": username, "exp": relative(60)})
        room = server.http.post(
            "/rooms/", json={"name": "x", "max_participants": max_participants}, headers=creator.headers
        )
        found = ok(server.http.post(f"/rooms/{room.json()['id']}/join", headers=bearer(person.token)))
        secret(found["token"])
        return found, room.json(), person

    return run


def claims(token, key=LIVEKIT_API_SECRET):
    return jwt.decode(token, key, algorithms=["HS256"], issuer=KEY)


def test_python_sdk_accepts_it(join):
    found, room, person = join(max_participants=7)
    read = api.TokenVerifier(KEY, LIVEKIT_API_SECRET).verify(found["token"])
    assert (read.identity, read.name) == (person.username, person.username)
    assert (read.video.room_join, read.video.room) == (True, room["room_id"])
    assert (read.video.can_publish, read.video.can_subscribe) == (True, True)
    for name in (
        "room_admin",
        "room_create",
        "room_list",
        "room_record",
        "hidden",
        "recorder",
        "agent",
        "ingress_admin",
    ):
        assert not getattr(read.video, name), name
    assert read.room_config.max_participants == 7
    assert read.room_config.empty_timeout == 300
    assert read.room_config.departure_timeout == 20
    assert read.room_config.name == ""
    assert not read.room_config.HasField("egress")
    assert not read.metadata
    assert not read.attributes


def test_python_sdk_refuses_it_with_another_secret(join):
    found, _, _ = join()
    with pytest.raises(jwt.InvalidSignatureError):
        api.TokenVerifier(KEY, "another secret, of the same length as the one").verify(found["token"])
    with pytest.raises(jwt.InvalidIssuerError):
        api.TokenVerifier("other", LIVEKIT_API_SECRET).verify(found["token"])


def test_javascript_sdk_accepts_it(join, node_sdk):
    found, room, person = join(max_participants=7)
    expired = jwt.encode({**claims(found["token"]), "exp": relative(-3600)}, LIVEKIT_API_SECRET)
    given = {"key": KEY, "secret": LIVEKIT_API_SECRET, "tokens": [found["token"], found["token"] + "x", expired]}
    done = subprocess.run(
        ["node", "verify.js"], cwd=node_sdk, input=json.dumps(given), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == 0, done.stderr
    read, *refused = json.loads(done.stdout)
    assert (read["sub"], read["name"], read["iss"]) == (person.username, person.username, KEY)
    assert read["video"] == {**GRANTS, "room": room["room_id"]}
    assert read["roomConfig"]["maxParticipants"] == 7
    assert all("error" in each for each in refused), refused


def test_claims_are_these_and_no_others(join):
    found, room, person = join()
    assert jwt.get_unverified_header(found["token"])["alg"] == "HS256"
    read = claims(found["token"])
    now = time.time()
    assert now - 30 < read.pop("nbf") <= now - 5, "a few seconds back: clocks differ"
    assert now + 890 < read.pop("exp") <= now + 900
    assert read == {
        "iss": KEY,
        "sub": person.username,
        "name": person.username,
        "video": {**GRANTS, "room": room["room_id"]},
        "roomConfig": {"maxParticipants": 50, "emptyTimeout": 300, "departureTimeout": 20},
    }


def test_room_url(join):
    found, _, _ = join(LIVEKIT_URL="wss://calls.example.com/livekit/sfu")
    assert found["room_url"] == f"wss://calls.example.com/livekit/sfu?token={found['token']}"


@pytest.mark.parametrize("seconds", [60, 3600])
def test_lifetime_is_a_setting(join, seconds):
    found, _, _ = join(LIVEKIT_TOKEN_TTL_SECONDS=seconds)
    assert time.time() + seconds - 15 < claims(found["token"])["exp"] <= time.time() + seconds


def test_most_people(join):
    found, _, _ = join(max_participants=1_000_000)
    assert api.TokenVerifier(KEY, LIVEKIT_API_SECRET).verify(found["token"]).room_config.max_participants == 1_000_000


@pytest.mark.parametrize(
    "name", ["Zoë", "王小明", "😀" * 50, 'a"b\\c/d', "<script>", "a b+c&d=e", "'; --", "\u2028\u202e", "\\u0000", "%00"]
)
def test_names_arrive_as_they_are(join, name):
    name = name if len(name) == 50 else f"{name}{new_name('')}"
    found, _, _ = join(username=name)
    read = api.TokenVerifier(KEY, LIVEKIT_API_SECRET).verify(found["token"])
    assert (read.identity, read.name) == (name, name)


@pytest.mark.parametrize("size", [32, 64, 65, 256, 300])
def test_secrets_of_any_length(join, size):
    key = secret("s" * (size - 1) + "!")
    found, _, _ = join(LIVEKIT_API_SECRET=key)
    assert claims(found["token"], key)["iss"] == KEY


def test_a_new_join_gives_a_new_lifetime(start_server):
    server = start_server()
    (person,) = crowd(server.database, 1)
    room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=person.headers))
    first = claims(secret(ok(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers))["token"]))
    time.sleep(1.1)
    second = claims(secret(ok(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers))["token"]))
    assert second["exp"] > first["exp"]
    assert {**second, "exp": 0, "nbf": 0} == {**first, "exp": 0, "nbf": 0}


def test_login_token_is_no_join_token(start_server):
    """One secret each: what LiveKit knows opens nothing here, and the other way round."""
    server = start_server()
    (person,) = crowd(server.database, 1)
    room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=person.headers))
    token = secret(ok(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers))["token"])
    assert server.http.get("/auth/me", headers=bearer(token)).status_code == 401
    with pytest.raises(jwt.PyJWTError):
        api.TokenVerifier(KEY, LIVEKIT_API_SECRET).verify(person.token)
