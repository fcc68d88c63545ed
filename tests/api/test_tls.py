"""TLS: certificates of each kind, resumption, new certificates while clients connect, and who holds the key."""

import contextlib
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.authority import Authority, openssl
from harness.http_cases import request
from harness.load import Load
from harness.poll import poll
from harness.server import run_parley

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
VERSION = pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can")
HEALTH = request()
HEALTH_ONCE = request(b"GET /health HTTP/1.1", b"Connection: close")


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def start_tls(start_server, authority, tmp_path):
    """start_tls(kind, ...): a server whose certificate comes from the authority and can be replaced."""

    def start(kind="p256", **settings):
        cert, key = tmp_path / "live.crt", tmp_path / "live.key"
        install(authority.chain(kind), cert, key)
        server = start_server(TLS_CERT_FILE=cert, TLS_KEY_FILE=key, **settings)
        server.live = cert, key
        # What the harness's clients trust.
        server.certificate = authority.root
        # The plain port may answer before the key manager has its key.
        with connect(server, context(authority)):
            return server

    return start


def install(pair, cert, key):
    shutil.copy(pair[0], cert)
    shutil.copy(pair[1], key)


def context(authority, version=None):
    made = ssl.create_default_context(cafile=authority.root)
    if version is not None:
        made.minimum_version = made.maximum_version = version
    return made


def connect(server, trust, session=None, timeout=10):
    """A TLS connection; localhost is verified against the root alone."""
    sock = socket.create_connection(("127.0.0.1", server.tls_port), timeout)
    try:
        return trust.wrap_socket(sock, server_hostname="localhost", session=session)
    except BaseException:
        sock.close()
        raise


def healthy(tls):
    tls.sendall(HEALTH)
    return tls.recv(65536).startswith(b"HTTP/1.1 200 ")


def served(server, trust):
    """The certificate a new connection gets, in DER, after an answered request."""
    with connect(server, trust) as tls:
        assert healthy(tls)
        return tls.getpeercert(True)


def leaf(cert):
    return ssl.PEM_cert_to_DER_cert(re.search(r"-----BEGIN.*?END CERTIFICATE-----\n", cert.read_text(), re.S)[0])


def processes(server, title):
    """Ids of the server's processes that call themselves so."""
    found = []
    for pid in server.workers():
        with contextlib.suppress(OSError):
            if title in Path(f"/proc/{pid}/cmdline").read_text():
                found.append(pid)
    return found


def key_manager(server):
    (pid,) = processes(server, "keymgr")
    return pid


def reload(server, event):
    """SIGHUP; returns once the log says what came of it."""
    since = server.log_size()
    server.process.send_signal(signal.SIGHUP)
    return poll(lambda: [line for line in server.log_text(since).splitlines() if event in line], 10, event)


def all_serve(server, trust, cert):
    """Every worker has the certificate: none of many connections gets another."""
    assert {served(server, trust) for _ in range(20)} == {leaf(cert)}


# --- handshakes ---


@VERSION
@pytest.mark.parametrize("kind", ["rsa", "p256", "p384"])
def test_certificates_of_each_kind_and_their_chain(start_tls, authority, kind, version):
    server = start_tls(kind)
    with connect(server, context(authority, version)) as tls:
        assert healthy(tls)
        assert tls.version() == {1: "TLSv1.2", 2: "TLSv1.3"}[VERSIONS.index(version) + 1]
        signed = "RSA" if kind == "rsa" else "ECDSA"
        # The client would rather have AES-256; the choice is the server's, and half the price.
        assert tls.cipher()[0] in ("TLS_AES_128_GCM_SHA256", f"ECDHE-{signed}-AES128-GCM-SHA256")


def test_any_name_or_none_gets_the_certificate_and_any_host_is_served(start_tls, authority):
    server = start_tls()
    trust = context(authority)
    trust.check_hostname = False
    for name in (None, "localhost", "another.example", "127.0.0.1"):
        sock = socket.create_connection(("127.0.0.1", server.tls_port), 10)
        with trust.wrap_socket(sock, server_hostname=name) as tls:
            assert healthy(tls)
            assert tls.getpeercert(True) == leaf(server.live[0])


