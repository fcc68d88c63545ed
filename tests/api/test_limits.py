"""Rate limits: one truth for all workers, who is who behind proxies, and nobody locked out by strangers."""

import concurrent.futures
import json
import re

import httpx
import pytest
from harness.crowd import crowd, lines, together
from harness.metrics import scrape
from harness.people import bearer, login, new_name, newcomer, register
from harness.poll import poll

WRONG = "a wrong password"
OFF = {
    name: "off"
    for name in (
        "RATE_LOGIN", "RATE_LOGIN_FAILURES", "RATE_LOGIN_ACCOUNT", "RATE_REGISTER", "RATE_REGISTER_ACCOUNT",
        "RATE_REFRESH", "RATE_REFRESH_ACCOUNT", "RATE_PASSWORD", "RATE_PASSWORD_ACCOUNT", "RATE_WRITES",
    )
}  # fmt: skip


@pytest.fixture
def limited(start_server):
    """limited(RATE_X="5/hour", ...): a server with these limits and no others."""

    def start(**settings):
        plain = {"TLS_CERT_FILE": None, "TLS_KEY_FILE": None, "WORKERS": 2, "RATE_LIMITS": "on"}
        return start_server(**{**plain, **OFF, **settings})

    return start


def at(address):
    """Headers of a request that our proxy passes on for that address."""
    return {"X-Forwarded-For": address}


def sign_in(server, username, password, address=None):
    """One attempt; its status."""
    form = {"username": username, "password": password}
    return server.http.post("/auth/login", data=form, headers=at(address) if address else {}).status_code


BEHIND_PROXY = {"TRUSTED_PROXIES": "127.0.0.1"}


# --- one truth ---


def test_four_workers_have_one_truth(limited):
    """Each of 60 has a connection of its own, so they come to all workers; just as many get through as may."""
    server = limited(WORKERS=4, RATE_REGISTER="10/day")
    body = {"username": "x", "email": "no address", "password": "0123456789"}
    # Bodies that are wrong cost nothing.
    assert {status for status, _ in together(server, [lines("POST", "/auth/register", body=body)] * 20)} == {422}
    bodies = [{**body, "username": new_name(), "email": f"{new_name()}@example.com"} for _ in range(60)]
    answers = together(server, [lines("POST", "/auth/register", body=each) for each in bodies])
    assert sorted(status for status, _ in answers) == [200] * 10 + [429] * 50
    assert [body for status, body in answers if status == 429] == [{"detail": "Too many requests"}] * 50
    assert scrape(server.http).sum("rate_limited_total", limit="register") == 50

    def processes():
        return set(re.findall(r'"process":"(worker \d)"[^}]*"status":(?:200|422|429)', server.log_text()))

    poll(lambda: len(processes()) >= 2, 5, "they came to several workers")


def test_it_survives_a_restart_of_nobody(limited):
    """What is left is told, in every answer."""
    server = limited(RATE_LOGIN="3/hour", RATE_LOGIN_FAILURES="20/minute")
    name = new_name()
    for left in (2, 1, 0):
        answer = login(server.http, name, WRONG)
        assert answer.status_code == 401
        login_, failures = answer.headers.get_list("ratelimit-policy", split_commas=True)
        assert (login_, failures) == ('"login";q=3;w=3600', '"login_failures";q=20;w=60')
        login_, failures = answer.headers.get_list("ratelimit", split_commas=True)
        assert re.fullmatch(rf'"login";r={left};t=\d+', login_)
        assert re.fullmatch(rf'"login_failures";r={left + 17};t=\d', failures)
        assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
            answer.headers["access-control-expose-headers"].split(", ")
        )
    answer = login(server.http, name, WRONG)
    assert (answer.status_code, answer.json()) == (429, {"detail": "Too many requests"})
    seconds = int(answer.headers["retry-after"])
    assert 1100 < seconds <= 1200
    assert answer.headers["ratelimit"] == f'"login";r=0;t={seconds}'


