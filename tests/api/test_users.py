"""Users, the caller's own account, and what needs nobody: /, /health, /ready."""

import pytest
from harness.answers import check_user, errors, ok, refused
from harness.crowd import crowd, lines, together
from harness.people import bearer, login, make_token, new_name, newcomer, register, relative
from harness.secret import new_password

NOBODY = (401, "Could not validate credentials")
JSON = {"Content-Type": "application/json"}

# Every call that needs a user, with input it would take.
CALLS = [
    ("GET", "/auth/me", None),
    ("PATCH", "/auth/me", {}),
    ("POST", "/auth/password", {"current_password": "current", "new_password": "new password"}),
    ("GET", "/users/", None),
    ("GET", "/users/1", None),
    ("GET", "/rooms/", None),
    ("POST", "/rooms/", {"name": "x"}),
    ("GET", "/rooms/1", None),
    ("PATCH", "/rooms/1", {}),
    ("DELETE", "/rooms/1", None),
    ("POST", "/rooms/1/join", None),
    ("POST", "/rooms/1/leave", None),
    ("GET", "/rooms/1/participants", None),
]


# --- what needs nobody ---


def test_root(server):
    found = ok(server.http.get("/"))
    assert {name: type(value) for name, value in found.items()} == dict.fromkeys(
        ("message", "version", "docs_url", "livekit_url"), str
    )
    assert (found["docs_url"], found["livekit_url"]) == ("/docs", "ws://127.0.0.1:7880")


def test_health(server):
    assert ok(server.http.get("/health")) == {"status": "healthy"}


def test_ready(server):
    assert ok(server.http.get("/ready")) == {"status": "ready"}


def test_ready_when_not_migrated(start_server, empty_database):
    server = start_server(database_url=empty_database.url())
    refused(server.http.get("/ready"), 503, "Database is not migrated")
    refused(server.http.post("/auth/login", data={"username": "a", "password": "b"}), 503, "Database is not migrated")
    assert ok(server.http.get("/health")) == {"status": "healthy"}


@pytest.mark.parametrize("path", ["/nothing", "/users/1/2", "/rooms/1/joins", "/auth", "/auth/", "/room", "/%2e"])
def test_unknown_path(server, path):
    refused(server.http.get(path), 404, "Not Found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/", {"GET"}),
        ("POST", "/health", {"GET"}),
        ("GET", "/auth/login", {"POST"}),
        ("PUT", "/auth/me", {"GET", "PATCH"}),
        ("POST", "/users/", {"GET"}),
        ("PUT", "/rooms", {"GET", "POST"}),
        ("POST", "/rooms/1", {"GET", "PATCH", "DELETE"}),
        ("GET", "/rooms/1/join", {"POST"}),
    ],
)
def test_method_not_allowed(server, method, path, allowed):
    answer = server.http.request(method, path)
    refused(answer, 405, "Method Not Allowed")
    assert set(answer.headers["allow"].split(", ")) - {"HEAD", "OPTIONS"} == allowed


# --- who is calling ---


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_every_call_wants_a_token(server, me, method, path, body):
    def call(headers):
        return server.http.request(method, path, json=body, headers=headers)

    claims = {"sub": me.username, "exp": relative(60)}
    for headers in (
        {},
        {"Authorization": me.token},
        {"Authorization": f"Basic {me.token}"},
        bearer(me.token + "x"),
        bearer(make_token({**claims, "exp": relative(-1)})),
        bearer(make_token(claims, key="another key of the access tokens")),
        bearer(make_token({**claims, "sub": new_name()})),
    ):
        refused(call(headers), *NOBODY)
    assert call({"Authorization": f"bEARER {me.token}"}).status_code != 401
    server.database.query("update users set is_active = null where id = %s", [me.user["id"]])
    refused(call(me.headers), 400, "Inactive user")
    server.database.query("update users set is_active = false where id = %s", [me.user["id"]])
    refused(call(me.headers), 400, "Inactive user")


def test_input_is_judged_before_the_account(server, me):
    """As the service before: a token of nobody and a body that does not fit are told apart without the database."""
    nobody = bearer(make_token({"sub": new_name(), "exp": relative(60)}))
    assert server.http.post("/rooms/", json={}, headers=nobody).status_code in (401, 422)
    refused(server.http.post("/rooms/", json={}), *NOBODY)


