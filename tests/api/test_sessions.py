"""Sessions: refresh tokens that are good for one use, cookies and who may use them, signing out."""

import re
import threading

import bcrypt
import pytest
from harness.answers import TIMESTAMP, ok, refused
from harness.people import bearer, login, make_token, new_name, newcomer, register, relative
from harness.secret import new_password, secret
from harness.server import ROOT

FOREIGN = "Cookies are taken only from this server's own pages and the origins in CORS_ORIGINS"
INVALID = (401, "Invalid refresh token")
UNAUTHENTICATED = (401, "Could not validate credentials")


def refresh(http, token, **options):
    """The answer; what tokens it holds are kept out of every log."""
    answer = http.post("/auth/refresh", json={"refresh_token": token}, **options)
    if answer.status_code == 200:
        secret(answer.json()["refresh_token"])
        secret(answer.json()["access_token"])
    return answer


def works(http, token):
    return http.get("/auth/me", headers=bearer(token)).status_code == 200


def age(database, person, seconds):
    """As if so much time had gone by since the last refresh."""
    database.query(
        "update sessions set last_used_at = last_used_at - make_interval(secs => %s) "
        "where user_id = (select id from users where username = %s)",
        [seconds, person.username],
    )


def at_once(*calls):
    """Runs all of them at the same time; their results in order."""
    results, barrier = [None] * len(calls), threading.Barrier(len(calls))

    def run(at, call):
        barrier.wait()
        results[at] = call()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def cookie(answer):
    """The cookie of an answer: its name, its value, its attributes."""
    (line,) = answer.headers.get_list("set-cookie")
    pair, *attributes = line.split("; ")
    name, _, value = pair.partition("=")
    return name, value, attributes


# --- refreshing ---


def test_login_gives_a_session(server):
    person = register(server.http)
    body = ok(login(server.http, person.username, person.password))
    assert set(body) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert body["expires_in"] == 1800
    assert re.fullmatch("[A-Za-z0-9_-]{64}", body["refresh_token"])


def test_refresh_gives_the_next_tokens(server):
    person = newcomer(server.http)
    first = ok(refresh(server.http, person.refresh_token))
    assert first["expires_in"] == 1800
    second = ok(refresh(server.http, first["refresh_token"]))
    tokens = {person.refresh_token, first["refresh_token"], second["refresh_token"]}
    assert len(tokens) == 3
    for token in (person.token, first["access_token"], second["access_token"]):
        assert works(server.http, token)
    assert len(ok(server.http.get("/auth/sessions", headers=person.headers))) == 1


def test_tokens_are_not_stored(server):
    person = newcomer(server.http)
    ok(refresh(server.http, person.refresh_token))
    ((row,),) = server.database.query(
        "select s::text from sessions s join users u on u.id = s.user_id where u.username = %s", [person.username]
    )
    assert person.refresh_token not in row
    assert len(re.findall(r"\\x[0-9a-f]{64}", row.replace("\\\\", "\\"))) == 3


@pytest.mark.parametrize("first", ["thief", "owner"])
def test_a_stolen_token_ends_the_session_for_both(server, first):
    """Whoever comes second is refused, and whoever came first with them."""
    person = newcomer(server.http)
    got = ok(refresh(server.http, person.refresh_token))
    age(server.database, person, 11)
    refused(refresh(server.http, person.refresh_token), *INVALID)
    refused(refresh(server.http, got["refresh_token"]), *INVALID)
    for token in (person.token, got["access_token"]):
        refused(server.http.get("/auth/me", headers=bearer(token)), *UNAUTHENTICATED)


def test_a_token_of_long_ago_ends_the_session(server):
    person = newcomer(server.http)
    newest = person.refresh_token
    for _ in range(3):
        newest = ok(refresh(server.http, newest))["refresh_token"]
    refused(refresh(server.http, person.refresh_token), *INVALID)
    refused(refresh(server.http, newest), *INVALID)


def test_other_sessions_outlive_a_theft(server):
    person = newcomer(server.http)
    other = ok(login(server.http, person.username, person.password))
    ok(refresh(server.http, person.refresh_token))
    age(server.database, person, 11)
    refused(refresh(server.http, person.refresh_token), *INVALID)
    assert works(server.http, other["access_token"])
    ok(refresh(server.http, other["refresh_token"]))


