"""The audit trail: who did what to whom, from where, in which request."""

import re

import pytest
from harness.answers import TIMESTAMP, ok
from harness.people import login, newcomer, register
from harness.secret import new_password, secret
from harness.server import ROOT


@pytest.fixture
def admin(server):
    person = newcomer(server.http)
    server.database.query("update users set is_admin = true where username = %s", [person.username])
    return person


def trail(server, admin, **query):
    answer = server.http.get("/audit", params=query, headers=admin.headers)
    entries = ok(answer)["entries"]
    for entry in entries:
        assert list(entry) == ["id", "at", "action", "actor", "target", "room", "address", "request_id"]
        assert TIMESTAMP.fullmatch(entry["at"])
    assert [each["id"] for each in entries] == sorted((each["id"] for each in entries), reverse=True)
    return entries


def told(entries):
    return [(each["action"], each["actor"], each["target"]) for each in entries]


def test_what_is_told_of_an_account(server, admin):
    person = register(server.http)
    name = person.username
    assert login(server.http, name, "a wrong password").status_code == 401
    answer = login(server.http, name, person.password)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    body = {"current_password": "a wrong one", "new_password": new_password()}
    assert server.http.post("/auth/password", json=body, headers=headers).status_code == 400
    body["current_password"] = person.password
    ok(server.http.post("/auth/password", json=body, headers=headers))
    spent = answer.json()["refresh_token"]
    newer = ok(server.http.post("/auth/refresh", json={"refresh_token": spent}))
    secret(newer["access_token"])
    ok(server.http.post("/auth/logout", json={"refresh_token": secret(newer["refresh_token"])}))
    ok(server.http.post(f"/users/{person.user['id']}/deactivate", headers=admin.headers))
    assert login(server.http, name, body["new_password"]).status_code == 400
    entries = trail(server, admin, user=name)
    assert told(entries) == [
        ("login_failed", None, name),
        ("deactivate", admin.username, name),
        ("logout", name, None),
        ("password", name, None),
        ("password_failed", None, name),
        ("login", name, None),
        ("login_failed", None, name),
    ]
    assert {each["address"] for each in entries} == {"127.0.0.1"}
    assert entries[-2]["request_id"] == answer.headers["x-request-id"]


def test_a_stolen_token_is_told(server, admin):
    person = newcomer(server.http)
    for _ in range(2):
        secret(server.http.post("/auth/refresh", json={"refresh_token": person.refresh_token}).json()["refresh_token"])
    server.database.query("update sessions set last_used_at = now() - interval '11 seconds'")
    assert server.http.post("/auth/refresh", json={"refresh_token": person.refresh_token}).status_code == 401
    assert told(trail(server, admin, user=person.username)) == [
        ("token_reused", None, person.username),
        ("login", person.username, None),
    ]


def test_what_is_told_of_a_room(server, admin):
    creator, guest = newcomer(server.http), newcomer(server.http)
    room = ok(server.http.post("/rooms/", json={"name": "Told"}, headers=creator.headers))
    path = f"/rooms/{room['id']}"
    ok(server.http.post(f"{path}/join", headers=guest.headers))
    ok(server.http.delete(f"{path}/participants/{guest.username}", headers=creator.headers))
    assert server.http.post(f"{path}/bans", json={"username": guest.username}, headers=creator.headers).is_success
    ok(server.http.delete(f"{path}/bans/{guest.username}", headers=admin.headers))
    assert server.http.delete(path, headers=guest.headers).status_code == 403
    for _ in range(2):
        ok(server.http.delete(path, headers=creator.headers))
    entries = [each for each in trail(server, admin, limit=50) if each["room"] == room["room_id"]]
    assert told(entries) == [
        ("delete_room", creator.username, None),
        ("unban", admin.username, guest.username),
        ("ban", creator.username, guest.username),
        ("remove", creator.username, guest.username),
    ]


def test_unknown_names_are_not_kept(server, admin):
    """It may be a password that somebody typed into the wrong field."""
    mistyped = new_password()
    assert login(server.http, mistyped, "x").status_code == 401
    assert told(trail(server, admin, limit=1)) == [("login_failed", None, None)]
    ((rows,),) = server.database.query("select string_agg(a::text, ' ') from audit a")
    assert mistyped not in rows


def test_filters_and_paging(server, admin):
    person = newcomer(server.http)
    for _ in range(3):
        login(server.http, person.username, person.password)
    every = trail(server, admin, user=person.username)
    assert len(every) == 4
    assert trail(server, admin, user=person.username, action="login", limit=2) == every[:2]
    assert trail(server, admin, user=person.username, skip=1, limit=2) == every[1:3]
    assert trail(server, admin, user=person.username, action="logout") == []
    assert trail(server, admin, user="nobody of that name") == []
    assert trail(server, admin, action="nothing") == []
    assert {each["action"] for each in trail(server, admin, action="login")} == {"login"}
    assert trail(server, admin, limit=0) == []
    assert trail(server, admin, skip=2**63 - 1) == []
    first = trail(server, admin, limit=5)
    assert trail(server, admin, skip=2, limit=3) == first[2:]


def test_deeds_that_fail_are_not_told(server, admin):
    """It is written in the statement that does it."""
    person, other = newcomer(server.http), newcomer(server.http)
    assert server.http.post(f"/users/{other.user['id']}/deactivate", headers=person.headers).status_code == 403
    assert told(trail(server, admin, user=other.username)) == [("login", other.username, None)]


def test_old_entries_go(database):
    database.query(
        "insert into audit (at, action, address, request_id) "
        "select now() - make_interval(days => i / 100), 'x', '', '' from generate_series(0, 2999) i"
    )
    text = (ROOT / "sql/statements/audit_prune.sql").read_text()
    text = re.sub(r"\$1", "%s", re.sub(r"^--.*$", "", text, flags=re.M))
    with database.connect() as connection:
        counts = [connection.execute(text, [10]).rowcount for _ in range(6)]
    assert counts == [500, 500, 500, 500, 0, 0]