def test_a_bucket_fills_again(limited):
    server = limited(RATE_LOGIN="2/second")
    form = {"username": new_name(), "password": WRONG}

    def limited_now():
        return server.http.post("/auth/login", data=form).status_code == 429

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: sign_in(server, "x", WRONG), range(12)))
    assert 429 in codes
    poll(lambda: not limited_now(), 5, "the bucket fills again")


# --- accounts ---


def test_wrong_passwords_slow_an_account_down_for_their_address_only(limited):
    server = limited(RATE_LOGIN_FAILURES="3/hour", **BEHIND_PROXY)
    person = register(server.http)
    other = register(server.http)
    assert [sign_in(server, person.username, WRONG, "198.51.100.1") for _ in range(5)] == [401, 401, 401, 429, 429]
    # Not even with the right one: it is not looked at.
    assert sign_in(server, person.username, person.password, "198.51.100.1") == 429
    assert sign_in(server, person.username, person.password, "198.51.100.2") == 200
    assert sign_in(server, other.username, other.password, "198.51.100.1") == 200


def test_right_passwords_cost_nothing(limited):
    server = limited(RATE_LOGIN_FAILURES="2/hour", RATE_LOGIN_ACCOUNT="2/hour")
    person = register(server.http)
    assert {sign_in(server, person.username, person.password) for _ in range(4)} == {200}
    assert sign_in(server, person.username, WRONG) == 401
    assert {sign_in(server, person.username, person.password) for _ in range(3)} == {200}
    assert [sign_in(server, person.username, WRONG) for _ in range(2)] == [401, 429]


def test_strangers_everywhere_cannot_lock_the_owner_out(limited):
    """A hundred addresses try a password each. Then each address has one try at a time, and the owner's is right."""
    server = limited(RATE_LOGIN_FAILURES="5/hour", RATE_LOGIN_ACCOUNT="4/hour", **BEHIND_PROXY)
    person = register(server.http)
    assert {sign_in(server, person.username, WRONG, f"198.51.100.{i}") for i in range(4)} == {401}
    for i in range(4, 7):
        assert [sign_in(server, person.username, WRONG, f"198.51.100.{i}") for _ in range(2)] == [401, 429]
    # Those who had tried before have had theirs.
    assert sign_in(server, person.username, WRONG, "198.51.100.0") == 429
    assert {sign_in(server, person.username, person.password, "203.0.113.7") for _ in range(3)} == {200}
    # Nobody else's account is in it.
    other = register(server.http)
    assert [sign_in(server, other.username, WRONG, "198.51.100.0") for _ in range(2)] == [401, 401]


def test_refused_attempts_are_no_failures(limited):
    """One address that goes on and on spends its own bucket, not the account's."""
    server = limited(RATE_LOGIN_FAILURES="1/hour", RATE_LOGIN_ACCOUNT="3/hour", **BEHIND_PROXY)
    person = register(server.http)
    codes = [sign_in(server, person.username, WRONG, "198.51.100.1") for _ in range(20)]
    assert codes == [401] + [429] * 19
    metrics = scrape(server.http)
    assert metrics.sum("logins_total", result="limited") == 19
    # Two are left of the three; otherwise this one would have had only one try.
    assert sign_in(server, person.username, WRONG, "198.51.100.2") == 401
    assert scrape(server.http).sum("rate_limited_total", limit="login_failures") == 19


def test_an_unknown_user_is_limited_as_a_known_one(limited):
    server = limited(RATE_LOGIN_FAILURES="2/hour")
    person = register(server.http)
    found = []
    for name in (person.username, new_name()):
        answers = [login(server.http, name, WRONG) for _ in range(3)]
        found.append([(a.status_code, a.text, a.headers["ratelimit"].partition(";t=")[0]) for a in answers])
    assert found[0] == found[1]


# --- the other classes ---


def test_registering_is_limited_by_name_too(limited):
    server = limited(RATE_REGISTER_ACCOUNT="2/hour")
    taken = register(server.http).username
    body = {"username": taken, "email": f"{new_name()}@example.com", "password": "0123456789"}
    assert [server.http.post("/auth/register", json=body).status_code for _ in range(3)] == [400, 429, 429]
    assert register(server.http)


