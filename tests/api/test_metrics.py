"""GET /metrics: numbers that add up to what a client counted, of all workers together, for those who may see them."""

import collections
import concurrent.futures
import contextlib
import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest
from harness.metrics import scrape
from harness.people import login, new_name, newcomer, register
from harness.poll import free_port, poll
from harness.raw import Raw
from harness.secret import secret

ROOT = Path(__file__).resolve().parents[2]
TOKEN = secret("a test token that opens the metrics")


@pytest.fixture
def counted(start_server):
    """A server of three workers that nobody else asks."""
    return start_server(WORKERS=3)


@pytest.fixture
def hold():
    """hold(port, context): a connection that is there until the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda *arguments: stack.enter_context(Raw("127.0.0.1", *arguments))


class Counter:
    """A client that counts what it asks and gets."""

    def __init__(self, server):
        self.server = server
        self.seen = collections.Counter()

    def ask(self, method, path, route=None, **options):
        # A connection each: they come to all workers.
        with self.server.client() as http:
            answer = http.request(method, path, **options)
        self.seen[route or path, method, str(answer.status_code)] += 1
        return answer


def requests_of(metrics):
    return {
        (dict(labels)["route"], dict(labels)["method"], dict(labels)["status"]): value
        for labels, value in metrics.all("http_requests_total").items()
    }


def difference(after, before):
    return {key: value - before.get(key, 0) for key, value in after.items() if value != before.get(key, 0)}


def test_they_add_up_to_what_the_client_counted(counted):
    client = Counter(counted)
    before = scrape(counted.http)
    person = register(counted.http)
    client.seen["/auth/register", "POST", "200"] += 1

    def round_trip(i):
        form = {"username": person.username, "password": person.password if i % 2 else "a wrong password"}
        client.ask("POST", "/auth/login", data=form)
        client.ask("GET", "/health")
        client.ask("HEAD", "/health")
        client.ask("GET", f"/users/{i}", "/users/{user_id}")
        client.ask("GET", "/nothing/of/the/kind", "none")
        client.ask("DELETE", "/health")
        client.ask("OPTIONS", "/rooms/")
        client.ask("POST", "/livekit/webhook", content=b"{}")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(round_trip, range(8)))
    after = scrape(counted.http)

    client.seen["/metrics", "GET", "200"] += 1
    assert difference(requests_of(after), requests_of(before)) == dict(client.seen)
    for route, method in {key[:2] for key in client.seen}:
        asked = sum(n for key, n in client.seen.items() if key[:2] == (route, method))
        labels = {"route": route, "method": method}
        assert (
            after.sum("http_request_duration_seconds_count", **labels)
            - before.sum("http_request_duration_seconds_count", **labels)
            == asked
        )
        assert after.sum("http_request_duration_seconds_bucket", le="+Inf", **labels) == after.sum(
            "http_request_duration_seconds_count", **labels
        )
    assert after.sum("logins_total", result="ok") == 4
    assert after.sum("logins_total", result="wrong") == 4
    assert after.sum("webhooks_total", result="refused") == 8
    assert after.sum("webhooks_total") == 8
    assert after.sum("statements_total", statement="user_login", result="ok") == 8
    assert after.sum("statement_duration_seconds_count", statement="user_login") == 8
    assert after.sum("statements_total", statement="user_register") == 1
    # One password made, 8 compared.
    assert after.sum("hashing_duration_seconds_count") == 9
    assert after.sum("hashing_duration_seconds_sum") > 0
    assert after.sum("http_response_bytes_total") > before.sum("http_response_bytes_total") + len(before.text)


def test_gauges_come_down_again(counted, hold):
    held = [hold(counted.port) for _ in range(20)]
    tls = [hold(counted.tls_port, counted.tls_context()) for _ in range(10)]
    shaking = [hold(counted.tls_port) for _ in range(10)]
    with counted.client() as http:

        def connected(name):
            return scrape(http).sum("connections", listener=name)

        poll(lambda: (connected("http"), connected("https")) == (21, 20), what="all connections are counted")
        for each in (*held, *tls, *shaking):
            each.close()
        poll(lambda: (connected("http"), connected("https")) == (1, 0), what="none but this one is left")
        # This one asks.
        assert scrape(http).sum("http_requests_in_flight") == 1
        assert scrape(http).sum("statements_in_progress") <= 3
        assert scrape(http).sum("hashing_jobs") == 0


def test_all_workers_tell_the_same(counted):
    for _ in range(30):
        assert counted.http.get("/health").status_code == 200
    seen = set()
    for _ in range(30):
        with counted.client() as http:
            seen.add(scrape(http).sum("http_requests_total", route="/health", status="200"))
    # wait_ready asked, too.
    assert len(seen) == 1
    assert seen.pop() >= 30


@pytest.mark.log_allows("gone")
def test_a_killed_worker_takes_no_number_with_it(counted, hold):
    for _ in range(30):
        hold(counted.port)
    with counted.client() as http:
        before = scrape(http)
    assert list(before.all("worker_starts_total").values()) == [1, 1, 1]
    victims = [pid for pid in counted.workers() if "wrk" in Path(f"/proc/{pid}/cmdline").read_text()]
    assert len(victims) == 3
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
        poll(
            lambda pid=pid: len(counted.workers()) == 4 and pid not in counted.workers(), what="there is another worker"
        )

    def again():
        with counted.client() as http:
            after = scrape(http)
        assert sorted(after.all("worker_starts_total").values()) == [2, 2, 2]
        return after

    after = poll(again, what="all workers are there again")
    name, labels = "http_requests_total", {"route": "/health", "status": "200"}
    assert after.sum(name, **labels) >= before.sum(name, **labels) > 0
    assert after.sum("workers") == 3
    # Those held went with the workers.
    assert after.sum("connections") == 1


def test_statements_and_queues(counted):
    metrics = poll(
        lambda: (m := scrape(counted.http)).sum("workers_with_database") == 3 and m, what="all have the database"
    )
    assert metrics.sum("build_info") == 1
    assert [dict(labels)["version"] for labels in metrics.all("build_info")] == ["1.0.0"]
    poll(lambda: scrape(counted.http).sum("worker_resident_bytes") > 3_000_000, what="memory is measured")
    assert scrape(counted.http).sum("worker_cpu_seconds_total") > 0
    person = newcomer(counted.http)
    room = counted.http.post("/rooms/", json={"name": "Counted"}, headers=person.headers).json()
    assert counted.http.post(f"/rooms/{room['id']}/join", headers=person.headers).status_code == 200
    after = scrape(counted.http)
    assert after.sum("statements_total", statement="room_join", result="ok") == 1


@pytest.mark.shipped  # sanitizers have an allocator of their own
def test_what_is_allocated(server):
    seen = poll(lambda: (m := scrape(server.http)).sum("worker_heap_bytes") > 500_000 and m, what="it is measured")
    assert seen.sum("worker_heap_bytes") < seen.sum("worker_resident_bytes")


# --- who may see them ---

BEHIND = [{name: "192.0.2.1"} for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")]


def test_without_settings_only_this_machine_sees_them(server):
    assert server.http.get("/metrics").status_code == 200
    for headers in BEHIND:
        answer = server.http.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def outside():
    """An address of this machine that is not loopback, or None."""
    found = subprocess.run(["hostname", "-I"], capture_output=True, text=True).stdout.split()
    return next((address for address in found if ":" not in address), None)


def test_others_are_told_that_there_is_nothing(start_server):
    address = outside()
    if address is None:
        pytest.skip("this machine has no address but loopback")
    server = start_server(HOST="0.0.0.0")
    with server.client(base_url=f"http://{address}:{server.port}") as http:
        assert http.get("/health").status_code == 200
        assert http.get("/metrics").status_code == 404


def test_a_token_opens_them(start_server):
    server = start_server(METRICS_TOKEN=TOKEN, TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    for headers in BEHIND:
        assert scrape(server.http, headers={**headers, "Authorization": f"bearer {TOKEN}"}).sum("workers") == 2
    for wrong in (None, "", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", TOKEN):
        answer = server.http.get("/metrics", headers={"Authorization": wrong} if wrong is not None else {})
        assert answer.status_code == 401, wrong


def test_an_address_of_their_own_has_nothing_else(start_server):
    port = free_port()
    server = start_server(METRICS_LISTEN=f"127.0.0.1:{port}", TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    assert server.http.get("/metrics").status_code == 404
    assert server.http.get("/health").status_code == 200
    # No hook: the document is of the other addresses.
    with server.client(base_url=f"http://127.0.0.1:{port}", event_hooks={}) as http:
        assert scrape(http, headers=BEHIND[0]).sum("connections", listener="metrics") == 1
        for method, path in (("GET", "/health"), ("GET", "/"), ("POST", "/auth/login"), ("GET", "/rooms/")):
            assert http.request(method, path).status_code == 404
        assert http.post("/metrics").status_code == 405


def test_both(start_server):
    port = free_port()
    server = start_server(
        METRICS_LISTEN=f"127.0.0.1:{port}", METRICS_TOKEN=TOKEN, TLS_CERT_FILE=None, TLS_KEY_FILE=None
    )
    with server.client(base_url=f"http://127.0.0.1:{port}") as http:
        assert http.get("/metrics").status_code == 401
        assert scrape(http, headers={"Authorization": f"Bearer {TOKEN}"})


# --- the format, and what is made of it ---


def promtool(*arguments, text=None):
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, timeout=50)
    return done.returncode, done.stdout + done.stderr


def names():
    """What the table has, with what a summary and a histogram make of it."""
    rows = re.findall(r"^\tX\((\w+), (\w+),", (ROOT / "src/metrics/metrics.h").read_text(), re.M)
    assert len(rows) > 20
    ends = {"SUMMARY": ("_sum", "_count"), "HISTOGRAM": ("_sum", "_count", "_bucket")}
    return {f"parley_{name}{end}" for name, kind in rows for end in ends.get(kind, ("",))}


def test_promtool_likes_the_format(server):
    person = newcomer(server.http)
    assert login(server.http, new_name(), "a wrong password").status_code == 401
    assert server.http.get("/rooms/", headers=person.headers).status_code == 200
    metrics = scrape(server.http)
    assert promtool("check", "metrics", text=metrics.text) == (0, "")
    assert set(metrics.types) == set(metrics.help)
    assert {name for name, _ in metrics.series} <= names()


def test_series_are_bounded(server):
    def count():
        return len(scrape(server.http).series)

    assert server.http.get("/nothing").status_code == 404
    count()  # from here on there is a series of GET /metrics too
    before = count()
    for i in range(50):
        assert server.http.get(f"/nothing/{i}").status_code == 404
        assert server.http.get(f"/metrics?{i}").status_code == 200
    assert count() == before


def used_in(text):
    return set(re.findall(r"\bparley_\w+", text))


def test_alert_rules_are_right():
    status, said = promtool("check", "rules", str(ROOT / "docs/alerts.yml"))
    assert status == 0, said
    assert "SUCCESS" in said
    used = used_in((ROOT / "docs/alerts.yml").read_text())
    assert len(used) > 8
    assert used <= names()


def test_alerts_fire_when_they_should():
    status, said = promtool("test", "rules", str(ROOT / "tests/api/fixtures/alerts_test.yml"))
    assert status == 0, said


def expressions(node):
    if isinstance(node, dict):
        if isinstance(node.get("expr"), str):
            yield node["expr"]
        if isinstance(node.get("query"), str):
            yield node["query"]
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from expressions(child)


def test_the_dashboard_asks_for_what_there_is(tmp_path):
    dashboard = json.loads((ROOT / "docs/grafana-dashboard.json").read_text())
    assert dashboard["title"]
    found = list(expressions(dashboard["panels"]))
    assert len(found) > 15
    for each in found:
        assert used_in(each), each
        assert used_in(each) <= names(), each
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids))
    # As rules they are parsed: Grafana's variables stand for a duration.
    plain = [each.replace("$__rate_interval", "5m").replace("$instance", ".*") for each in found]
    rules = [{"record": f"a:b{i}", "expr": each} for i, each in enumerate(plain)]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
    status, said = promtool("check", "rules", str(path))
    assert status == 0, said