@pytest.mark.parametrize("tabs", [2, 8])
def test_tabs_that_race_all_go_on(server, tabs):
    person = newcomer(server.http)
    clients = [server.client() for _ in range(tabs)]
    answers = at_once(*[lambda c=client: refresh(c, person.refresh_token) for client in clients])
    bodies = [ok(answer) for answer in answers]
    assert len({body["refresh_token"] for body in bodies}) == tabs
    assert all(works(server.http, body["access_token"]) for body in bodies)
    # Whichever of them the browser kept, it works; the loser's then is one that was replaced.
    ok(refresh(server.http, bodies[-1]["refresh_token"]))
    ok(refresh(server.http, bodies[0]["refresh_token"]))
    assert len(ok(server.http.get("/auth/sessions", headers=person.headers))) == 1


def test_grace_ends(server):
    """A thief within the ten seconds is found out by the next to refresh."""
    person = newcomer(server.http)
    owner = ok(refresh(server.http, person.refresh_token))
    thief = ok(refresh(server.http, person.refresh_token))
    age(server.database, person, 11)
    ok(refresh(server.http, owner["refresh_token"]))
    age(server.database, person, 11)
    refused(refresh(server.http, thief["refresh_token"]), *INVALID)
    assert not works(server.http, owner["access_token"])


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 63, "A" * 64, "A" * 65, "A" * 63 + "=", "A" * 63 + "+", "A" * 62 + " A", "ä" * 64, None]
)
def test_what_is_no_token_is_refused(server, token):
    refused(refresh(server.http, token), *INVALID)


def test_no_body_and_no_cookie_is_refused(server):
    refused(server.http.post("/auth/refresh"), *INVALID)


