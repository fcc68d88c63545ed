"""Keys that are changed without signing anybody out: the first of a list signs, all of it verifies."""

import base64
import json
import secrets

import jwt
import pytest
from harness import webhooks
from harness.people import bearer, login, make_token, newcomer, register, relative
from harness.secret import secret
from harness.server import LIVEKIT_API_SECRET, SECRET_KEY

NEW = secret("new key " + secrets.token_hex(16))
OTHER = secret("other key " + secrets.token_hex(16))


def header(token):
    part = token.partition(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def works(server, token):
    return server.http.get("/auth/me", headers=bearer(token)).status_code == 200


@pytest.mark.parametrize("separator", [",", "\n", "\n\n", ",\n"])
def test_a_new_key_signs_and_the_old_one_still_verifies(start_server, separator):
    before = start_server()
    person = newcomer(before.http)
    before.stop()
    server = start_server(SECRET_KEY=f"{NEW}{separator}{SECRET_KEY}")
    assert works(server, person.token)
    token = login(server.http, person.username, person.password).json()["access_token"]
    for key, expected in ((NEW, True), (SECRET_KEY, True), (OTHER, False)):
        assert works(server, make_token({"sub": person.username, "exp": relative(60)}, key)) == expected
    assert works(server, token)
    ids = header(token)["kid"], header(person.token)["kid"]
    assert ids[0] != ids[1]
    assert all(len(each) == 8 for each in ids)
    # The old one's time is over: what it signed is refused, what the new one signed goes on.
    server.stop()
    server = start_server(SECRET_KEY=NEW)
    assert works(server, token)
    assert not works(server, person.token)


def test_a_comma_with_a_blank_is_part_of_the_key(start_server):
    """So was the key of many an old service written."""
    assert ", " in SECRET_KEY
    server = start_server()
    person = register(server.http)
    assert works(server, make_token({"sub": person.username, "exp": relative(60)}))
    for part in SECRET_KEY.split(", "):
        assert not works(server, make_token({"sub": person.username, "exp": relative(60)}, part))


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"SECRET_KEY": f"{NEW},short"}, "SECRET_KEY: number 2 is shorter than 16 octets"),
        ({"SECRET_KEY": f"short\n{NEW}"}, "SECRET_KEY: number 1 is shorter than 16 octets"),
        ({"SECRET_KEY": ","}, "SECRET_KEY: lists no key"),
        ({"SECRET_KEY": ",".join([NEW] * 5)}, "SECRET_KEY: lists more than 4 keys"),
        ({"SECRET_KEY": f"{NEW}\r{NEW}"}, "SECRET_KEY: holds a control character"),
        ({"LIVEKIT_API_KEY": "new,old"}, "LIVEKIT_API_SECRET: lists 1, while LIVEKIT_API_KEY lists 2"),
        (
            {"LIVEKIT_API_SECRET": f"{NEW}\n{OTHER}"},
            "LIVEKIT_API_SECRET: lists 2, while LIVEKIT_API_KEY lists 1",
        ),
        (
            {
                "LIVEKIT_API_KEY": "new,devkey",
                "LIVEKIT_API_SECRET": f"{NEW},secret",
                "LIVEKIT_URL": "wss://livekit.example.com",
            },
            "LIVEKIT_API_SECRET: the one of LiveKit's development mode",
        ),
    ],
)
def test_lists_that_are_wrong(parley, settings, complaint):
    done = parley("serve", **settings)
    assert done.returncode == 1
    assert complaint in done.stderr
    assert NEW not in done.stdout + done.stderr


def test_a_secret_of_one_livekit_key_may_hold_commas(start_server):
    key = secret("one,secret,of LiveKit's, with commas")
    server = start_server(LIVEKIT_API_SECRET=key)
    assert server.http.get("/health").status_code == 200


def test_livekit_keys(start_server):
    """Join tokens are by the first; webhooks by any, if they name the one they are by."""
    server = start_server(LIVEKIT_API_KEY="newkey,devkey", LIVEKIT_API_SECRET=f"{NEW},{LIVEKIT_API_SECRET}", WORKERS=1)
    person = newcomer(server.http)
    room = server.http.post("/rooms/", json={"name": "Keys"}, headers=person.headers).json()
    token = secret(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers).json()["token"])
    assert claims(token)["iss"] == "newkey"
    jwt.decode(token, NEW, algorithms=["HS256"])
    for issuer, key, status in (
        ("newkey", NEW, 200),
        ("devkey", LIVEKIT_API_SECRET, 200),
        ("devkey", NEW, 401),
        ("newkey", LIVEKIT_API_SECRET, 401),
        ("other", NEW, 401),
        ("newkey", OTHER, 401),
    ):
        answer = webhooks.post(server, b"{}", webhooks.sign(b"{}", key, iss=issuer))
        assert answer.status_code == status, (issuer, answer.text)
