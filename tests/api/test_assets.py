"""What the program serves to browsers out of itself: the client, the documentation, openapi.json, as bytes."""

import contextlib
import json
import re
import shutil
import subprocess

import pytest
from harness import openapi, site
from harness.poll import free_port
from harness.server import ROOT
from harness.site import fetch, vary

PAGES = ["/docs", "/redoc"] + (["/app/"] if site.HAS_CLIENT else [])
TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
    "txt": "text/plain; charset=utf-8",
    "woff2": "font/woff2",
}
NOT_FOUND = b'{"detail":"Not Found"}'


@pytest.fixture(autouse=True, scope="module")
def built():
    if not site.DOCS or site.CLIENT != site.HAS_CLIENT:
        pytest.skip("the client or the documentation pages are not built in: ./dev build says why")


# --- codings ---

BIG = "/openapi.json"
CODINGS = [
    (None, None),
    ("", None),
    ("identity", None),
    ("gzip", "gzip"),
    ("x-gzip", "gzip"),
    ("GZip, DEFLATE", "gzip"),
    ("br", "br"),
    ("gzip, deflate, br, zstd", "br"),
    ("*", "br"),
    ("gzip;q=1.0, br;q=0.5", "gzip"),
    ("gzip;q=0.001, br;q=0", "gzip"),
    ("br;q=0, *", "gzip"),
    ("gzip;q=0, br;q=0, *", None),
    ("identity, gzip;q=0.5", None),
    ("identity;q=0.5, gzip;q=0.5", "gzip"),
    ("deflate, zstd", None),
    ("identity;q=0", None),
    ("*;q=0", None),
    ("gzip;q=2, br;q=x, identity;q=0.1", None),
    (" br ; q=0.9 ,, gzip ;q=0.8", "br"),
    ("brotli, gzipped, \xff", None),
]


@pytest.mark.parametrize(("accepts", "coding"), CODINGS)
def test_coding_is_what_the_client_likes_best(server, accepts, coding):
    fields = {} if accepts is None else {"Accept_Encoding": accepts}
    response = fetch(server, BIG, **fields)
    assert (response.status, response.get("content-encoding")) == (200, coding)
    assert "accept-encoding" in vary(response)
    assert site.decoded(response) == openapi.PATH.read_bytes()


@pytest.mark.parametrize("page", PAGES)
def test_every_file_is_the_same_in_every_coding(server, page):
    with server.connect() as client:
        for path in [page, *site.assets(server, page)]:
            plain = fetch(server, path, client=client)
            assert plain.status == 200
            tags = {plain.get("etag")}
            for coding in ("gzip", "br"):
                packed = fetch(server, path, client=client, Accept_Encoding=coding)
                assert site.decoded(packed) == plain.body
                assert len(packed.body) <= len(plain.body)
                tags.add(packed.get("etag"))
                if len(plain.body) > 1000 and not path.endswith((".png", ".woff2")):
                    assert packed.get("content-encoding") == coding
            assert len(tags) in (1, 3), f"{path}: one tag for different octets: {tags}"
            assert all(re.fullmatch(r'"[!#-~]+"', tag) for tag in tags)


# --- caches ---


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_asked_for_anew_and_files_never(server, page):
    response = fetch(server, page)
    assert response.get("cache-control") == "no-cache"
    assert response.get("content-type") == "text/html; charset=utf-8"
    for path in site.assets(server, page):
        response = fetch(server, path)
        assert response.get("cache-control") == "public, max-age=31536000, immutable"
        assert response.get("content-type") == TYPES[path.rpartition(".")[2]]
        assert response.get("x-content-type-options") == "nosniff"


@pytest.mark.parametrize("path", [BIG, *PAGES])
def test_not_modified(server, path):
    whole = fetch(server, path, Accept_Encoding="gzip")
    tag = whole.get("etag")
    with server.connect() as client:
        for given in (tag, f"W/{tag}", f'"other", {tag}', f'"a,b",{tag} , "c"', "*"):
            response = fetch(server, path, client=client, Accept_Encoding="gzip", If_None_Match=given)
            assert response.status == 304, given
            assert response.get("content-length") is response.get("content-type") is None
            for name in ("etag", "cache-control", "content-security-policy"):
                assert response.get(name) == whole.get(name)
            assert vary(response) == vary(whole)
        for given in ('"other"', tag[:-1], tag.strip('"'), f"{tag[:-1]}x", '"', ""):
            response = fetch(server, path, client=client, Accept_Encoding="gzip", If_None_Match=given)
            assert (response.status, response.body) == (200, whole.body), given
        # What it has is in another coding than what it asks for now.
        assert fetch(server, path, client=client, Accept_Encoding="br", If_None_Match=tag).status == 200
        head = fetch(server, path, "HEAD", client, Accept_Encoding="gzip", If_None_Match=tag)
        assert head.status == 304