@pytest.mark.parametrize("body", [b"[]", b'{"refresh_token": 7}', b"{", b'{"refresh_token": "a\\u0000"}'])
def test_bodies_that_do_not_fit(server, body):
    for path in ("/auth/refresh", "/auth/logout"):
        answer = server.http.post(path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422


def test_an_access_token_is_no_refresh_token(server):
    person = newcomer(server.http)
    refused(refresh(server.http, person.token), *INVALID)
    refused(server.http.get("/auth/me", headers=bearer(person.refresh_token)), *UNAUTHENTICATED)


# --- lifetimes ---


def test_an_idle_session_ends(start_server, database):
    server = start_server(REFRESH_IDLE_DAYS=3, REFRESH_TOKEN_DAYS=10)
    person = newcomer(server.http)
    ((left,),) = database.query("select extract(epoch from expires_at - now()) / 86400 from sessions")
    assert 2.9 < left <= 3
    database.query("update sessions set expires_at = now()")
    refused(refresh(server.http, person.refresh_token), *INVALID)
    refused(server.http.get("/auth/me", headers=person.headers), *UNAUTHENTICATED)
    answer = login(server.http, person.username, person.password)
    assert ok(server.http.get("/auth/sessions", headers=bearer(answer.json()["access_token"])))[0]["current"]


def test_no_session_outlives_its_days(start_server, database):
    server = start_server(REFRESH_IDLE_DAYS=3, REFRESH_TOKEN_DAYS=10, ACCESS_TOKEN_EXPIRE_MINUTES=60)
    person = newcomer(server.http)
    database.query("update sessions set created_at = now() - interval '10 days' + interval '5 minutes'")
    answer = refresh(server.http, person.refresh_token)
    body = ok(answer)
    assert 280 <= body["expires_in"] <= 300
    assert "Max-Age=" in cookie(answer)[2][1]
    assert 280 <= int(cookie(answer)[2][1].partition("=")[2]) <= 300
    database.query("update sessions set created_at = now() - interval '10 days'")
    refused(refresh(server.http, body["refresh_token"]), *INVALID)


# --- signing out ---


def test_logout_ends_the_session_at_once(server):
    person = newcomer(server.http)
    other = ok(login(server.http, person.username, person.password))
    answer = server.http.post("/auth/logout", json={"refresh_token": person.refresh_token})
    assert ok(answer) == {"message": "Logged out"}
    assert cookie(answer)[1] == ""
    assert "Max-Age=0" in cookie(answer)[2]
    refused(server.http.get("/auth/me", headers=person.headers), *UNAUTHENTICATED)
    refused(refresh(server.http, person.refresh_token), *INVALID)
    assert works(server.http, other["access_token"])


def test_logout_with_the_access_token_alone(server):
    person = newcomer(server.http)
    assert ok(server.http.post("/auth/logout", headers=person.headers)) == {"message": "Logged out"}
    refused(server.http.get("/auth/me", headers=person.headers), *UNAUTHENTICATED)


def test_logout_twice_and_of_nothing(server):
    person = newcomer(server.http)
    for body in ({"refresh_token": person.refresh_token}, {"refresh_token": person.refresh_token}, {}, None):
        ok(server.http.post("/auth/logout", json=body) if body is not None else server.http.post("/auth/logout"))


def test_sessions_are_listed_and_ended(server):
    person = newcomer(server.http)
    other = ok(login(server.http, person.username, person.password))
    with server.client(headers={"User-Agent": "a browser ä".encode()}) as client:
        third = ok(login(client, person.username, person.password))
    listed = ok(server.http.get("/auth/sessions", headers=person.headers))
    assert [each["current"] for each in listed] == [False, False, True]
    assert listed[0]["user_agent"] == "a browser ä"
    for each in listed:
        assert each["address"] == "127.0.0.1"
        assert TIMESTAMP.fullmatch(each["created_at"])
        assert TIMESTAMP.fullmatch(each["last_used_at"])
    answer = server.http.delete(f"/auth/sessions/{listed[0]['id']}", headers=person.headers)
    assert ok(answer) == {"message": "Session ended"}
    assert not works(server.http, third["access_token"])
    refused(refresh(server.http, third["refresh_token"]), *INVALID)
    assert works(server.http, other["access_token"])
    # One's own too.
    assert ok(server.http.delete(f"/auth/sessions/{listed[2]['id']}", headers=person.headers))
    refused(server.http.get("/auth/me", headers=person.headers), *UNAUTHENTICATED)


def test_nobody_else_can_see_or_end_a_session(server):
    person, other = newcomer(server.http), newcomer(server.http)
    (mine,) = ok(server.http.get("/auth/sessions", headers=person.headers))
    assert mine["id"] not in server.http.get("/auth/sessions", headers=other.headers).text
    for which in (mine["id"], "x", "%20", "'", "a" * 3000):
        refused(server.http.delete(f"/auth/sessions/{which}", headers=other.headers), 404, "Session not found")
    assert works(server.http, person.token)


def test_user_agents_of_any_octets(server):
    person = register(server.http)
    for agent in (b"\xff\xfe", b"x" * 5000, "ä".encode() * 151 + b"\xff"):
        answer = server.http.post(
            "/auth/login",
            data={"username": person.username, "password": person.password},
            headers={"User-Agent": agent},
        )
        headers = bearer(secret(answer.json()["access_token"]))
        secret(answer.json()["refresh_token"])
        (current,) = [each for each in ok(server.http.get("/auth/sessions", headers=headers)) if each["current"]]
        assert current["user_agent"] is None or len(current["user_agent"].encode()) <= 300


def test_a_password_change_ends_the_other_sessions(server):
    person = newcomer(server.http)
    other = ok(login(server.http, person.username, person.password))
    old = make_token({"sub": person.username, "exp": relative(600)})
    assert works(server.http, old)
    body = {"current_password": person.password, "new_password": new_password()}
    ok(server.http.post("/auth/password", json=body, headers=person.headers))
    assert works(server.http, person.token)
    ok(refresh(server.http, person.refresh_token))
    assert not works(server.http, other["access_token"])
    refused(refresh(server.http, other["refresh_token"]), *INVALID)
    # The old service's, too: it may be what somebody stole.
    assert not works(server.http, old)
    # But not one that it gives afterwards.
    assert works(server.http, make_token({"sub": person.username, "exp": relative(1860)}))
    assert not works(server.http, make_token({"sub": person.username, "exp": relative(1860), "iat": relative(-5)}))


def test_a_login_that_a_password_change_overtook_is_refused(server):
    """The password was right when it was read, but is no longer when the session is to begin."""
    person = newcomer(server.http)
    done = threading.Event()

    def change():
        with server.database.connect() as connection:
            while not done.is_set():
                connection.execute("update users set tokens_since = now() where username = %s", [person.username])

    thread = threading.Thread(target=change)
    thread.start()
    try:
        refused(login(server.http, person.username, person.password), 401, "Incorrect username or password")
    finally:
        done.set()
        thread.join()


def test_many_logins_at_once_by_an_old_hash(server):
    """Each of them finds the password right and a better hash to store; none is in the other's way."""
    person = register(server.http)
    password = secret("of the old service")
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()
    server.database.query("update users set hashed_password = %s where username = %s", [hashed, person.username])
    clients = [server.client() for _ in range(4)]
    answers = at_once(*[lambda c=client: login(c, person.username, password) for client in clients])
    assert [answer.status_code for answer in answers] == [200] * 4
    assert all(works(server.http, answer.json()["access_token"]) for answer in answers)


# --- access tokens ---


def test_tokens_of_no_session_of_theirs(server):
    person, other = newcomer(server.http), newcomer(server.http)
    (theirs,) = ok(server.http.get("/auth/sessions", headers=other.headers))
    for session in (theirs["id"], "x", "0", "9" * 60, "' or true --"):
        token = make_token({"sub": person.username, "sid": session, "exp": relative(60)})
        refused(server.http.get("/auth/me", headers=bearer(token)), *UNAUTHENTICATED)
    assert works(server.http, make_token({"sub": person.username, "exp": relative(60)}))


# --- cookies ---


def login_with(client, person, **headers):
    answer = client.post(
        "/auth/login", data={"username": person.username, "password": person.password}, headers=headers
    )
    secret(answer.json()["refresh_token"])
    secret(answer.json()["access_token"])
    return answer


def test_the_cookie_over_tls(server):
    person = register(server.http)
    with server.client(tls=True) as client:
        answer = login_with(client, person)
    name, value, attributes = cookie(answer)
    assert (name, value) == ("__Host-parley", answer.json()["refresh_token"])
    assert sorted(attributes) == sorted(["Path=/", "Max-Age=1209600", "HttpOnly", "Secure", "SameSite=Strict"])


PLAIN = ["Path=/", "Max-Age=1209600", "HttpOnly", "SameSite=Strict"]


@pytest.mark.parametrize(
    ("headers", "plain"),
    [
        ({}, True),
        ({"Host": "localhost"}, True),
        ({"Host": "LocalHost:8000"}, True),
        ({"Host": "[::1]:8000"}, True),
        ({"Host": "127.1.2.3"}, True),
        ({"Host": "app.example.com"}, False),
        ({"Host": "localhost.example.com"}, False),
        ({"Host": "127.example.com"}, False),
        ({"Host": "[::2]"}, False),
        ({"X-Forwarded-Proto": "https"}, False),
        ({"X-Forwarded-Proto": "http"}, True),
    ],
)
def test_the_cookie_over_plain_http(server, headers, plain):
    """Without prefix and Secure only where a browser came to this very machine: a proxy may have ended TLS."""
    person = register(server.http)
    name, _, attributes = cookie(login_with(server.http, person, **headers))
    assert name == ("parley" if plain else "__Host-parley")
    assert attributes == (PLAIN if plain else [*PLAIN[:3], "Secure", PLAIN[3]])


def by_cookie(client, path, value, name="parley", **headers):
    answer = client.post(path, headers={"Cookie": f"a=b; {name}={value}; c=d", **headers})
    if answer.status_code == 200 and path == "/auth/refresh":
        secret(answer.json()["refresh_token"])
        secret(answer.json()["access_token"])
    return answer


def test_the_cookie_refreshes(server):
    person = newcomer(server.http)
    answer = by_cookie(server.http, "/auth/refresh", person.refresh_token, Origin=server.url)
    assert cookie(answer)[:2] == ("parley", ok(answer)["refresh_token"])
    answer = by_cookie(server.http, "/auth/refresh", ok(answer)["refresh_token"], **{"Sec-Fetch-Site": "same-origin"})
    ok(answer)
    ok(by_cookie(server.http, "/auth/logout", ok(answer)["refresh_token"], Origin=server.url))
    assert not works(server.http, person.token)


def test_the_cookie_refreshes_over_tls(server):
    person = newcomer(server.http)
    with server.client(tls=True) as client:
        for name, expected in (("parley", 401), ("__Host-parley", 200)):
            answer = by_cookie(client, "/auth/refresh", person.refresh_token, name, Origin=server.tls_url)
            assert answer.status_code == expected
        refused(
            by_cookie(client, "/auth/refresh", answer.json()["refresh_token"], name, Origin=server.url), 403, FOREIGN
        )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"},
    ],
)
@pytest.mark.parametrize("path", ["/auth/refresh", "/auth/logout"])
def test_a_cookie_from_a_foreign_page_is_refused(server, path, headers):
    person = newcomer(server.http)
    answer = by_cookie(server.http, path, person.refresh_token, **headers)
    refused(answer, 403, FOREIGN)
    assert "set-cookie" not in answer.headers
    ok(refresh(server.http, person.refresh_token))