def test_changing_a_password(limited):
    server = limited(RATE_PASSWORD="4/hour", RATE_PASSWORD_ACCOUNT="2/hour")
    person, other = newcomer(server.http), newcomer(server.http)

    def change(who, current):
        body = {"current_password": current, "new_password": who.password}
        return server.http.post("/auth/password", json=body, headers=who.headers).status_code

    assert [change(person, WRONG) for _ in range(3)] == [400, 400, 429]
    assert change(other, WRONG) == 400
    assert change(other, WRONG) == 429


def test_renewing_tokens(limited):
    server = limited(RATE_REFRESH_ACCOUNT="3/hour", RATE_REFRESH="6/hour", **BEHIND_PROXY)
    person = register(server.http)
    token = login(server.http, person.username, person.password).json()["refresh_token"]

    def renew(given, address):
        return server.http.post("/auth/refresh", json={"refresh_token": given}, headers=at(address))

    for i in range(3):
        answer = renew(token, f"198.51.100.{i}")
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    assert renew(token, "198.51.100.9").status_code == 429
    codes = [renew("nonsense", "203.0.113.1").status_code for _ in range(7)]
    assert codes == [401] * 6 + [429]


def test_what_changes_something_is_limited_by_user(limited, database):
    server = limited(WORKERS=4, RATE_WRITES="6/hour")
    person, other = crowd(database, 2)
    requests = [lines("POST", "/rooms/", person.token, {"name": "A room"})] * 20
    assert sorted(status for status, _ in together(server, requests)) == [200] * 6 + [429] * 14
    http = server.http
    for method, path in (("PATCH", "/auth/me"), ("DELETE", "/rooms/1"), ("POST", "/rooms/1/join")):
        body = {"json": {}} if method == "PATCH" else {}
        assert http.request(method, path, headers=bearer(person.token), **body).status_code == 429
    assert {http.get("/rooms/", headers=bearer(person.token)).status_code for _ in range(20)} == {200}
    assert http.post("/rooms/", json={"name": "Mine"}, headers=bearer(other.token)).status_code == 200
    # Whoever has no token is told that, and costs nobody anything.
    assert {http.post("/rooms/", json={"name": "x"}).status_code for _ in range(10)} == {401}


def test_webhooks_have_no_limit(limited):
    server = limited(**{name: "1/day" for name in OFF})
    assert {server.http.post("/livekit/webhook", content=b"{}").status_code for _ in range(30)} == {401}


def test_off_is_off(limited):
    server = limited(RATE_LIMITS="off", **{name: "1/day" for name in OFF})
    person = register(server.http)
    answers = [login(server.http, person.username, WRONG) for _ in range(3)]
    assert {answer.status_code for answer in answers} == {401}
    assert "ratelimit" not in answers[0].headers
    assert newcomer(server.http)