@pytest.mark.parametrize("path", [BIG, *PAGES])
@pytest.mark.parametrize("coding", ["identity", "br"])
def test_head(server, path, coding):
    with server.connect() as client:
        get = fetch(server, path, client=client, Accept_Encoding=coding)
        head = fetch(server, path, "HEAD", client, Accept_Encoding=coding)
        ours = {"date", "x-request-id"}
        assert [each for each in head.fields if each[0].lower() not in ours] == [
            each for each in get.fields if each[0].lower() not in ours
        ]
        assert head.get("content-length") == str(len(get.body))
        assert fetch(server, "/health", client=client).status == 200


# --- policies ---


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_locked_up(server, page):
    response = fetch(server, page)
    rules = site.policy(response)
    assert rules["default-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
    assert rules["script-src"] == ["'self'"]
    # LiveKit's host is in connect-src, and in the test after this one.
    others = {
        source for name, sources in rules.items() if name not in ("style-src", "connect-src") for source in sources
    }
    assert others <= {"'none'", "'self'", "data:", "blob:"}
    assert ("'unsafe-inline'" in rules["style-src"]) == (page != "/app/")
    assert not re.search(r"<script(?![^>]* src=)|<[^>]+ on\w+=|javascript:", response.body.decode())
    assert response.get("x-content-type-options") == "nosniff"
    assert response.get("referrer-policy") == "same-origin"
    assert response.get("cross-origin-opener-policy") == "same-origin"
    permissions = dict(each.strip().split("=") for each in response.get("permissions-policy").split(","))
    for name in ("camera", "microphone", "display-capture"):
        assert permissions[name] == "(self)"
    assert permissions["geolocation"] == "()"


@pytest.mark.parametrize(
    ("url", "sources"),
    [
        ("ws://127.0.0.1:7880", ["ws://127.0.0.1:7880", "http://127.0.0.1:7880"]),
        ("wss://lk.example.com/sfu", ["wss://lk.example.com", "https://lk.example.com"]),
        ("https://video.livekit.cloud", ["wss://*.livekit.cloud", "https://*.livekit.cloud"]),
        ("wss://livekit.cloud.example.com", ["wss://livekit.cloud.example.com", "https://livekit.cloud.example.com"]),
        ("wss://[2001:db8::1]:7880", ["wss:", "https:"]),
    ],
)
@pytest.mark.skipif(not site.HAS_CLIENT, reason="the client is not there yet")
def test_the_client_may_talk_to_livekit_and_to_nobody_else(start_server, url, sources):
    server = start_server(LIVEKIT_URL=url, WORKERS=1, TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    assert site.policy(fetch(server, "/app/"))["connect-src"] == ["'self'", *sources]
    assert site.policy(fetch(server, "/docs"))["connect-src"] == ["'self'"]


# --- paths ---


PATHS = """
/app/ /app/room/room_ab12cd34 /app/rooms /app/a/b/c/d/e/ /app/?x=1 /app/zo%C3%AB /app/index.html /app/a%2Fb /app//
""".split()


@pytest.mark.skipif(not site.HAS_CLIENT, reason="the client is not there yet")
@pytest.mark.parametrize("path", PATHS)
def test_paths_of_the_client_are_its_page(server, path):
    page, response = fetch(server, "/app/"), fetch(server, path)
    assert (response.status, response.body, response.get("etag")) == (200, page.body, page.get("etag"))
    assert response.get("content-security-policy") == page.get("content-security-policy")


MISSING = """
    /app/assets/nothing-00000000.js /app/../../etc/passwd /app/%2e%2e/%2e%2e/etc/passwd.x /app/..%2f..%2fetc
    /app/.env /app/.git/config /app/x/./y /app/index.html.br /app/%zz /app/%00 /app/%ff /app.js
    /docs/../docs/index.html /docs/assets/ /docs/assets /docs/nothing /docs/%2e /docs/assets/.. /docs/%00 /docsx
    /redoc/index.html /redoc/x /openapi.json/x /site/x /not_built.html
""".split()


@pytest.mark.parametrize("path", [*MISSING, "/app" + "/x" * 2000 + ".js"])
def test_what_is_not_there_is_404(server, path):
    with server.connect() as client:
        response = fetch(server, path, client=client)
        assert (response.status, response.body) == (404, NOT_FOUND)
        assert response.get("cache-control") == "no-store"
        assert fetch(server, "/health", client=client).status == 200


def test_slash_is_missing(server):
    response = fetch(server, "/app")
    assert (response.status, response.get("location"), response.body) == (308, "/app/", b"")
    assert fetch(server, "/docs/").body == fetch(server, "/docs").body


@pytest.mark.parametrize("path", [BIG, "/docs", "/redoc", "/app/", "/app/room/x"])
def test_methods(server, path):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        response = fetch(server, path, method)
        assert (response.status, response.get("allow")) == (405, "GET, HEAD, OPTIONS")
    assert fetch(server, path, "OPTIONS").get("allow") == "GET, HEAD, OPTIONS"


# --- GET / ---

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "browser"),
    [
        (None, False), ("", False), ("*/*", False), ("application/json", False), (CHROME, True), ("text/html", True),
        ("TEXT/HTML", True), ("text/*", True), ("text/*, application/*", False), ("text/html;q=0", False),
        ("text/html, application/json", False), ("text/html;q=0.9, application/json", False),
        ("text/html, application/json;q=0.9", True), ("text/html;q=0.1, */*;q=0.01", True),
        ("text/html;level=1, */*;q=0.1", True), ("text/html;q=7", False), ("text/plain", False),
    ],
)  # fmt: skip
def test_browsers_are_sent_to_the_client(server, accept, browser):
    response = fetch(server, "/", **({} if accept is None else {"Accept": accept}))
    assert "accept" in vary(response)
    assert response.get("cache-control") == "no-store"
    if browser:
        assert (response.status, response.get("location"), response.body) == (303, "/app/", b"")
    else:
        assert (response.status, json.loads(response.body)["docs_url"]) == (200, "/docs")


