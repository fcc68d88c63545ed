"""Passwords: any Unicode in one normal form, counted in characters, none of the most common ones."""

import unicodedata

import bcrypt
import pytest
from harness.answers import errors, ok
from harness.people import login, new_name, register
from harness.poll import poll


def apart(text):
    return unicodedata.normalize("NFD", text)


def wide(text):
    """As an input method for Chinese or Japanese may leave it."""
    return "".join("\u3000" if each == " " else chr(ord(each) + 0xFEE0) for each in text)


# The same text as different keyboards and systems spell it.
SPELLINGS = {
    "composed": ("zoë kaffee ångström", apart("zoë kaffee ångström")),
    "hangul": ("한국어비밀번호", apart("한국어비밀번호")),
    "width": ("full width 123", wide("full width 123")),
    "ligature": ("official figures", "o\ufb03cial \ufb01gures"),
}


def try_register(http, password):
    name = new_name()
    return http.post("/auth/register", json={"username": name, "email": f"{name}@example.com", "password": password})


@pytest.mark.parametrize("spellings", SPELLINGS.values(), ids=SPELLINGS)
def test_one_text_is_one_password(server, spellings):
    for first, second in (spellings, spellings[::-1]):
        person = register(server.http, password=first)
        assert login(server.http, person.username, second).status_code == 200
        assert login(server.http, person.username, first + "x").status_code == 401


def test_a_change_takes_any_spelling(server):
    one, other = SPELLINGS["composed"]
    person = register(server.http, password=one)
    token = login(server.http, person.username, one).json()["access_token"]
    body = {"current_password": other, "new_password": other + "!"}
    ok(server.http.post("/auth/password", json=body, headers={"Authorization": f"Bearer {token}"}))
    assert login(server.http, person.username, one + "!").status_code == 200


@pytest.mark.parametrize("stored", [0, 1])
def test_hashes_of_the_old_service(server, stored):
    """It hashed what was typed, whatever the spelling; from then on any will do."""
    spellings = SPELLINGS["composed"]
    person = register(server.http)
    hashed = bcrypt.hashpw(spellings[stored].encode(), bcrypt.gensalt(4)).decode()
    server.database.query("update users set hashed_password = %s where username = %s", [hashed, person.username])
    assert login(server.http, person.username, spellings[stored]).status_code == 200
    assert login(server.http, person.username, spellings[1 - stored]).status_code == 200
    assert login(server.http, person.username, "zoe kaffee angstrom").status_code == 401


@pytest.mark.parametrize(
    "password", ["🦉" * 128, "e\u0301" * 128, "\U0010fffd" * 6, wide("x") * 128, " " * 6, "\u202e" * 6]
)
def test_characters_are_counted_in_the_normal_form(server, password):
    person = register(server.http, password=password)
    assert login(server.http, person.username, password).status_code == 200


@pytest.mark.parametrize(
    ("password", "kind"),
    [
        ("e\u0301" * 5, "string_too_short"),
        ("🦉" * 5, "string_too_short"),
        ("🦉" * 129, "string_too_long"),
        ("e\u0301" * 129, "string_too_long"),
        ("\ufdfa" * 8, "string_too_long"),
        ("x" * 513, "string_too_long"),
        ("a" + "\u0301" * 100000, "string_too_long"),
    ],
)
def test_too_few_and_too_many_characters(server, password, kind):
    assert errors(try_register(server.http, password)) == {("body", "password"): kind}


def test_a_long_password_at_login_is_wrong(server):
    person = register(server.http)
    for password in ("x" * 100_000, "a" + "\u0301" * 100_000):
        assert login(server.http, person.username, password).status_code == 401


def test_common_passwords(start_server, tmp_path):
    path = tmp_path / "common"
    path.write_text("123456\npassword\n\nqwertz123\nzoe\u0308zoe\u0308\n")
    server = start_server(COMMON_PASSWORDS_FILE=path)
    said = "Value error, this password is one of the most common ones"
    for password in ("password", "PassWord", "qwertz123", wide("password"), "zoëzoë"):
        answer = try_register(server.http, password)
        assert errors(answer) == {("body", "password"): "value_error"}
        assert answer.json()["detail"][0]["msg"] == said
    person = register(server.http, password="velvet engine")
    token = login(server.http, person.username, "velvet engine").json()["access_token"]
    body = {"current_password": "velvet engine", "new_password": "qwertz123"}
    answer = server.http.post("/auth/password", json=body, headers={"Authorization": f"Bearer {token}"})
    assert errors(answer) == {("body", "new_password"): "value_error"}


@pytest.mark.shipped  # sanitizers keep what was freed
def test_a_worker_keeps_the_memory_of_one_hash_until_it_rests(start_server):
    """16 MB and what pages they come in, however many were hashed; a few seconds after the last one they go back."""
    server = start_server(WORKERS=1)
    before = server.heap()
    person = register(server.http)
    for password in ("a" * 60, wide(person.password)):
        login(server.http, person.username, password)
        assert 15_000 < server.heap() - before < 21_000
    poll(lambda: server.heap() - before < 2_000, 30, "the memory goes back")
    assert login(server.http, person.username, person.password).status_code == 200
