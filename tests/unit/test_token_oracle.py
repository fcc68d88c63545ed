"""PyJWT reads the access tokens that we make, and we read those that PyJWT makes, as the old service did."""

import hmac
import subprocess
import time

import jwt
import pytest
from test_units import FLAGS, ROOT, first_lines

SECRET = "a secret of the test's own, zoë, and long enough for HS512 too: RFC 7518"
ALGORITHMS = ["HS256", "HS384", "HS512"]
NAMES = ["testuser", "zoë ☃ 🦉", 'quote"back\\slash/', "x" * 255, "a b", "<script>", "%00", "null"]
NOW = int(time.time())


@pytest.fixture(scope="module")
def token_cli(tmp_path_factory):
    source = ROOT / "tests/unit/token_cli.c"
    binary = tmp_path_factory.mktemp("token") / "token_cli"
    files = [source, *first_lines(source, "sources")]
    subprocess.run(["cc", *FLAGS, "-o", binary, *files, *first_lines(source, "libraries")], cwd=ROOT, check=True)

    def run(*words):
        words = [str(word) for word in words]
        done = subprocess.run([binary, *words], capture_output=True, text=True, timeout=30)
        assert done.stderr == ""
        return done.returncode, done.stdout.split("\n")

    return run


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", NAMES)
def test_pyjwt_reads_ours(token_cli, algorithm, name):
    status, (token, _) = token_cli("issue", algorithm, SECRET, NOW, 1800, name, "7f9c")
    assert status == 0
    key_id = hmac.new(SECRET.encode(), b"parley key id", "sha256").hexdigest()[:8]
    assert jwt.get_unverified_header(token) == {"alg": algorithm, "kid": key_id, "typ": "JWT"}
    claims = jwt.decode(token, SECRET, algorithms=[algorithm])
    assert claims == {"sub": name, "iat": NOW, "exp": NOW + 1800, "sid": "7f9c"}
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(token, SECRET + "x", algorithms=[algorithm])


def test_without_session(token_cli):
    token = token_cli("issue", "HS256", SECRET, NOW, 1800, "testuser")[1][0]
    assert jwt.decode(token, SECRET, algorithms=["HS256"]) == {"sub": "testuser", "iat": NOW, "exp": NOW + 1800}


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("name", NAMES)
def test_ours_reads_pyjwt(token_cli, algorithm, name):
    token = jwt.encode({"sub": name, "exp": NOW + 1800}, SECRET, algorithm=algorithm)
    assert token_cli("verify", algorithm, SECRET, NOW, token) == (0, ["ok", name, "", str(NOW + 1800), ""])
    for other in ALGORITHMS:
        assert (token_cli("verify", other, SECRET, NOW, token)[0] == 0) == (other == algorithm)
    assert token_cli("verify", algorithm, SECRET + "x", NOW, token)[1][0] == "invalid"


CLAIMS = {
    "session": ({"sid": "7f9c", "iat": NOW}, "ok"),
    "float": ({"exp": NOW + 0.25}, "ok"),
    "last second": ({"exp": NOW + 1}, "ok"),
    "now": ({"exp": NOW}, "expired"),
    "past": ({"exp": NOW - 3600}, "expired"),
    "no exp": ({"exp": None}, "invalid"),
    "no sub": ({"sub": None}, "invalid"),
    "not yet": ({"nbf": NOW + 1}, "invalid"),
    "already": ({"nbf": NOW}, "ok"),
    "audience": ({"aud": "someone"}, "invalid"),
    "LiveKit": ({"video": {"roomJoin": True}, "iss": "devkey"}, "invalid"),
}


@pytest.mark.parametrize("case", CLAIMS)
def test_claims(token_cli, case):
    changes, verdict = CLAIMS[case]
    claims = {"sub": "testuser", "exp": NOW + 1800} | changes
    claims = {name: value for name, value in claims.items() if value is not None}
    token = jwt.encode(claims, SECRET, algorithm="HS256")
    assert token_cli("verify", "HS256", SECRET, NOW, token)[1][0] == verdict


def test_unsigned(token_cli):
    token = jwt.encode({"sub": "testuser", "exp": NOW + 1800}, None, algorithm="none")
    assert token_cli("verify", "HS256", SECRET, NOW, token)[1][0] == "invalid"
    head, body, _ = token.split(".")
    signature = jwt.encode({}, SECRET, algorithm="HS256").split(".")[2]
    assert token_cli("verify", "HS256", SECRET, NOW, f"{head}.{body}.{signature}")[1][0] == "invalid"
