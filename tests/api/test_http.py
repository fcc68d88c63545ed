"""HTTP/1.1 as bytes: what is answered, what is refused, and what becomes of the connection."""

import concurrent.futures
import json
import time

import pytest
from harness.http_cases import (
    BODY_MAX,
    CASES,
    CHUNKED,
    CLOSED,
    EXPECT,
    FORM,
    HALF_FORM,
    JSON,
    LOGIN,
    OPEN,
    REGISTER,
    chunks,
    form,
    length,
    request,
)
from harness.load import Load
from harness.people import new_name
from harness.poll import poll
from harness.replies import check_reply
from harness.secret import new_password

PLAIN_AND_TLS = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
SMUGGLED = request(b"GET /smuggled HTTP/1.1")


def run_case(server, case, tls=False, size=None):
    """Sends a case (size bytes at a time) and checks every answer, and that nothing else comes."""
    began = time.time()
    with server.connect(tls) as client:
        data = case.data + (SMUGGLED if case.end == CLOSED else b"")
        if size is None:
            client.send(data)
        else:
            client.send_pieces(data, size)
        responses = []
        for number, expected in enumerate(case.expect):
            method = case.methods[number] if number < len(case.methods) else "GET"
            response = client.final_response(method)
            responses.append(response)
            assert response.status in (expected if isinstance(expected, tuple) else (expected,)), responses
            # The first answer may be as old as the case.
            check_reply(response, tls, method, age=time.time() - began + 5)
        if case.check:
            case.check(responses)
        closes = (responses[-1].get("connection") or "").lower() == "close"
        if case.end == CLOSED:
            assert closes, f"closes without saying so: {responses[-1]}"
        if case.end == OPEN:
            assert not closes, responses[-1]
        if closes:
            client.expect_closed()
        else:
            client.send(request())
            assert client.response().status == 200


@PLAIN_AND_TLS
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_table(server, case, tls):
    run_case(server, case, tls)


def run_all(server, cases, tls, size, at_once=8):
    """Runs many cases in parallel; returns what went wrong, by name."""
    wrong = {}
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        runs = {pool.submit(run_case, server, case, tls, size): case for case in cases}
        for run in concurrent.futures.as_completed(runs):
            if run.exception():
                wrong[runs[run].name] = repr(run.exception())[:500]
    return wrong


@PLAIN_AND_TLS
def test_table_one_byte_at_a_time(server, tls):
    cases = [case for case in CASES if len(case.data) < 4000]
    assert len(cases) > 150
    assert run_all(server, cases, tls, size=1) == {}


@PLAIN_AND_TLS
def test_table_while_64_other_clients_run(server, tls):
    with Load(server, request(), clients=64, tls=tls) as load:
        wrong = run_all(server, CASES, tls, size=None, at_once=4)
        wrong |= run_all(server, [case for case in CASES if len(case.data) < 1000], tls, size=1)
    assert wrong == {}
    assert load.only("200") > 64


@PLAIN_AND_TLS
@pytest.mark.parametrize("at", range(1, 60, 3))
def test_chunked_body_split_anywhere(server, tls, at):
    body = chunks(HALF_FORM[:5], HALF_FORM[5:], extension=b";a=b", trailers=b"X-Sum: 1\r\n")
    with server.connect(tls) as client:
        client.send(form(CHUNKED, body=body[:at]))
        # Answered only now, so that the server has read the first part by itself.
        with server.connect() as other:
            other.send(request())
            assert other.response().status == 200
        client.send(body[at:])
        response = client.response()
        assert [error["loc"] for error in json.loads(response.body)["detail"]] == [["body", "password"]]


@PLAIN_AND_TLS
def test_bodies_arrive_whole(server, tls):
    """An account made by one-byte writes of chunks is the one a login by length finds."""
    name, password = new_name(), new_password()
    body = json.dumps({"username": name, "email": f"{name}@example.com", "password": password, "full_name": "Zoë ☃"})
    pieces = [body.encode()[i : i + 3] for i in range(0, len(body.encode()), 3)]
    login = f"username={name}&password={password}".encode()
    with server.connect(tls) as client:
        client.send_pieces(request(REGISTER, JSON, CHUNKED, body=chunks(*pieces, extension=b";x")))
        response = client.response()
        assert response.status == 200, response
        assert json.loads(response.body)["full_name"] == "Zoë ☃"
        client.send(form(length(login), body=login) + request())
        assert [client.response().status, client.response().status] == [200, 200]


# --- Expect: 100-continue ---


