"""Who may call what: every route of the table as everybody who might; a new route fails until it is listed here."""

import pytest
from harness import sources
from harness.answers import ok, refused
from harness.crowd import crowd
from harness.people import login, make_token, new_name, newcomer, register, relative
from harness.secret import new_password
from harness.server import Server
from harness.sfu import Sfu

ROLES = ("nobody", "other", "creator", "admin", "deactivated", "banned")

# The status that each of ROLES gets. What is refused must be refused whatever else is wrong; so where a call would
# change what the next one needs, it is one that ends in another error: a wrong password, no such session.
ANY = (200, 200, 200, 200, 200, 200)
USERS = (401, 200, 200, 200, 400, 200)
ADMINS = (401, 403, 403, 200, 400, 403)
CREATORS = (401, 403, 200, 200, 400, 403)
TABLE = {
    "get /": ANY,
    "get /health": ANY,
    "get /ready": ANY,
    "get /openapi.json": ANY,
    "post /auth/register": ANY,
    "post /auth/login": (401, 401, 401, 401, 401, 401),
    "post /auth/refresh": (401, 401, 401, 401, 401, 401),
    "post /auth/logout": ANY,
    "get /auth/sessions": USERS,
    "delete /auth/sessions/{session_id}": (401, 404, 404, 404, 400, 404),
    "get /auth/me": USERS,
    "patch /auth/me": USERS,
    "post /auth/password": (401, 400, 400, 400, 400, 400),
    "get /users/": USERS,
    "get /users/{user_id}": USERS,
    "post /users/{user_id}/deactivate": ADMINS,
    "post /users/{user_id}/reactivate": ADMINS,
    "get /rooms/": USERS,
    "post /rooms/": USERS,
    "get /rooms/{room_id}": USERS,
    "patch /rooms/{room_id}": CREATORS,
    "delete /rooms/{room_id}": CREATORS,
    "post /rooms/{room_id}/join": (401, 200, 200, 200, 400, 403),
    "post /rooms/{room_id}/leave": (401, 400, 400, 400, 400, 400),
    "get /rooms/{room_id}/participants": USERS,
    "delete /rooms/{room_id}/participants/{identity}": CREATORS,
    "patch /rooms/{room_id}/participants/{identity}": CREATORS,
    "post /rooms/{room_id}/participants/{identity}/mute": CREATORS,
    "post /rooms/{room_id}/message": CREATORS,
    "get /rooms/{room_id}/bans": CREATORS,
    "post /rooms/{room_id}/bans": (401, 403, 201, 201, 400, 403),
    "delete /rooms/{room_id}/bans/{username}": CREATORS,
    "get /rooms/{room_id}/visits": CREATORS,
    "get /users/me/visits": USERS,
    "get /audit": ADMINS,
    "post /livekit/webhook": (401, 401, 401, 401, 401, 401),
    "post /livekit/token": (401, 201, 201, 201, 400, 403),
    "get /metrics": ANY,
}
BODIES = {
    "post /auth/register": lambda _: {
        "username": (name := new_name()),
        "email": f"{name}@example.com",
        "password": new_password(),
    },
    "post /auth/password": lambda _: {"current_password": "a wrong one", "new_password": new_password()},
    "patch /auth/me": lambda _: {"full_name": "Full Name"},
    "post /rooms/": lambda _: {"name": "Access"},
    "patch /rooms/{room_id}": lambda _: {"name": "Changed"},
    "patch /rooms/{room_id}/participants/{identity}": lambda _: {"can_publish": False},
    "post /rooms/{room_id}/participants/{identity}/mute": lambda _: {"muted": True},
    "post /rooms/{room_id}/message": lambda _: {"text": "Hello"},
    "post /rooms/{room_id}/bans": lambda scene: {"username": scene["guest"].username},
    "post /livekit/token": lambda scene: {"room_name": scene["room"]["room_id"]},
}
ROUTES = [f"{route.method} {route.path}" for route in sources.routes()]


# All that somebody who is refused might have changed, and what is not written for other reasons meanwhile.
TABLES = ("users", "rooms", "room_participants", "bans", "sessions", "visits")
ASKED = {"GetParticipant", "MutePublishedTrack", "UpdateParticipant", "SendData"}


def test_every_route_is_listed():
    assert sorted(TABLE) == sorted(ROUTES)