def test_origins_that_are_listed_may_use_cookies(start_server):
    server = start_server(CORS_ORIGINS="https://app.example.com,http://localhost:3000")
    person = newcomer(server.http)
    answer = by_cookie(server.http, "/auth/refresh", person.refresh_token, Origin="http://localhost:3000")
    assert answer.headers["access-control-allow-credentials"] == "true"
    answer = by_cookie(server.http, "/auth/refresh", ok(answer)["refresh_token"], Origin="http://localhost:3001")
    assert (answer.status_code, answer.json()["detail"]) == (403, FOREIGN)
    assert "access-control-allow-credentials" not in answer.headers


def test_behind_a_proxy_that_ends_tls(server):
    """It passes Host on, or calls us by our own name; the browser says where its page is from."""
    person = newcomer(server.http)
    token = person.refresh_token
    for headers in (
        {"Host": "app.example.com", "Origin": "https://app.example.com"},
        {"Host": "app.example.com:443", "Origin": "https://app.example.com"},
        {"Host": "localhost:8000", "Origin": "https://app.example.com", "Sec-Fetch-Site": "same-origin"},
    ):
        answer = by_cookie(server.http, "/auth/refresh", token, "__Host-parley", **headers)
        token = ok(answer)["refresh_token"]
        assert "Secure" in cookie(answer)[2]
    for headers in (
        {"Host": "app.example.com", "Origin": "http://app.example.com"},
        {"Host": "app.example.com", "Origin": "https://app.example.com.evil.example"},
        {"Host": "app.example.com", "Origin": "https://evil.app.example.com"},
    ):
        refused(by_cookie(server.http, "/auth/refresh", token, "__Host-parley", **headers), 403, FOREIGN)