@PLAIN_AND_TLS
@pytest.mark.parametrize("coding", ["length", "chunked"])
def test_expect_gets_100_and_then_the_answer(server, tls, coding):
    framing, body = (length(HALF_FORM), HALF_FORM) if coding == "length" else (CHUNKED, chunks(HALF_FORM))
    with server.connect(tls) as client:
        for _ in range(2):
            client.send(form(EXPECT, framing, body=b""))
            interim = client.response()
            assert (interim.status, interim.body) == (100, b"")
            assert client.is_silent(0.1)
            client.send(body)
            assert client.response().status == 422


@PLAIN_AND_TLS
def test_expect_of_http_1_0_gets_no_100(server, tls):
    with server.connect(tls) as client:
        client.send(form(EXPECT, length(HALF_FORM), line=b"POST /auth/login HTTP/1.0", body=b""))
        assert client.is_silent(0.5)
        client.send(HALF_FORM)
        assert client.response().status == 422
        client.expect_closed()


def test_expect_without_a_body_gets_no_100(server):
    with server.connect() as client:
        client.send(form(EXPECT, length(b""), body=b""))
        assert client.response().status == 422


def test_expect_is_refused_before_the_body_is_sent(server):
    with server.connect() as client:
        client.send(form(EXPECT, b"Content-Length: %d" % (BODY_MAX + 1), body=b""))
        assert client.response().status == 413
        client.expect_closed()


def test_expect_of_something_else_is_never_417(server):
    with server.connect() as client:
        client.send(form(b"Expect: 200-ok", length(HALF_FORM)))
        assert client.final_response().status == 422


# --- the end of a connection ---


@PLAIN_AND_TLS
@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (request(), [200]),
        (form(length(HALF_FORM)), [422]),
        (form(CHUNKED, body=chunks(HALF_FORM)), [422]),
        (request() * 5 + request(b"GET /no HTTP/1.1"), [200] * 5 + [404]),
        (request(host=None), [400]),
    ],
    ids=["GET", "POST", "chunked", "pipelined", "refused"],
)
def test_half_close_after_the_request(server, data, expected, tls):
    """Whoever has nothing more to ask still wants the answer."""
    with server.connect(tls) as client:
        client.send(data)
        client.half_close()
        assert [client.response().status for _ in expected] == expected
        client.expect_closed()


@PLAIN_AND_TLS
def test_half_close_while_a_login_is_computed(server, tls):
    body = b"username=nobody&password=" + new_password().encode()
    with server.connect(tls) as client:
        client.send(form(length(body), body=body))
        client.half_close()
        assert client.response().status == 401
        client.expect_closed()


@PLAIN_AND_TLS
@pytest.mark.parametrize("data", [b"GET /hea", request()[:-2], form(length(HALF_FORM))[:-1], b""])
def test_half_close_within_a_request(server, data, tls):
    """Nothing whole was asked: an error or an end, and soon."""
    with server.connect(tls) as client:
        client.send(data)
        client.half_close()
        if poll(lambda: client.buffer or not client.more(time.monotonic() + 5), 6, "an answer or an end") is not True:
            assert client.response().status in (400, 408)
        client.expect_closed()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (request(), [200]),
        (request() * 3, [200] * 3),
        (form(length(HALF_FORM)), [422]),
        (request(host=None), [400]),
        (form(length(HALF_FORM))[:-1], []),
        (b"GET /hea", []),
        (b"", []),
    ],
    ids=["GET", "pipelined", "POST", "refused", "part of a body", "part of a head", "nothing"],
)
@pytest.mark.parametrize("half", [False, True], ids=["open", "half-closed"])
def test_request_in_the_packet_that_ends_the_handshake(server, data, expected, half):
    """The handshake's end, the request and the client's end come in one read; no other event follows."""
    with server.connect(tls=True, held=True) as client:
        client.send(data)
        if half:
            client.half_close()
        client.tls.release()
        assert [client.response().status for _ in expected] == expected
        if half:
            client.expect_closed()


@PLAIN_AND_TLS
@pytest.mark.parametrize(
    ("data", "status"),
    [
        (request(host=None), 400),
        (form(b"Content-Length: +5", body=b""), 400),
        (b"G\x00T / HTTP/1.1\r\n", 400),
        (form(CHUNKED, body=b"no size\r\n"), 400),
        (request(b"FOO / HTTP/1.1"), 501),
    ],
    ids=["no Host", "bad length", "bad method", "bad chunk", "unknown method"],
)
def test_refusal_can_be_read_by_who_still_sends(server, data, status, tls):
    """The server has answered and will close; what it has not read must not turn that into a reset."""
    with server.connect(tls) as client:
        client.send(data)
        assert poll(lambda: client.more(time.monotonic() + 5), 5, "the start of an answer")
        for _ in range(50):
            client.send(b"x" * 4096)
        response = client.response()
        assert response.status == status
        check_reply(response, tls)
        client.expect_closed()