@pytest.fixture(scope="module")
def scene(cluster, template, tmp_path_factory, running):
    """A server beside a LiveKit, and everybody."""
    database = cluster.create(template.name)
    # Nobody asks LiveKit, and mends, between two looks: no time is long enough ago.
    database.query("update livekit_state set looked_at = 'infinity', reconciled_at = 'infinity'")
    sfu = Sfu().start()
    server = Server(tmp_path_factory.mktemp("access"), database.url(), LIVEKIT_API_URL=sfu.url, RECONCILE_SECONDS=3600)
    with running(server):
        *people, target = crowd(database, len(ROLES))
        made = {**dict(zip(ROLES[1:], people, strict=True)), "target": target, "guest": newcomer(server.http)}
        database.query("update users set is_admin = true where username = %s", [made["admin"].username])
        database.query("update users set is_active = false where username = %s", [made["deactivated"].username])
        # A room of one's own is no key to others'.
        ok(server.http.post("/rooms/", json={"name": "Other"}, headers=made["other"].headers))
        yield {**made, "server": server, "database": database, "sfu": sfu}
    sfu.stop()
    cluster.drop(database)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", [route for route in ROUTES if route in TABLE])
def test_access(scene, route, role):
    """Each in a room of its own, with a guest in it and somebody banned from it."""
    http, creator, guest = scene["server"].http, scene["creator"], scene["guest"]
    room = ok(http.post("/rooms/", json={"name": "Access"}, headers=creator.headers))
    ok(http.post(f"/rooms/{room['id']}/join", headers=guest.headers))
    track = {"sid": "TR_1", "source": "MICROPHONE", "muted": False}
    scene["sfu"].put(room["room_id"], guest.username, "PA_1", tracks=[track])
    http.post(f"/rooms/{room['id']}/bans", json={"username": scene["banned"].username}, headers=creator.headers)
    scene["room"] = room

    method, _, path = route.partition(" ")
    banned = scene["banned"].username
    values = {
        "room_id": room["room_id"],
        "user_id": scene["target"].user["id"],
        "identity": guest.username,
        "username": banned,
        "session_id": ok(http.get("/auth/sessions", headers=guest.headers))[0]["id"],
    }
    headers = {} if role == "nobody" else dict(scene[role].headers)
    if route == "post /auth/logout":
        headers = {}
    body = BODIES[route](scene) if route in BODIES else None
    before = state(scene)
    answer = http.request(method, path.format(**values), headers=headers, **({"json": body} if body else form(route)))
    assert answer.status_code == TABLE[route][ROLES.index(role)], answer.text
    # Whoever was refused has changed nothing.
    if answer.status_code >= 400:
        assert state(scene) == before
    if (method, answer.status_code) == ("get", 200) and role == "other":
        assert_nothing_private(answer.text, scene)


def state(scene):
    """What is in the database, and how often LiveKit was asked to do something."""
    rows = " union all ".join(f"select '{table}', t::text from {table} t" for table in TABLES)
    return sorted(scene["database"].query(rows)), sum(each.method in ASKED for each in scene["sfu"].called)


def assert_nothing_private(text, scene):
    """Others' sessions and hashes of passwords."""
    rows = scene["database"].query(
        "select s.id, u.hashed_password from users u join sessions s on s.user_id = u.id where u.username <> %s",
        [scene["other"].username],
    )
    assert rows
    assert [value for row in rows for value in row if value in text] == []


def form(route):
    return {"data": {"username": "nobody at all", "password": "wrong"}} if route == "post /auth/login" else {}


# --- administrators ---


@pytest.fixture
def admin(server):
    person = newcomer(server.http)
    server.database.query("update users set is_admin = true where username = %s", [person.username])
    return person


def test_the_command_makes_and_unmakes_administrators(start_server, parley, database):
    server = start_server()
    person, name = newcomer(server.http), new_name()
    refused(server.http.get("/audit", headers=person.headers), 403, "Administrators only")
    done = parley("user", "admin", person.username)
    assert (done.returncode, done.stdout) == (0, f"{person.username} is an administrator\n")
    assert ok(server.http.get("/auth/me", headers=person.headers))["is_admin"] is True
    (entry, *_) = ok(server.http.get("/audit", headers=person.headers))["entries"]
    assert (entry["action"], entry["actor"], entry["target"]) == ("admin", None, person.username)
    assert entry["address"] == "command"
    done = parley("user", "admin", "--revoke", person.username)
    assert (done.returncode, done.stdout) == (0, f"{person.username} is no longer an administrator\n")
    refused(server.http.get("/audit", headers=person.headers), 403, "Administrators only")
    for arguments, status, said in (
        ([name], 1, "parley: there is no user of that name\n"),
        ([], 2, "parley: user admin needs a name"),
        (["a", "b"], 2, "parley: user admin takes a name and --revoke"),
        (["--grant", "b"], 2, "parley: user admin takes a name and --revoke"),
    ):
        done = parley("user", "admin", *arguments)
        assert done.stderr.startswith(said)
        assert (done.returncode != 0) == (status != 0)


