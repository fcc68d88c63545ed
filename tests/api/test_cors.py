"""What browsers of other origins may read: everybody without credentials, or a list with them."""

import pytest
from harness.http_cases import request

ORIGIN = "https://app.example"
OTHER = "https://evil.example"
LISTED = "https://app.example,http://localhost:3000"


def names(value):
    """The elements of a list in a field, in lower case."""
    return {element.strip().lower() for element in (value or "").split(",")}


PATHS = [
    ("GET", "/health", 200),
    ("GET", "/auth/me", 401),
    ("GET", "/no", 404),
    ("GET", "/auth/login", 405),
    ("POST", "/auth/login", 422),
    ("POST", "/auth/register", 422),
]


@pytest.fixture
def listed(start_server):
    return start_server(CORS_ORIGINS=LISTED)


@pytest.mark.parametrize(("method", "path", "status"), PATHS)
@pytest.mark.parametrize("origin", [None, ORIGIN, "null"])
def test_any_origin_by_default_without_credentials(server, method, path, status, origin):
    answer = server.http.request(method, path, headers={"Origin": origin} if origin else {})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


def test_origins_of_the_list_get_credentials(listed):
    for origin in LISTED.split(","):
        for method, path, status in PATHS:
            answer = listed.http.request(method, path, headers={"Origin": origin})
            assert answer.status_code == status
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "origin" in names(answer.headers["vary"])


@pytest.mark.parametrize(
    "origin",
    [None, OTHER, "null", "https://app.example.evil.example", "https://app.exampl", "http://app.example", "",
     "https://APP.example:443", "https://app.example, https://evil.example", "https://evil.example/https://app.example"],
)  # fmt: skip
def test_origins_beside_the_list_get_nothing(listed, origin):
    for method, path, status in PATHS:
        answer = listed.http.request(method, path, headers={} if origin is None else {"Origin": origin})
        assert answer.status_code == status
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-credentials" not in answer.headers
        # A cache must not give this answer to an origin of the list.
        assert "origin" in names(answer.headers["vary"])


@pytest.mark.parametrize(("path", "method"), [("/auth/login", "POST"), ("/auth/me", "GET"), ("/health", "GET")])
def test_preflight_by_default(server, path, method):
    asked = "authorization,content-type"
    answer = server.http.options(
        path,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": asked,
        },
    )
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert method.lower() in names(answer.headers["access-control-allow-methods"])
    # A star does not cover Authorization.
    assert names(asked) <= names(answer.headers["access-control-allow-headers"])
    assert int(answer.headers["access-control-max-age"]) >= 60
    assert "access-control-allow-credentials" not in answer.headers


def test_preflight_with_a_list(listed):
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = listed.http.options("/auth/login", headers={"Origin": ORIGIN, **headers})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert "post" in names(answer.headers["access-control-allow-methods"])
    assert "origin" in names(answer.headers["vary"])
    answer = listed.http.options("/auth/login", headers={"Origin": OTHER, **headers})
    assert "access-control-allow-origin" not in answer.headers


def test_preflight_needs_no_token(server):
    """Browsers send none with it."""
    answer = server.http.options("/auth/me", headers={"Origin": ORIGIN, "Access-Control-Request-Method": "GET"})
    assert answer.status_code == 200


def test_preflight_names_no_header_that_could_break_the_answer(server):
    with server.connect() as client:
        client.send(
            request(
                b"OPTIONS /auth/me HTTP/1.1",
                b"Origin: https://app.example",
                b"Access-Control-Request-Method: GET",
                b"Access-Control-Request-Headers: a\tb;\xff<script>",
            )
        )
        response = client.response()
        assert response.status < 500
        assert "script" not in (response.get("access-control-allow-headers") or "")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_refusals_by_the_transport_can_be_read_too(listed, tls):
    """The head was not understood, or too long: a browser's script still learns that it was 431, where that is safe."""
    with listed.connect(tls) as client:
        client.send(request(b"GET /health HTTP/1.1", *[b"X-%d: 1" % i for i in range(200)]))
        response = client.response()
        assert response.status == 431
        assert "origin" in names(response.get("vary"))
    with listed.connect(tls) as client:
        client.send(request(b"POST /auth/login HTTP/1.1", b"Origin: " + ORIGIN.encode(), b"Content-Length: 2000000"))
        response = client.response()
        assert response.status == 413
        assert response.get("access-control-allow-origin") == ORIGIN


def test_scripts_may_read_the_request_id(server):
    answer = server.http.get("/health", headers={"Origin": ORIGIN})
    assert {"x-request-id", "retry-after"} <= names(answer.headers["access-control-expose-headers"])