@PLAIN_AND_TLS
def test_refusal_of_a_body_can_be_read_by_who_sends_it_first(server, tls):
    """Many clients read nothing before all is sent."""
    size = 3 * BODY_MAX
    with server.connect(tls) as client:
        client.send(form(b"Content-Length: %d" % size, body=b""))
        client.send(b"x" * size)
        assert client.response().status == 413
        client.expect_closed()


def test_server_goes_on_after_resets(server):
    """At every stage of a request."""
    whole = form(length(HALF_FORM)) * 3
    for cut in range(0, len(whole), 7):
        client = server.connect()
        client.send(whole[:cut])
        client.reset()
    for tls in (False, True):
        with server.connect(tls) as client:
            client.send(request())
            assert client.response().status == 200


# --- what every answer has ---


@PLAIN_AND_TLS
def test_head_is_get_without_a_body(server, tls):
    for path, headers in ((b"/health", ()), (b"/auth/me", ()), (b"/no", ())):
        with server.connect(tls) as client:
            client.send(request(b"GET " + path + b" HTTP/1.1", *headers))
            whole = client.response()
            client.send(request(b"HEAD " + path + b" HTTP/1.1", *headers))
            head = client.response("HEAD")
        volatile = ("date", "x-request-id")
        assert [f for f in head.fields if f[0].lower() not in volatile] == [
            f for f in whole.fields if f[0].lower() not in volatile
        ]
        assert (head.status, int(head.get("content-length"))) == (whole.status, len(whole.body))


def test_every_answer_has_its_own_request_id(server):
    with server.connect() as client:
        client.send(request() * 20 + request(b"GET /no HTTP/1.1") * 20)
        ids = [client.response().get("x-request-id") for _ in range(40)]
    assert len(set(ids)) == 40
    assert all(ids)


def test_refusals_have_request_ids_that_the_log_knows(server):
    with server.connect() as client:
        client.send(request(host=None))
        identity = client.response().get("x-request-id")
    poll(lambda: identity in server.log_text(server.mark), 10, f"{identity} in the log")


def test_hsts_is_sent_on_tls_only(server):
    assert "strict-transport-security" not in server.http.get("/health").headers
    with server.client(tls=True) as client:
        for path in ("/health", "/no"):
            assert client.get(path).headers["strict-transport-security"].startswith("max-age=")


def test_allow_names_the_methods(server):
    answer = server.http.get("/auth/login")
    assert answer.status_code == 405
    assert {"POST", "OPTIONS"} <= {method.strip() for method in answer.headers["allow"].split(",")}
    answer = server.http.post("/health")
    assert {"GET", "HEAD", "OPTIONS"} <= {method.strip() for method in answer.headers["allow"].split(",")}


def test_options_of_the_server_and_of_routes(server):
    with server.connect() as client:
        client.send(request(b"OPTIONS * HTTP/1.1") + request(b"OPTIONS /health HTTP/1.1") + request())
        whole, route = client.response(), client.response()
        assert client.response().status == 200
    assert whole.status in (200, 204)
    assert "GET" in route.get("allow")


def test_errors_of_http_have_a_text_of_their_own(server):
    """Not one word for everything: the client must see what was wrong."""
    texts = {}
    for case in CASES:
        if case.end == CLOSED and case.name in (
            "no Host",
            "method FOO",
            "a request line of 8,193 octets",
            "1,000 field lines",
            "a length of 1 MiB and one",
        ):
            with server.connect() as client:
                client.send(case.data)
                response = client.response()
                texts[response.status] = json.loads(response.body)["detail"]
    assert set(texts) == {400, 501, 414, 431, 413}
    assert len(set(texts.values())) == 5


# --- time ---


def timed(server, tls, steps, deadline):
    """Sends each piece after its pause; returns (status or None, seconds until the answer or the end)."""
    with server.connect(tls, timeout=deadline) as client:
        began = time.monotonic()
        try:
            for pause, data in steps:
                if client.is_silent(pause):
                    client.send(data)
                else:
                    break
            response = client.final_response(timeout=deadline - (time.monotonic() - began))
            seconds = time.monotonic() - began
            check_reply(response, tls)
            client.expect_closed()
            return response.status, seconds
        except (AssertionError, ConnectionError):
            if client.buffer:
                raise
            return None, time.monotonic() - began