def test_the_defaults_do_not_meet_a_frontend(start_server):
    """A busy one: a sign-in, and ten calls a second for some seconds."""
    server = start_server(RATE_LIMITS="on", TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    person = newcomer(server.http)
    for i in range(60):
        assert server.http.post("/rooms/", json={"name": str(i)}, headers=person.headers).status_code == 200


# --- whose address ---

# Tells two addresses apart with one request each.
ONCE = {"RATE_REGISTER": "1/day"}


def tried(server, *fields, peer=None, forwarded=()):
    """The status of a registration with these lines of X-Forwarded-For; the address in its line of the log."""
    name = new_name()
    body = {"username": name, "email": f"{name}@example.com", "password": "0123456789"}
    headers = [("X-Forwarded-For", field) for field in fields] + [("X-Request-Id", name)]
    headers += [("Forwarded", field) for field in forwarded]
    transport = httpx.HTTPTransport(local_address=peer) if peer else None
    with server.client(transport=transport) as http:
        status = http.post("/auth/register", json=body, headers=headers).status_code
    lines = poll(
        lambda: [line for line in server.log_text().splitlines() if name in line and '"request"' in line], 5, "its line"
    )
    return status, json.loads(lines[0])["address"]


def test_without_trusted_proxies_the_header_means_nothing(limited):
    server = limited(**ONCE)
    assert tried(server, "198.51.100.1") == (200, "127.0.0.1")
    assert tried(server, "198.51.100.2") == (429, "127.0.0.1")
    assert tried(server, "198.51.100.3", peer="127.0.0.9") == (200, "127.0.0.9")


def test_behind_a_chain_of_proxies(limited):
    """127.0.0.1 got it from 10.1.1.1, which got it from the client; what that one forged stands on the left."""
    server = limited(**ONCE, TRUSTED_PROXIES="127.0.0.1/32, 10.0.0.0/8")
    client = "198.51.100.7"
    assert tried(server, f"{client}, 10.1.1.1") == (200, client)
    assert tried(server, f"203.0.113.1, {client}, 10.1.1.1") == (429, client)
    assert tried(server, f"10.9.9.9, 127.0.0.1, {client}, 10.1.1.1") == (429, client)
    assert tried(server, f"203.0.113.2, , unknown, {client} , 10.1.1.1") == (429, client)
    assert tried(server, "203.0.113.3", client, "10.1.1.1") == (429, client)
    assert tried(server, f"{client}:55555,10.1.1.1:80") == (429, client)
    assert tried(server, "198.51.100.8, 10.1.1.1") == (200, "198.51.100.8")


def test_behind_proxies_that_write_forwarded(limited):
    """RFC 7239: the same chain; X-Forwarded-For, where there is one, alone counts. Each try comes to any of four."""
    server = limited(**ONCE, TRUSTED_PROXIES="127.0.0.1/32, 10.0.0.0/8", WORKERS=4)
    client = "198.51.100.7"
    last = 'for="10.1.1.1:80";proto=https'
    assert tried(server, forwarded=[f"for={client}, {last}"]) == (200, client)
    assert tried(server, forwarded=["for=203.0.113.1", f"proto=http;for={client}", last]) == (429, client)
    assert tried(server, forwarded=[f'for="203.0.113.2, for=unknown;x=", for={client}, {last}']) == (429, client)
    assert tried(server, client, forwarded=["for=203.0.113.3"]) == (429, client)
    assert tried(server, forwarded=['for="[2001:db8::7]:4711"']) == (200, "2001:db8::7")
    # Hidden or malformed: the last proxy that is known.
    assert tried(server, forwarded=["for=203.0.113.4, for=_hidden", last]) == (200, "10.1.1.1")
    assert tried(server, forwarded=["203.0.113.5", last]) == (429, "10.1.1.1")


def test_who_is_no_proxy_of_ours_speaks_for_nobody(limited):
    server = limited(**ONCE, TRUSTED_PROXIES="127.0.0.1/32, 10.0.0.0/8", WORKERS=4)
    assert tried(server, "198.51.100.1", peer="127.0.0.2") == (200, "127.0.0.2")
    assert tried(server, "198.51.100.2, 10.1.1.1", peer="127.0.0.2") == (429, "127.0.0.2")
    assert tried(server, peer="127.0.0.2", forwarded=["for=198.51.100.3"]) == (429, "127.0.0.2")


def test_a_customer_of_ipv6_is_a_64(limited):
    server = limited(**ONCE, TRUSTED_PROXIES="127.0.0.1")
    assert tried(server, "2001:db8:0:1::1")[0] == 200
    assert tried(server, "2001:db8:0:1:ffff:ffff:ffff:ffff") == (429, "2001:db8:0:1:ffff:ffff:ffff:ffff")
    assert tried(server, "[2001:db8:0:1::2]:443") == (429, "2001:db8:0:1::2")
    assert tried(server, "2001:db8:0:2::1")[0] == 200
    assert tried(server, "::ffff:198.51.100.1") == (200, "198.51.100.1")
    assert tried(server, "198.51.100.1") == (429, "198.51.100.1")
