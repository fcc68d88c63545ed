"""The database of the service before, from parley migrate to daily use, and that service beside us on it."""

import base64
import datetime
import hashlib
import re
import time

import bcrypt
import jwt
import psycopg
import pytest
from harness import sources
from harness.answers import check_listed_room, check_user, errors, ok, refused
from harness.people import bearer, login, register
from harness.secret import new_password, secret
from harness.server import ROOT, SECRET_KEY

FIXTURE = ROOT / "tests/api/fixtures/old_service.sql"
TABLES = ("users", "rooms", "room_participants")
PASSWORDS = {
    "testuser": "testpassword123",
    "ann": "ann's password",
    "Bøb der Große": "b0b's pässwörd",
    "short": "short",
    "long": "long " * 20,
}
NEVER = {"carol": "carol's password", "dave": "dave's password"}
INDEXES = ("ix_users_id", "ix_users_username", "ix_users_email", "ix_rooms_id", "ix_rooms_room_id",
           "ix_room_participants_id")  # fmt: skip


@pytest.fixture
def old(empty_database):
    # As the role that parley is: the tables belong to it, as they did to the service before.
    with psycopg.connect(empty_database.url(), autocommit=True) as connection:
        connection.execute(FIXTURE.read_text())
    return empty_database


@pytest.fixture
def migrate(parley, old):
    def run(*options):
        done = parley("migrate", *options, database_url=old.url())
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    return run


@pytest.fixture
def adopted(migrate, old, start_server):
    """A server on the migrated database."""
    migrate()
    server = start_server(database_url=old.url())
    server.database = old
    return server


def old_token(username, minutes=30):
    """As python-jose made it there: {"sub", "exp"}, HS256."""
    expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    return secret(jwt.encode({"sub": username, "exp": expires}, SECRET_KEY, algorithm="HS256"))


def old_columns(database):
    """Every row, in the columns that the service before knows."""
    columns = {
        "users": "id, username, email, hashed_password, full_name, is_active, created_at, updated_at",
        "rooms": "id, name, room_id, description, creator_id, is_active, max_participants, created_at, updated_at",
        "room_participants": "id, room_id, user_id, joined_at, left_at, is_connected",
    }
    return {table: database.query(f"select {columns[table]} from {table} order by id") for table in TABLES}


def everything(database):
    """Rows, columns, indexes, constraints, sequences."""
    catalogue = database.query(
        "select 'relation', relname, relkind::text, coalesce(obj_description(oid), '') from pg_class "
        "where relnamespace = 'public'::regnamespace "
        "union all select 'column', attrelid::regclass::text, attname, atttypid::regtype || ' ' || attnotnull::text "
        "|| ' ' || atthasdef::text from pg_attribute where attnum > 0 and attrelid in "
        "(select oid from pg_class where relnamespace = 'public'::regnamespace) "
        "union all select 'function', proname, '', '' from pg_proc where pronamespace = 'public'::regnamespace "
        "order by 1, 2, 3, 4"
    )
    sequences = database.query("select sequencename, last_value from pg_sequences order by 1")
    return catalogue, sequences, old_columns(database)


def stored_hash(database, username):
    ((found,),) = database.query("select hashed_password from users where username = %s", [username])
    return found


# --- the migration ---


def test_dry_run_says_what_it_would_do_and_does_nothing(migrate, old):
    before = everything(old)
    said = [line.strip() for line in migrate("--dry-run").splitlines()]
    assert [line for line in said if line[0].isdigit()] == [
        "7 users with a password under bcrypt (hashed anew at their next login)",
        "1 users whose is_active is NULL (reads as false)",
        "1 rooms whose is_active is NULL (reads as false)",
        "2 rooms whose max_participants is NULL (reads as 50)",
        "1 participants whose is_connected is NULL (reads as false)",
        "3 connected participants beside a newer row of the same user and room (closed)",
        "1 connected participants of rooms that are not active (closed)",
    ]
    assert "would apply 0001_base" in said
    assert everything(old) == before
    migrate("--dry-run")
    assert everything(old) == before