# --- users ---


def test_get_user(server):
    person = newcomer(server.http, full_name="Ann Example")
    assert ok(server.http.get(f"/users/{person.user['id']}", headers=person.headers)) == person.user
    check_user(person.user)


def test_users_are_the_active_ones(server, me):
    on, off, unset = crowd(server.database, 3)
    server.database.query("update users set is_active = false where id = %s", [off.user["id"]])
    server.database.query("update users set is_active = null where id = %s", [unset.user["id"]])
    skip = len(ok(server.http.get("/users/?limit=1000", headers=me.headers))) - 2
    found = ok(server.http.get(f"/users/?limit=1000&skip={skip}", headers=me.headers))
    assert [user["id"] for user in found] == [me.user["id"], on.user["id"]]
    for user in found:
        check_user(user)
    for person in (off, unset):
        user = ok(server.http.get(f"/users/{person.user['id']}", headers=me.headers))
        assert check_user(user)["is_active"] is False


@pytest.mark.parametrize("path", ["/users", "/users/", "/users?", "/users/?skip=0"])
def test_users_with_and_without_a_slash(server, me, path):
    assert isinstance(ok(server.http.get(path, headers=me.headers)), list)


@pytest.mark.parametrize("form", ["{}", "0{}", "{}.0", "+{}", "%20{}", "{}/", "{}?x=y"])
def test_user_id_as_the_service_before_read_it(server, me, form):
    path = "/users/" + form.format(me.user["id"])
    assert ok(server.http.get(path, headers=me.headers))["id"] == me.user["id"]


@pytest.mark.parametrize(
    "number",
    ["0", "-1", "2147483647", "2147483648", "-2147483649", "4294967297", "9223372036854775807", "9223372036854775808",
     "9" * 100],
)  # fmt: skip
def test_user_nobody_can_be(server, me, number):
    refused(server.http.get(f"/users/{number}", headers=me.headers), 404, "User not found")


@pytest.mark.parametrize(
    "text", ["abc", "1.5", "1.", "1e3", "0x1", "me", "--1", "1_", "%E0%A4%A9", "1,0", "room_1", "1%2F1"]
)
def test_user_id_that_is_no_integer(server, me, text):
    answer = server.http.get(f"/users/{text}", headers=me.headers)
    assert errors(answer) == {("path", "user_id"): "int_parsing"}


# --- one's own account ---


def test_change_account(server):
    person = newcomer(server.http, full_name="Before")
    before = person.user
    after = ok(server.http.patch("/auth/me", json={"full_name": "After"}, headers=person.headers))
    assert check_user(after) == {**before, "full_name": "After", "updated_at": after["updated_at"]}
    assert after["updated_at"] > before["created_at"]
    email = f"{new_name('Other')}@example.org"
    after = ok(server.http.patch("/auth/me", json={"email": email}, headers=person.headers))
    assert (after["email"], after["full_name"]) == (email, "After")
    after = ok(server.http.patch("/auth/me", json={"full_name": None}, headers=person.headers))
    assert (after["email"], after["full_name"]) == (email, None)
    assert ok(server.http.get("/auth/me", headers=person.headers)) == {**after, "is_admin": False}
    # The address before is free again.
    assert server.http.patch("/auth/me", json={"email": email}, headers=person.headers).status_code == 200
    assert register(server.http, username=person.username + "2").email


@pytest.mark.parametrize(
    "body", [{}, {"username": "other", "id": 1, "is_active": False, "password": "x", "unknown": []}]
)
def test_change_account_leaves_the_rest(server, body):
    person = newcomer(server.http, full_name="Ann")
    after = ok(server.http.patch("/auth/me", json=body, headers=person.headers))
    assert {**after, "updated_at": None} == {**person.user, "updated_at": None}