# --- licences ---


@pytest.mark.parametrize(("folder", "path"), [("apidocs", "/docs/licences.txt"), ("web", "/app/licences.txt")])
def test_licences_of_what_is_sent_are_kept(server, folder, path):
    """All that npm installed for the browser, by the lock file, and the texts that came with it."""
    response = fetch(server, path)
    assert (response.status, response.get("content-type")) == (200, TYPES["txt"])
    text = response.body.decode()
    lock = json.loads((ROOT / folder / "package-lock.json").read_text())["packages"]
    wanted = {
        f"{place.rpartition('node_modules/')[2]} {each['version']}"
        + (f" ({each['license']})" if "license" in each else "")
        for place, each in lock.items()
        if place and not {"dev", "peer", "optional"} & set(each) and "/@types/" not in place
    }
    assert len(wanted) > 10
    assert not wanted - set(text.splitlines())
    for licence in (ROOT / folder / "node_modules").glob("livekit-client/LICENSE"):
        assert licence.read_text().strip() in text
    assert "Permission is hereby granted" in text
    assert "Apache License" in text


# --- how they are sent ---


def biggest(server):
    return max(site.assets(server, "/docs"), key=lambda path: len(fetch(server, path).body))


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_answers_follow_each_other_in_order(server, tls):
    """Several large files and small answers asked for at once, read slowly."""
    path = biggest(server)
    whole = fetch(server, path).body
    assert len(whole) > 1_000_000
    with server.connect(tls) as client:
        large, small = (b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % each.encode() for each in (path, "/health"))
        client.send(large + small + large + large + small)
        for expected in (whole, b'{"status":"healthy"}', whole, whole, b'{"status":"healthy"}'):
            assert client.response().body == expected
        client.send(b"GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % path.encode())
        assert client.response().body == whole
        client.expect_closed()


@pytest.mark.shipped  # sanitizers keep what was freed
def test_a_file_costs_no_heap(start_server):
    """A copy of one would be seen: what the C library gets for it, it keeps. Some clients go away in the middle."""
    server = start_server(WORKERS=1)
    path = biggest(server)
    before = server.heap()
    whole = fetch(server, path).body
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(server.connect(window=4096)) for _ in range(20)]
        for client in clients:
            client.send(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path.encode())
            assert client.sock.recv(12) == b"HTTP/1.1 200"
        for client in clients[:5]:
            client.reset()
        assert fetch(server, path).body == whole
    assert server.heap() - before < 1000 < len(whole) / 1024


def test_pages_need_no_database(start_server):
    nobody = f"postgresql://parley:x@127.0.0.1:{free_port()}/parley"
    server = start_server(database_url=nobody, WORKERS=1)
    for path in [BIG, *PAGES]:
        assert fetch(server, path).status == 200


# --- without npm ---


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """The program as `kodev build` alone makes it: linked of the same objects but the one that has the site in it."""
    made = tmp_path_factory.mktemp("bare") / "parley"
    objects = [each for each in (ROOT / "build/parley/.objs").glob("*.o") if each.name != "site_files.c.o"]
    conf = re.findall(r"^ldflags=(.*)", (ROOT / "conf/build.conf").read_text(), re.M)
    link = ["cc", "-o", made, *objects, "-rdynamic", *" ".join(conf).split(), "-lpthread", "-ldl"]
    subprocess.run(link, check=True, timeout=50)
    return made


@pytest.mark.shipped
def test_server_without_the_site_says_so(start_server, bare):
    server = start_server(program=bare)
    for path in ("/app/", "/app/room/room_ab12cd34", "/docs", "/redoc"):
        response = fetch(server, path, Accept_Encoding="br, gzip", If_None_Match="*")
        assert (response.status, response.get("content-type")) == (404, "text/html; charset=utf-8")
        assert response.get("cache-control") == "no-cache"
        assert b"./dev build" in response.body
        assert "'none'" in site.policy(response)["default-src"]
    assert fetch(server, "/app/assets/x.js").body == NOT_FOUND
    response = fetch(server, BIG, Accept_Encoding="br, gzip")
    assert (response.status, response.get("content-encoding")) == (200, None)
    assert response.body == openapi.PATH.read_bytes()
    assert fetch(server, BIG, If_None_Match=response.get("etag")).status == 304


def test_nothing_of_the_build_is_kept_in_the_sources():
    """What npm makes is not in the repository."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("no git checkout")
    known = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    assert not [path for path in known if re.search(r"(^|/)(node_modules|dist)/", path)]