def test_usernames_that_cannot_sign_in_are_told(migrate, old, start_server):
    """A line of its own is what a username must not have: what statements take as the caller has lines."""
    old.query("insert into users select 30, E'eve\\n1', 'eve@example.com', hashed_password from users where id = 1")
    assert "users whose username has a control character (they cannot sign in: rename them)" in migrate("--dry-run")
    migrate()
    server = start_server(database_url=old.url())
    answer = login(server.http, "eve\n1", PASSWORDS["testuser"])
    assert errors(answer) == {("body", "username"): "value_error"}
    assert errors(server.http.post("/auth/login", data={"username": "a\x7f", "password": "x"}))


def test_users_and_rooms_are_untouched(migrate, old):
    before = old_columns(old)
    migrate()
    after = old_columns(old)
    assert after["users"] == before["users"]
    assert after["rooms"] == before["rooms"]
    assert len(after["room_participants"]) == len(before["room_participants"])
    assert migrate().startswith("nothing to do")
    assert old_columns(old) == after


def test_seats_are_sorted_out(migrate, old):
    before = {row[0]: row for row in old_columns(old)["room_participants"]}
    migrate()
    after = {row[0]: row for row in old_columns(old)["room_participants"]}
    assert {number for number, row in after.items() if row[5]} == {2, 5, 9, 10}
    for number, row in after.items():
        if number in (1, 3, 7, 8):
            assert row[:4] == before[number][:4]
            assert row[4] is not None, "closed"
            assert row[5] is False
        else:
            assert row == before[number]


def test_missing_indexes_are_made(migrate, old):
    for name in INDEXES:
        old.query(f"drop index {name}")
    said = migrate("--dry-run")
    assert all(f"index {name} is missing (made)" in said for name in INDEXES)
    migrate()
    found = {row[0] for row in old.query("select indexname from pg_indexes where schemaname = 'public'")}
    assert found >= set(INDEXES)
    with pytest.raises(psycopg.errors.UniqueViolation):
        old.query("insert into users (username, email, hashed_password) values ('ann', 'other@example.com', '')")


def test_ids_go_on(adopted):
    """The sequences stand where they stood."""
    person = register(adopted.http)
    assert person.user["id"] == 21
    headers = bearer(old_token("ann"))
    assert ok(adopted.http.post("/rooms/", json={"name": "new"}, headers=headers))["id"] == 31
    ok(adopted.http.post("/rooms/31/join", headers=headers))
    assert adopted.database.query("select max(id) from room_participants") == [(41,)]


# --- people ---


@pytest.mark.parametrize("username", PASSWORDS)
def test_login_and_a_better_hash(adopted, username):
    password = secret(PASSWORDS[username])
    before = stored_hash(adopted.database, username)
    assert bcrypt.checkpw(password.encode()[:72], before.encode())
    refused(login(adopted.http, username, new_password()), 401, "Incorrect username or password")
    assert stored_hash(adopted.database, username) == before, "a wrong password changes nothing"
    ok(login(adopted.http, username, password))
    after = stored_hash(adopted.database, username)
    assert after.startswith("$scrypt$")
    token = ok(login(adopted.http, username, password))["access_token"]
    assert stored_hash(adopted.database, username) == after, "it is not hashed anew each time"
    assert ok(adopted.http.get("/auth/me", headers=bearer(token)))["username"] == username
    refused(login(adopted.http, username, new_password()), 401, "Incorrect username or password")


def test_bcrypt_reads_72_octets_and_scrypt_all(adopted):
    """What bcrypt never looked at counts once the hash is ours."""
    password = PASSWORDS["long"]
    assert len(password) > 72
    ok(login(adopted.http, "long", password[:72] + "anything"))
    refused(login(adopted.http, "long", password), 401, "Incorrect username or password")
    ok(login(adopted.http, "long", password[:72] + "anything"))