def test_change_account_to_an_email_of_somebody(server, me):
    (other,) = crowd(server.database, 1)
    local, domain = other.email.split("@")
    for email in (other.email, f"{local}@{domain.upper()}"):
        answer = server.http.patch("/auth/me", json={"email": email, "full_name": "x"}, headers=me.headers)
        refused(answer, 400, "Email already registered")
    assert ok(server.http.get("/auth/me", headers=me.headers))["full_name"] is None
    # One's own is no obstacle.
    assert ok(server.http.patch("/auth/me", json={"email": me.email}, headers=me.headers))["email"] == me.email


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": None}, {"email": "string_type"}),
        ({"email": 5}, {"email": "string_type"}),
        ({"email": ""}, {"email": "value_error"}),
        ({"email": "a@localhost"}, {"email": "value_error"}),
        ({"email": "a" * 60 + "@" + ".".join(["b" * 20] * 3) + ".com"}, {"email": "string_too_long"}),
        ({"full_name": 5}, {"full_name": "string_type"}),
        ({"full_name": "x" * 101}, {"full_name": "string_too_long"}),
        ({"full_name": "a\0b"}, {"full_name": "value_error"}),
        ({"full_name": [], "email": "x"}, {"full_name": "string_type", "email": "value_error"}),
    ],
)
def test_change_account_refused(server, me, body, expected):
    answer = server.http.patch("/auth/me", json=body, headers=me.headers)
    assert errors(answer) == {("body", name): kind for name, kind in expected.items()}


@pytest.mark.parametrize(
    ("text", "location", "kind"),
    [("", ("body",), "missing"), ("[]", ("body",), "model_attributes_type"), ("{", ("body", 1), "json_invalid")],
)
def test_change_account_without_an_object(server, me, text, location, kind):
    answer = server.http.patch("/auth/me", content=text, headers={**me.headers, **JSON})
    assert errors(answer) == {location: kind}


def test_change_password(server):
    person = newcomer(server.http)
    new = new_password()
    body = {"current_password": person.password, "new_password": new}
    answer = server.http.post("/auth/password", json=body, headers=person.headers)
    assert ok(answer) == {"message": "Password changed"}
    assert login(server.http, person.username, person.password).status_code == 401
    assert login(server.http, person.username, new).status_code == 200
    ((stored,),) = server.database.query("select hashed_password from users where username = %s", [person.username])
    assert stored.startswith("$scrypt$")


def test_change_password_without_knowing_it(server):
    person = newcomer(server.http)
    for current in (new_password(), "", person.password + " "):
        body = {"current_password": current, "new_password": new_password()}
        answer = server.http.post("/auth/password", json=body, headers=person.headers)
        refused(answer, 400, "Incorrect password")
    assert login(server.http, person.username, person.password).status_code == 200


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"current_password": "missing", "new_password": "missing"}),
        (
            {"current_password": None, "new_password": 5},
            {"current_password": "string_type", "new_password": "string_type"},
        ),
        ({"current_password": "x", "new_password": "12345"}, {"new_password": "string_too_short"}),
        ({"current_password": "x", "new_password": "x" * 129}, {"new_password": "string_too_long"}),
        ({"current_password": "x", "new_password": "x" * 10 + "\0"}, {"new_password": "value_error"}),
    ],
)
def test_change_password_refused(server, me, body, expected):
    answer = server.http.post("/auth/password", json=body, headers=me.headers)
    assert errors(answer) == {("body", name): kind for name, kind in expected.items()}


def test_two_changes_of_a_password_at_once(server):
    """Who comes second no longer knows the password."""
    person = newcomer(server.http)
    wanted = [new_password() for _ in range(4)]
    results = together(
        server,
        [
            lines("POST", "/auth/password", person.token, {"current_password": person.password, "new_password": new})
            for new in wanted
        ],
    )
    won = [new for new, (status, _) in zip(wanted, results, strict=True) if status == 200]
    assert len(won) == 1, results
    assert results.count((400, {"detail": "Incorrect password"})) == 3
    assert login(server.http, person.username, won[0]).status_code == 200


def test_one_email_for_many_accounts(server):
    """Changes of an address meet each other as registrations do."""
    people = crowd(server.database, 20)
    email = f"{new_name()}@example.com"
    results = together(server, [lines("PATCH", "/auth/me", person.token, {"email": email}) for person in people])
    assert [status for status, _ in results].count(200) == 1, results
    assert results.count((400, {"detail": "Email already registered"})) == 19, results