def test_the_command_switches_accounts(start_server, parley, database):
    """Also for an administrator who has switched themselves off."""
    server = start_server()
    admin, name = newcomer(server.http), new_name()
    room = ok(server.http.post("/rooms/", json={"name": "Seats"}, headers=admin.headers))
    ok(server.http.post(f"/rooms/{room['id']}/join", headers=admin.headers))
    for _ in range(2):
        done = parley("user", "deactivate", admin.username)
        said = f"{admin.username} is switched off, signed out and out of all calls\n"
        assert (done.returncode, done.stdout) == (0, said)
    refused(server.http.get("/auth/me", headers=admin.headers), 400, "Inactive user")
    assert login(server.http, admin.username, admin.password).status_code == 400
    assert database.query("select from room_participants where is_connected") == []
    assert database.query("select action from outbox") == [("remove_participant",)]
    done = parley("user", "reactivate", admin.username)
    assert (done.returncode, done.stdout) == (0, f"{admin.username} may sign in again\n")
    refused(server.http.get("/auth/me", headers=admin.headers), 401, "Could not validate credentials")
    assert login(server.http, admin.username, admin.password).status_code == 200
    told = database.query(
        "select action, actor_id, address, request_id from audit where target_id is not null order by id"
    )
    assert told == [
        ("deactivate", None, "command", "parley user deactivate"),
        ("login_failed", None, "127.0.0.1", told[1][3]),
        ("reactivate", None, "command", "parley user reactivate"),
    ]
    for action in ("deactivate", "reactivate"):
        done = parley("user", action, name)
        assert (done.returncode, done.stderr) == (1, "parley: there is no user of that name\n")
        for arguments in ([], ["a", "b"], ["--all"]):
            done = parley("user", action, *arguments)
            assert done.returncode == 2
            assert done.stderr.startswith(f"parley: user {action} takes a name and nothing else")


def test_switching_an_account_off_and_on(server, admin):
    person = newcomer(server.http)
    room = ok(server.http.post("/rooms/", json={"name": "Seats"}, headers=admin.headers))
    ok(server.http.post(f"/rooms/{room['id']}/join", headers=person.headers))
    path = f"/users/{person.user['id']}"
    off = ok(server.http.post(f"{path}/deactivate", headers=admin.headers))
    assert off["is_active"] is False
    refused(server.http.get("/auth/me", headers=person.headers), 400, "Inactive user")
    refused(
        server.http.post("/auth/refresh", json={"refresh_token": person.refresh_token}), 401, "Invalid refresh token"
    )
    assert ok(server.http.get(f"/rooms/{room['id']}/participants", headers=admin.headers))["participants"] == []
    errands = server.database.query(
        "select action from outbox o join users u on u.id = o.user_id where u.username = %s", [person.username]
    )
    assert errands == [("remove_participant",)]
    # Again: the same.
    assert ok(server.http.post(f"{path}/deactivate", headers=admin.headers))["updated_at"] == off["updated_at"]
    listed = ok(server.http.get("/users/", params={"inactive": "true", "limit": 1000}, headers=admin.headers))
    assert person.user["id"] in [each["id"] for each in listed]
    assert not any(each["is_active"] for each in listed)
    # An old token does not come back with the account.
    assert ok(server.http.post(f"{path}/reactivate", headers=admin.headers))["is_active"] is True
    refused(server.http.get("/auth/me", headers=person.headers), 401, "Could not validate credentials")
    refused(
        server.http.get("/users/", params={"inactive": "true"}, headers=newcomer(server.http).headers),
        403,
        "Administrators only",
    )
    for number in (999999999, 99999999999):
        refused(server.http.post(f"/users/{number}/deactivate", headers=admin.headers), 404, "User not found")


def test_an_old_services_token_ends_with_the_account(server, admin):
    person = register(server.http)
    token = {"Authorization": f"Bearer {make_token({'sub': person.username, 'exp': relative(900)})}"}
    ok(server.http.get("/auth/me", headers=token))
    for action in ("deactivate", "reactivate"):
        ok(server.http.post(f"/users/{person.user['id']}/{action}", headers=admin.headers))
    refused(server.http.get("/auth/me", headers=token), 401, "Could not validate credentials")