SLOW = {
    "a head that stops": ([(0, b"GET /health HTTP/1.1\r\nHost: local")], {408}, 8, 13),
    "a head of one byte in a while": ([(0.5, b"%c" % c) for c in request()[:-1]], {408}, 8, 13),
    "a head that stops before its end": ([(0, request()[:-2])], {408}, 8, 13),
    "an empty line and nothing": ([(0, b"\r\n")], {408, None}, 8, 62),
    "a body that stops": ([(0, form(length(HALF_FORM))[:-1])], {408}, 27, 34),
    "a body of one byte in a while": (
        [(0, form(b"Content-Length: 1000", body=b"")), *[(0.5, b"x")] * 80],
        {408},
        27,
        34,
    ),
    "chunks that stop": ([(0, form(CHUNKED, body=b"11\r\nuser"))], {408}, 27, 34),
    "a body that never starts": ([(0, form(EXPECT, length(HALF_FORM), body=b""))], {408}, 27, 34),
    "nothing at all": ([], {408, None}, 8, 64),
}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_slow_clients_are_told_and_let_go(server):
    """All at the same time, over both: a head has 10 s, a body 30 s, an idle connection 60 s."""

    def idle(tls):
        with server.connect(tls) as client:
            client.send(request())
            assert client.response().status == 200
            began = time.monotonic()
            client.expect_closed(70)
            return None, time.monotonic() - began

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        runs = {}
        for tls in (False, True):
            runs["idle", tls] = pool.submit(idle, tls), {None}, 55, 66
            for name, (steps, statuses, least, most) in SLOW.items():
                runs[name, tls] = pool.submit(timed, server, tls, steps, most + 5), statuses, least, most
        wrong = {}
        for key, (run, statuses, least, most) in runs.items():
            try:
                status, seconds = run.result()
            except (AssertionError, OSError) as error:
                wrong[key] = repr(error)
                continue
            if status not in statuses or not least <= seconds <= most:
                wrong[key] = f"{status} after {seconds:.1f} s; expected {statuses} in {least} to {most} s"
    assert wrong == {}


def test_slow_clients_do_not_hold_up_others(server):
    """500 connections that stop within their heads."""
    slow = [server.connect() for _ in range(500)]
    try:
        for client in slow:
            client.send(b"POST /auth/login HTTP/1.1\r\nHost: local")
        began = time.monotonic()
        for _ in range(20):
            with server.connect() as client:
                client.send(request())
                assert client.response().status == 200
        assert time.monotonic() - began < 5
    finally:
        for client in slow:
            client.close()


def test_answers_wait_for_a_client_that_does_not_read(server):
    """Pipelined far beyond what fits the sockets' buffers, and read only later: all is there, in order."""
    count = 20000
    with server.connect(timeout=30) as client, concurrent.futures.ThreadPoolExecutor(1) as pool:
        sent = pool.submit(client.send, request(b"GET /no HTTP/1.1") * count + request())
        poll(lambda: sent.done() or sent.running(), 5, "the sender runs")
        with server.connect() as other:
            other.send(request())
            assert other.response().status == 200
        assert all(client.response().status == 404 for _ in range(count))
        assert client.response().status == 200
        sent.result()


@PLAIN_AND_TLS
def test_login_line_by_line(server, tls):
    """The way people type it by hand."""
    with server.connect(tls) as client:
        for line in (LOGIN, b"host: localhost", FORM, length(HALF_FORM), b"", HALF_FORM):
            client.send(line + (b"" if line == HALF_FORM else b"\r\n"))
        assert client.response().status == 422


@pytest.mark.shipped  # sanitizers keep what was freed
def test_who_does_not_read_is_answered_no_more(start_server):
    """Requests without end, and no answer taken: they wait in the socket, and the server goes on when it is read."""
    server = start_server(WORKERS=1)
    before = server.heap()
    some = request(b"GET /no HTTP/1.1") * 1000
    with server.connect(window=4096) as client:
        client.sock.setblocking(False)
        sent, blocked = 0, 0
        while blocked < 20 and sent < 30_000_000:
            try:
                sent += client.sock.send(some[sent % len(some) :])
                blocked = 0
            except BlockingIOError:
                blocked += 1
                time.sleep(0.02)
        assert server.http.get("/health").status_code == 200
        assert server.heap() - before < 4000
        client.sock.setblocking(True)
        for _ in range(5000):
            assert client.response().status == 404