def test_alpn_is_http_1_1(start_tls, authority):
    server = start_tls()
    trust = context(authority)
    trust.set_alpn_protocols(["h2", "http/1.1"])
    with connect(server, trust) as tls:
        assert tls.selected_alpn_protocol() == "http/1.1"
    trust.set_alpn_protocols(["h2"])
    with pytest.raises(ssl.SSLError):
        connect(server, trust)


def test_one_ticket_a_handshake(start_tls):
    server = start_tls()
    said = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", "-tls1_3", "-ign_eof"],
        input=HEALTH_ONCE, capture_output=True, timeout=20,
    ).stdout  # fmt: skip
    assert b"HTTP/1.1 200" in said
    assert said.count(b"New Session Ticket arrived") == 1


@VERSION
def test_sessions_resume_with_any_worker(start_tls, authority, version):
    server = start_tls(WORKERS=4)
    trust = context(authority, version)
    with connect(server, trust) as tls:
        assert healthy(tls)
        assert not tls.session_reused
        session = tls.session
    held = []
    try:
        # Held open at once, so that more than one worker takes some.
        for _ in range(40):
            held.append(connect(server, trust, session))
            assert healthy(held[-1])
            assert held[-1].session_reused
    finally:
        for tls in held:
            tls.close()


@pytest.mark.log_allows("gone")
@VERSION
def test_sessions_outlive_their_worker(start_tls, authority, version):
    server = start_tls(WORKERS=1)
    trust = context(authority, version)
    with connect(server, trust) as tls:
        assert healthy(tls)
        session = tls.session
    replace_worker(server)
    with connect(server, trust, session) as tls:
        assert healthy(tls)
        assert tls.session_reused


def test_garbage_and_plain_http_on_the_tls_port_hurt_nobody(start_tls, authority):
    server = start_tls()
    before = set(server.workers())
    for data in (b"", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01" + bytes(512), b"\x16" * 4096):
        with (
            socket.create_connection(("127.0.0.1", server.tls_port), 10) as sock,
            contextlib.suppress(ConnectionResetError),
        ):
            sock.sendall(data)
            # It may be gone before all is said.
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_WR)
            while sock.recv(4096):
                pass
    assert served(server, context(authority))
    assert set(server.workers()) == before


def test_a_handshake_has_a_deadline_however_slowly_it_goes_on(start_tls):
    """A byte now and then does not hold a connection."""
    server = start_tls()
    with socket.create_connection(("127.0.0.1", server.tls_port), 10) as sock:
        began = time.monotonic()
        with contextlib.suppress(OSError):
            sock.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            sock.settimeout(0.5)
            while time.monotonic() - began < 20:
                sock.sendall(b"\x00")
                with contextlib.suppress(TimeoutError):
                    if not sock.recv(1):
                        break
        assert 5 < time.monotonic() - began < 14


# --- new certificates ---


def test_sighup_swaps_certificates_without_a_failed_request(start_tls, authority):
    """Each request comes with a full handshake of its own; old and new are of other kinds."""
    server = start_tls("p256")
    trust = context(authority)
    pairs = [authority.chain(kind) for kind in ("rsa", "p384", "rsa", "p256", "p256")]
    with Load(server, HEALTH_ONCE, clients=16, tls=True) as load:
        for pair in pairs * 3:
            install(pair, *server.live)
            reload(server, "new certificate")
            all_serve(server, trust, pair[0])
    assert load.only("200") >= 16


def test_sighups_in_a_row_lose_no_handshake(start_tls, authority):
    server = start_tls("p256")
    pairs = [authority.chain(kind) for kind in ("p256", "p384", "p256")]
    with Load(server, HEALTH_ONCE, clients=16, tls=True) as load:
        for pair in pairs * 10:
            install(pair, *server.live)
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.01)
        poll(lambda: served(server, context(authority)) == leaf(pairs[-1][0]), 10, "the last certificate")
    assert load.only("200") >= 16