@pytest.mark.parametrize("username", NEVER)
def test_inactive_users_stay_out(adopted, username):
    password = secret(NEVER[username])
    refused(login(adopted.http, username, password), 400, "Inactive user")
    refused(login(adopted.http, username, new_password()), 401, "Incorrect username or password")
    refused(adopted.http.get("/auth/me", headers=bearer(old_token(username))), 400, "Inactive user")


def test_hash_that_is_none(adopted):
    refused(login(adopted.http, "broken", "not a hash at all"), 401, "Incorrect username or password")


@pytest.mark.parametrize("username", ["testuser", "Bøb der Große"])
def test_tokens_of_the_service_before_go_on(adopted, username):
    me = ok(adopted.http.get("/auth/me", headers=bearer(old_token(username))))
    assert check_user(me)["username"] == username
    refused(
        adopted.http.get("/auth/me", headers=bearer(old_token(username, minutes=-1))),
        401,
        "Could not validate credentials",
    )


def test_our_tokens_are_good_there(adopted):
    """The service before takes sub and exp from a token of ours."""
    token = ok(login(adopted.http, "ann", PASSWORDS["ann"]))["access_token"]
    claims = jwt.decode(token, SECRET_KEY, algorithms=["HS256"])
    assert claims["sub"] == "ann"
    assert 29 * 60 < claims["exp"] - time.time() <= 30 * 60


def test_another_secret_ends_all_tokens(migrate, old, start_server):
    migrate()
    server = start_server(database_url=old.url(), SECRET_KEY=secret("another key of the access tokens, as long"))
    refused(server.http.get("/auth/me", headers=bearer(old_token("ann"))), 401, "Could not validate credentials")


def test_change_of_a_password_under_bcrypt(adopted):
    new = new_password()
    body = {"current_password": PASSWORDS["ann"], "new_password": new}
    ok(adopted.http.post("/auth/password", json=body, headers=bearer(old_token("ann"))))
    assert stored_hash(adopted.database, "ann").startswith("$scrypt$")
    ok(login(adopted.http, "ann", new))


# --- rooms ---


def test_rooms_as_they_were(adopted):
    headers = bearer(old_token("testuser"))
    found = {room["id"]: check_listed_room(room) for room in ok(adopted.http.get("/rooms/", headers=headers))}
    assert {number: (room["max_participants"], room["participants_count"]) for number, room in found.items()} == {
        1: (10, 2),
        6: (0, 0),
        7: (-1, 0),
        8: (2, 2),
        9: (50, 0),
    }
    assert found[1]["created_at"] == "2025-09-05T10:32:00Z"
    assert found[7]["creator"]["is_active"] is False
    for number in (2, 3):
        room = check_listed_room(ok(adopted.http.get(f"/rooms/{number}", headers=headers)))
        assert (room["is_active"], room["participants_count"]) == (False, 0)
        refused(adopted.http.post(f"/rooms/{number}/join", headers=headers), 400, "Room is not active")
    assert ok(adopted.http.get("/rooms/room_3f2a9c01", headers=headers)) == found[1]


def test_users_as_they_were(adopted):
    headers = bearer(old_token("testuser"))
    found = ok(adopted.http.get("/users/", headers=headers))
    assert [user["id"] for user in found] == [1, 2, 4, 5, 9, 12]
    ann = ok(adopted.http.get("/users/2", headers=headers))
    assert (ann["created_at"], ann["updated_at"]) == ("2025-09-05T10:31:00.123456Z", "2025-09-06T06:00:00.5Z")
    assert (ann["email"], ann["full_name"]) == ("Ann.B@example.com", None)
    assert ok(adopted.http.get("/users/10", headers=headers))["is_active"] is False