def test_a_foreign_page_gets_no_cookie(server):
    """It could sign the visitor in as somebody else."""
    person = register(server.http)
    answer = login_with(server.http, person, Origin="https://evil.example")
    assert "set-cookie" not in answer.headers
    answer = refresh(server.http, answer.json()["refresh_token"], headers={"Origin": "https://evil.example"})
    assert ok(answer)
    assert "set-cookie" not in answer.headers


def test_the_body_comes_before_the_cookie(server):
    person, other = newcomer(server.http), newcomer(server.http)
    answer = server.http.post(
        "/auth/refresh",
        json={"refresh_token": person.refresh_token},
        headers={"Cookie": f"parley={other.refresh_token}"},
    )
    secret(answer.json()["refresh_token"])
    token = secret(ok(answer)["access_token"])
    assert ok(server.http.get("/auth/me", headers=bearer(token)))["username"] == person.username


@pytest.mark.parametrize(
    "value", ["", "=", ";", ";;;", "parley", "parley=", "=parley", "parley==;parley=x", "parley=" * 500]
)
def test_odd_cookies(server, value):
    answer = server.http.post("/auth/refresh", headers={"Cookie": value, "Origin": server.url})
    refused(answer, *INVALID)


# --- upkeep ---


def test_a_thousand_sessions_are_enough(server):
    person = newcomer(server.http)
    server.database.query(
        "insert into sessions (user_id, family, current, expires_at, address, last_used_at) "
        "select %s, sha256((%s::text || i)::bytea), '{}', now() + interval '1 day', '', now() - interval '1 day' "
        "from generate_series(1, 1100) i",
        [person.user["id"], new_name()],
    )
    token = ok(login(server.http, person.username, person.password))["access_token"]
    assert len(ok(server.http.get("/auth/sessions", headers=bearer(token)))) == 1000
    assert works(server.http, person.token)


def test_pruning(database):
    database.query("insert into users (username, email, hashed_password) values ('a', 'a@example.com', 'x')")
    database.query(
        "insert into sessions (user_id, family, current, expires_at, address) "
        "select u.id, sha256(i::text::bytea), '{}', now() + interval '1 day' * case when i > 5 then -1 else 1 end, '' "
        "from users u, generate_series(1, 1200) i"
    )
    text = (ROOT / "sql/statements/session_prune.sql").read_text()
    with database.connect() as connection:
        counts = [connection.execute(text).rowcount for _ in range(4)]
    assert counts == [500, 500, 195, 0]
    assert database.query("select count(*) from sessions") == [(5,)]