@VERSION
def test_sessions_outlive_their_certificate(start_tls, authority, version):
    """Resumed after a swap; full, as if there were none, with a server that cannot read the ticket."""
    server = start_tls("p256")
    trust = context(authority, version)
    with connect(server, trust) as tls:
        assert healthy(tls)
        session = tls.session
    pair = authority.chain("rsa")
    install(pair, *server.live)
    reload(server, "new certificate")
    all_serve(server, trust, pair[0])
    with connect(server, trust, session) as tls:
        assert healthy(tls)
        assert tls.session_reused
    server.stop()
    server.start()
    with connect(server, trust, session) as tls:
        assert healthy(tls)
        assert not tls.session_reused
        assert tls.getpeercert(True) == leaf(pair[0])


def test_connections_stay_open_over_a_swap(start_tls, authority):
    server = start_tls()
    with connect(server, context(authority)) as tls:
        assert healthy(tls)
        install(authority.chain("rsa"), *server.live)
        reload(server, "new certificate")
        assert healthy(tls)


BROKEN = {
    "garbage": ("no certificate", lambda a, cert, key: cert.write_text("garbage\n")),
    "missing certificate": ("No such file", lambda a, cert, key: cert.unlink()),
    "missing key": ("No such file", lambda a, cert, key: key.unlink()),
    "empty": ("no certificate", lambda a, cert, key: cert.write_text("")),
    "folder": ("not a regular file", lambda a, cert, key: (key.unlink(), key.mkdir())),
    "cut certificate": ("cannot be read as PEM", lambda a, cert, key: cert.write_text(cert.read_text()[:400])),
    "cut key": ("no private key", lambda a, cert, key: key.write_text(key.read_text()[:100])),
    "cut chain": ("cannot be read as PEM", lambda a, cert, key: cert.write_text(cert.read_text()[:-300])),
    "another's key": ("does not belong", lambda a, cert, key: shutil.copy(a.chain()[1], key)),
    "another kind of key": ("does not belong", lambda a, cert, key: shutil.copy(a.chain("rsa")[1], key)),
    "expired": ("expired", lambda a, cert, key: install(a.chain(not_after="20210101000000Z"), cert, key)),
    "ed25519": ("must be RSA", lambda a, cert, key: install(a.chain("ed25519"), cert, key)),
    "encrypted": (
        "passphrase",
        lambda a, cert, key: key.write_bytes(openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret")),
    ),
}


def test_broken_new_files_are_logged_and_the_old_pair_stays(start_tls, authority, tmp_path):
    server = start_tls()
    trust = context(authority)
    good = tmp_path / "good.crt", tmp_path / "good.key"
    install(server.live, *good)
    manager = key_manager(server)
    with Load(server, HEALTH_ONCE, clients=4, tls=True) as load:
        for name, (message, spoil) in BROKEN.items():
            install(good, *server.live)
            spoil(authority, *server.live)
            (line,) = reload(server, "the old certificate stays")
            assert message in line, name
            assert str(server.live[0].parent) in line, "which file"
            if server.live[1].is_dir():
                server.live[1].rmdir()
            all_serve(server, trust, good[0])
    assert load.only("200") > 0
    assert key_manager(server) == manager
    pair = authority.chain()
    install(pair, *server.live)
    reload(server, "new certificate")
    all_serve(server, trust, pair[0])


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_stop_the_start_with_one_line(authority, database, tmp_path, name):
    message, spoil = BROKEN[name]
    pair = tmp_path / "live.crt", tmp_path / "live.key"
    install(authority.chain(), *pair)
    spoil(authority, *pair)
    done = run_parley(
        tmp_path, database.url(), "serve", PORT=0, TLS_PORT=1, TLS_CERT_FILE=pair[0], TLS_KEY_FILE=pair[1]
    )
    assert done.returncode > 0
    output = (done.stdout + done.stderr).strip()
    assert message in output
    assert len(output.splitlines()) == 1, output


def test_sigusr1_kills_nobody(start_tls, authority):
    server = start_tls()
    before = set(server.workers())
    for pid in (server.process.pid, *before):
        os.kill(pid, signal.SIGUSR1)
    all_serve(server, context(authority), server.live[0])
    assert set(server.workers()) == before


# --- processes ---


def replace_worker(server):
    """Kills every worker and waits for as many new ones."""
    old = set(processes(server, "wrk"))
    for pid in old:
        os.kill(pid, signal.SIGKILL)
    poll(
        lambda: len(new := set(processes(server, "wrk"))) == len(old) and not new & old and server_answers(server),
        10,
        "new workers",
    )


def server_answers(server):
    with server.connect(timeout=2) as client:
        client.send(HEALTH)
        return client.response().status == 200


@pytest.mark.log_allows("gone")
def test_a_new_worker_serves_the_certificate_of_the_day(start_tls, authority):
    server = start_tls()
    manager = key_manager(server)
    pair = authority.chain("rsa")
    install(pair, *server.live)
    reload(server, "new certificate")
    replace_worker(server)
    all_serve(server, context(authority), pair[0])
    assert key_manager(server) == manager


@ROOT
def test_key_that_only_root_can_read_with_workers_as_nobody(start_tls, authority):
    server = start_tls(RUN_AS="nobody")

    def statuses():
        return [Path(f"/proc/{pid}/status").read_text() for pid in server.workers()]

    # The first answers while the second is still root.
    nobody = re.compile(r"^Uid:\t65534\t65534\t65534\t65534$", re.MULTILINE)
    poll(lambda: (found := statuses()) and all(map(nobody.search, found)), 5, "all are nobody")
    trust = context(authority)
    all_serve(server, trust, server.live[0])
    pair = authority.chain("rsa")
    install(pair, *server.live)
    os.chown(server.live[1], 0, 0)
    server.live[1].chmod(0o400)
    reload(server, "new certificate")
    all_serve(server, trust, pair[0])


def shipped_only(server):
    if "instrumented" in server.log_text():
        pytest.skip("the sanitizers' flavor has no seccomp filter, and terabytes of shadow memory")


def numbers(key):
    """What is secret of a key, as memory may hold it: in both byte orders, and as text."""
    text = openssl("pkey", "-in", key, "-noout", "-text").decode()
    found = []
    for name in ("priv", "privateExponent", "prime1", "prime2"):
        for digits in re.findall(rf"^{name}:\s*\n((?:\s+[0-9a-f:]+\n)+)", text, re.M):
            number = bytes.fromhex(re.sub(r"[^0-9a-f]", "", digits)).lstrip(b"\0")
            found += [number[:24], number[::-1][:24]]
    lines = key.read_bytes().splitlines()
    # Only the first lines of an EC key are secret; its last hold the public half.
    found.append(lines[1][-24:])
    return found


def memory(pid):
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights = line.split()[:2]
        if rights.startswith("rw"):
            start, end = (int(part, 16) for part in span.split("-"))
            with contextlib.suppress(OSError, ValueError), open(f"/proc/{pid}/mem", "rb", 0) as file:
                file.seek(start)
                yield file.read(end - start)


@ROOT
@pytest.mark.log_allows("gone")
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_no_process_but_the_key_manager_holds_the_key(start_tls, authority, kind):
    server = start_tls(kind, WORKERS=2)
    shipped_only(server)
    # A key that came later, and a worker that was forked after it came.
    install(authority.chain(kind), *server.live)
    reload(server, "new certificate")
    replace_worker(server)
    all_serve(server, context(authority), server.live[0])
    secrets = numbers(server.live[1])

    def holds(pid):
        return any(secret in data for data in memory(pid) for secret in secrets)

    manager = key_manager(server)
    assert holds(manager), "the search finds nothing at all"
    assert not any(holds(pid) for pid in (server.process.pid, *server.workers()) if pid != manager)


def test_the_key_manager_is_confined(start_tls):
    server = start_tls()
    shipped_only(server)
    pid = key_manager(server)
    status = Path(f"/proc/{pid}/status").read_text()
    assert re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    # PR_SET_DUMPABLE 0 gives what the process has in /proc to root.
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0


@contextlib.contextmanager
def stopped(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        # Until it is scheduled it has not stopped.
        poll(lambda: re.search(r"^State:\tT", Path(f"/proc/{pid}/status").read_text(), re.M), 5, "it has stopped")
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def handshake_fails(server, trust):
    began = time.monotonic()
    try:
        connect(server, trust, timeout=20).close()
    except (OSError, ssl.SSLError):
        return time.monotonic() - began
    return None


@pytest.mark.alone
def test_a_frozen_key_manager_holds_up_nobody_else(start_tls, authority):
    """More handshakes than may wait for a signature; those who are connected notice nothing."""
    server = start_tls()
    trust = context(authority)
    with ThreadPoolExecutor(200) as pool, contextlib.ExitStack() as stack:
        established = [stack.enter_context(connect(server, trust)) for _ in range(4)]
        with stopped(key_manager(server)):
            waiting = [pool.submit(handshake_fails, server, trust) for _ in range(200)]
            seconds = []
            while not all(each.done() for each in waiting):
                for tls in established:
                    began = time.monotonic()
                    assert healthy(tls)
                    seconds.append(time.monotonic() - began)
            failed = [each.result() for each in waiting]
        assert None not in failed, "nobody could have signed"
        assert max(failed) < 15
        assert sorted(seconds)[int(len(seconds) * 0.99)] < 0.1
        poll(lambda: handshake_fails(server, trust) is None, 5, "handshakes work again")


def test_more_handshakes_than_may_wait_for_a_signature_take_turns(start_tls, authority):
    server = start_tls(WORKERS=1)
    trust = context(authority)
    with ThreadPoolExecutor(200) as pool:
        with stopped(key_manager(server)):
            waiting = [pool.submit(handshake_fails, server, trust) for _ in range(200)]
            time.sleep(0.8)
        assert {each.result() for each in waiting} == {None}


def test_clients_that_leave_while_their_signature_is_made(start_tls, authority):
    server = start_tls(WORKERS=1)
    workers = processes(server, "wrk")
    trust = context(authority)
    with stopped(key_manager(server)):
        leavers = []
        for _ in range(150):
            sock = socket.create_connection(("127.0.0.1", server.tls_port), 10)
            outgoing = ssl.MemoryBIO()
            tls = trust.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="localhost")
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            sock.sendall(outgoing.read())
            leavers.append(sock)
        assert server_answers(server)
        for sock in leavers:
            sock.close()
    poll(lambda: handshake_fails(server, trust) is None, 5, "handshakes work")
    assert processes(server, "wrk") == workers


def test_sigterm_finishes_the_handshakes_under_way(start_tls, authority):
    """They have connected; their requests follow."""
    server = start_tls()
    trust = context(authority)

    def whole():
        with connect(server, trust) as tls:
            tls.sendall(HEALTH)
            return tls.recv(65536)[:12]

    with ThreadPoolExecutor(8) as pool:
        with stopped(key_manager(server)):
            waiting = [pool.submit(whole) for _ in range(8)]
            poll(lambda: accepted(server) >= 8, 5, "they have connected")
            time.sleep(0.2)
            server.terminate()
            time.sleep(0.2)
        assert {each.result() for each in waiting} == {b"HTTP/1.1 200"}
    assert server.wait_ended() == 0


def accepted(server):
    """Connections of the TLS port, as the kernel has them."""
    port = f"{server.tls_port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(1 for row in rows if row[1].endswith(":" + port) and row[3] == "01")