def test_seats_as_they_were(adopted):
    headers = bearer(old_token("testuser"))
    found = ok(adopted.http.get("/rooms/1/participants", headers=headers))["participants"]
    assert [(each["identity"], each["joined_at"]) for each in found] == [("testuser", 1757077200), ("ann", 1757073600)]
    # Both seats are taken, by people who keep them.
    refused(adopted.http.post("/rooms/8/join", headers=headers), 409, "Room is full")
    ok(adopted.http.post("/rooms/8/join", headers=bearer(old_token("ann"))))
    ok(adopted.http.post("/rooms/8/leave", headers=bearer(old_token("ann"))))
    ok(adopted.http.post("/rooms/8/join", headers=headers))
    for number in (6, 7, 9):
        ok(adopted.http.post(f"/rooms/{number}/join", headers=headers))
    assert ok(adopted.http.delete("/rooms/1", headers=headers)) == {"message": "Room deleted successfully"}


@pytest.mark.parametrize("moment", ["infinity", "-infinity", None])
def test_times_that_are_none(old, migrate, start_server, moment):
    """Nothing kept them out of the columns: nothing that is read is a fault of the server, and clients can read it."""
    columns = old.query(
        "select table_name, column_name from information_schema.columns where table_schema = 'public' "
        "and data_type like 'timestamp%' order by 1, 2"
    )
    assert len(columns) == 6
    for table, column in columns:
        old.query(f"update {table} set {column} = %s", [moment])
    migrate()
    old.query("update users set is_admin = true where username = 'testuser'")
    moment = moment or "infinity"
    for text in (
        "insert into visits (participant_sid, room_id, user_id, session, joined_at, left_at) "
        "values ('PA_1', 1, 1, 'RM_1', %(moment)s, %(moment)s), ('PA_2', 1, 1, 'RM_1', now(), null)",
        "insert into calls (session, room_id, started_at, finished_at) values ('RM_1', 1, %(moment)s, %(moment)s)",
        "insert into bans (room_id, user_id, created_at) values (1, 4, %(moment)s)",
        "insert into audit (at, action, address, request_id) values (%(moment)s, 'x', '', '')",
        "insert into sessions (user_id, family, current, created_at, last_used_at, expires_at, address) "
        "values (1, '', '{}', %(moment)s, %(moment)s, 'infinity', '')",
    ):
        old.query(text, {"moment": moment})
    server = start_server(database_url=old.url())
    headers = bearer(old_token("testuser"))
    # What of ours is overwritten here the document takes for times, and nothing else would put it there.
    http, plain = server.http, server.client(event_hooks={})
    for route in sources.routes():
        if route.method != "get":
            continue
        path = route.path.format(room_id=1, user_id=1)
        for accept in ("application/json", "text/csv"):
            answer = plain.get(path, headers={**headers, "Accept": accept})
            assert answer.status_code == 200, answer.text
            assert route.path == "/openapi.json" or "infinity" not in answer.text
    assert ok(http.get("/users/1", headers=headers))["created_at"] is None
    assert ok(http.get("/auth/me", headers=headers))["created_at"] is None
    assert [each["created_at"] for each in ok(http.get("/rooms/", headers=headers))] == [None] * 5
    room = ok(http.get("/rooms/1", headers=headers))
    assert room["created_at"] is room["updated_at"] is room["creator"]["created_at"] is None
    seats = ok(http.get("/rooms/1/participants", headers=headers))["participants"]
    assert {each["identity"]: each["joined_at"] for each in seats} == {"testuser": 0, "ann": 0}
    ok(http.post("/rooms/1/join", headers=headers))
    ok(http.post("/rooms/1/leave", headers=headers))
    ok(http.patch("/rooms/1", json={"name": "x"}, headers=headers))
    ok(login(http, "ann", PASSWORDS["ann"]))
    ok(http.delete("/rooms/1", headers=headers))


# --- the service before, on the same database ---


