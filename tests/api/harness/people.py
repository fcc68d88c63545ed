"""Accounts for tests: names nobody else has, and the calls that make and use them."""

import base64
import hashlib
import hmac
import itertools
import json
import secrets
import time

from harness.secret import new_password, secret
from harness.server import SECRET_KEY

COUNT = itertools.count(1)
RUN = secrets.token_hex(3)


def new_name(prefix="user"):
    """A username no other test uses."""
    return f"{prefix}{next(COUNT)}_{RUN}"


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


class Person:
    """A registered user and what is needed to act as them."""

    def __init__(self, username, email, password, user=None):
        self.username = username
        self.email = email
        self.password = password
        self.user = user
        self.token = None
        self.refresh_token = None

    @property
    def headers(self):
        return bearer(self.token)


def register(http, username=None, password=None, **more):
    """Registers somebody new; returns the Person."""
    username = username or new_name()
    password = secret(password or new_password())
    body = {"username": username, "email": f"{username}@example.com", "password": password, **more}
    answer = http.post("/auth/register", json=body)
    assert answer.status_code == 200, answer.text
    return Person(username, body["email"], password, answer.json())


def login(http, username, password):
    """The form of the OAuth2 password flow; returns the response."""
    answer = http.post("/auth/login", data={"username": username, "password": password})
    if answer.status_code == 200:
        for name in ("access_token", "refresh_token"):
            secret(answer.json().get(name) or "")
    return answer


def newcomer(http, **more):
    """Somebody registered and logged in."""
    person = register(http, **more)
    answer = login(http, person.username, person.password)
    assert answer.status_code == 200, answer.text
    person.token, person.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
    return person


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def make_token(claims, key=SECRET_KEY, algorithm="HS256", header=None):
    """A JWT made without any library of the server's, whatever is asked for."""
    header = {"alg": algorithm, "typ": "JWT"} if header is None else header
    signed = f"{b64url(json.dumps(header).encode())}.{b64url(json.dumps(claims).encode())}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}.get(algorithm)
    signature = hmac.new(key.encode(), signed.encode(), digest).digest() if digest else b""
    return secret(f"{signed}.{b64url(signature)}")


def relative(seconds):
    """A NumericDate that many seconds from now."""
    return int(time.time()) + seconds