def test_the_service_before_goes_on_writing(adopted):
    """Its statements name its own columns, and none of ours; what it writes is there for us."""
    database = adopted.database
    password = new_password()
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    ((user, created),) = database.query(
        "INSERT INTO users (username, email, hashed_password, full_name, is_active, updated_at) "
        "VALUES ('eve', 'eve@example.com', %s, NULL, true, NULL) RETURNING users.id, users.created_at",
        [hashed],
    )
    assert created is not None
    ((room,),) = database.query(
        "INSERT INTO rooms (name, room_id, description, creator_id, is_active, max_participants, updated_at) "
        "VALUES ('hers', 'room_0e0e0e0e', NULL, %s, true, 2, NULL) RETURNING rooms.id",
        [user],
    )
    ((seat,),) = database.query(
        "INSERT INTO room_participants (room_id, user_id, left_at, is_connected) VALUES (%s, %s, NULL, true) "
        "RETURNING room_participants.id",
        [room, user],
    )
    token = ok(login(adopted.http, "eve", password))["access_token"]
    found = ok(adopted.http.get(f"/rooms/{room}", headers=bearer(token)))
    assert (found["participants_count"], found["creator"]["username"]) == (1, "eve")
    ok(adopted.http.post(f"/rooms/{room}/join", headers=bearer(token)))
    assert database.query("select count(*) from room_participants where room_id = %s", [room]) == [(1,)]

    database.query("UPDATE room_participants SET is_connected = false, left_at = now() WHERE id = %s", [seat])
    refused(adopted.http.post(f"/rooms/{room}/leave", headers=bearer(token)), 400, "You are not in this room")
    database.query("UPDATE rooms SET is_active = false, updated_at = now() WHERE rooms.id = %s", [room])
    refused(adopted.http.post(f"/rooms/{room}/join", headers=bearer(token)), 400, "Room is not active")
    database.query("UPDATE users SET is_active = false WHERE id = %s", [user])
    refused(adopted.http.get("/auth/me", headers=bearer(token)), 400, "Inactive user")


def test_the_service_before_reads_what_we_write(adopted):
    """Its columns hold what it expects there, but for the hash."""
    person = register(adopted.http, full_name="New")
    token = ok(login(adopted.http, person.username, person.password))["access_token"]
    room = ok(adopted.http.post("/rooms/", json={"name": "x"}, headers=bearer(token)))
    ok(adopted.http.post(f"/rooms/{room['id']}/join", headers=bearer(token)))
    rows = old_columns(adopted.database)
    assert rows["users"][-1][5] is True
    assert rows["rooms"][-1][5:7] == (True, 50)
    assert rows["room_participants"][-1][4:] == (None, True)
    ok(adopted.http.delete(f"/rooms/{room['id']}", headers=bearer(token)))
    rows = old_columns(adopted.database)
    assert rows["rooms"][-1][5] is False
    assert rows["room_participants"][-1][5] is False
    assert rows["room_participants"][-1][4] is not None


def test_passlib_could_read_our_hashes(adopted):
    """docs/moving-over.md promises it: $scrypt$ln=,r=,p=$ with unpadded base64 is passlib's form, too."""
    password = PASSWORDS["ann"]
    ok(login(adopted.http, "ann", password))
    _, name, costs, salt, key = stored_hash(adopted.database, "ann").split("$")
    cost = dict(each.split("=") for each in costs.split(","))
    assert name == "scrypt"
    made = hashlib.scrypt(
        password.encode(),
        salt=base64.b64decode(salt + "=="),
        n=2 ** int(cost["ln"]),
        r=int(cost["r"]),
        p=int(cost["p"]),
        maxmem=2**27,
        dklen=32,
    )
    assert base64.b64decode(key + "==") == made


def test_guide_to_moving_over_is_true_of_what_it_names():
    text = (ROOT / "docs/moving-over.md").read_text()
    header = (ROOT / "src/settings.c").read_text()
    for name in re.findall(r"`([A-Z]{2,}[A-Z_]+)(?:=\w+)?`", text):
        # PGHOST is PostgreSQL's, FAILS a word of the dry run.
        assert f'"{name}"' in header or name in ("PGHOST", "PGUSER", "FAILS"), name
