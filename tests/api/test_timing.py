"""Whether there is such a user: not even the time that a refusal takes tells."""

import os
import random
import re
import statistics
import time

import bcrypt
import pytest
from harness.crowd import crowd
from harness.people import new_name, register
from harness.raw import Raw
from harness.secret import new_password
from harness.server import ROOT

# The whole size takes minutes of a quiet machine: PARLEY_TIMING=400.
TRIES = int(os.environ.get("PARLEY_TIMING", 12))


def request(username, password):
    body = f"username={username}&password={password}".encode()
    head = "POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def z_of(first, second):
    """How far two samples are from being alike, by Mann and Whitney: 0 is alike, beyond 4 is no chance."""
    both = sorted([(value, 0) for value in first] + [(value, 1) for value in second])
    n, m = len(first), len(second)
    ranks = sum(place for place, (_, which) in enumerate(both, 1) if which == 0)
    return (ranks - n * (n + 1) / 2 - n * m / 2) / (n * m * (n + m + 1) / 12) ** 0.5


def test_samples_are_compared():
    """One that is alike, one that is off by less than it varies, one that has nothing in common."""
    chance = random.Random(1)
    some = [chance.gauss(100, 10) for _ in range(400)]
    assert abs(z_of(some, [chance.gauss(100, 10) for _ in range(400)])) < 3
    assert abs(z_of(some, [chance.gauss(105, 10) for _ in range(400)])) > 5
    assert abs(z_of(range(20), range(20, 40))) > 5


def times_of(server, tries, **kinds):
    """How long wrong passwords for somebody of each kind took, in turns that nothing can be in step with."""
    found = {kind: [] for kind in kinds}
    with Raw("127.0.0.1", server.port) as client:
        for _ in range(tries):
            for kind in random.sample(list(kinds), len(kinds)):
                data = request(kinds[kind](), new_password())
                began = time.perf_counter()
                client.send(data)
                assert client.response().status == 401
                found[kind].append(time.perf_counter() - began)
    return found


def assert_alike(found, limit=4):
    medians = {kind: f"{statistics.median(values) * 1000:.2f} ms" for kind, values in found.items()}
    z = z_of(*found.values())
    print(f"{medians}, z {z:.2f}")
    assert abs(z) < limit, (medians, z)


def adopt(database, people, cost):
    """As the service before would have hashed what they have for a password."""
    hashed = bcrypt.hashpw(new_password().encode(), bcrypt.gensalt(cost)).decode()
    names = [person.username for person in people]
    database.query("update users set hashed_password = %s where username = any(%s)", [hashed, names])


@pytest.mark.alone
@pytest.mark.timeout(600)
@pytest.mark.parametrize("cost", ["ours", 4, 12] if TRIES > 100 else ["ours", 4])
def test_who_exists_is_not_told_by_the_time(start_server, database, cost):
    """Few tries, as dear as they are; then many with hashes that cost next to nothing: the rest must be alike, too."""
    server = start_server()
    people = crowd(database, 10)
    if cost == "ours":
        database.query("update users set hashed_password = %s", [stored(server, database)])
    else:
        adopt(database, people, cost)
    kinds = {"known": lambda: random.choice(people).username, "nobody": new_name}
    assert_alike(times_of(server, TRIES if cost != 4 else 10 * TRIES, **kinds))


def stored(server, database):
    person = register(server.http)
    ((found,),) = database.query("delete from users where username = %s returning hashed_password", [person.username])
    return found


def test_nobody_is_compared_as_people_are(database):
    """As many names without a user as there are users are taken for those of the service before; and stay so."""
    text = (ROOT / "sql/statements/user_login.sql").read_text().replace("%", "%%")
    text = re.sub(r"\$([12])(?!_)", r"%(p\1)s", re.sub(r"^--.*$", "", text, flags=re.M))
    adopt(database, crowd(database, 300), 4)

    def taken(numbers):
        found = {}
        with database.connect() as connection:
            for number in numbers:
                row = connection.execute(text, {"p1": "nobody", "p2": number}).fetchone()
                assert row[1] is None
                assert row[4] is None or re.fullmatch(r"\$2b\$04\$\.{53}", row[4])
                found[number] = row[4] is not None
        return found

    numbers = [random.randrange(2**63) for _ in range(300)]
    assert set(taken(numbers).values()) == {True}
    crowd(database, 700)
    before = taken(numbers)
    assert 0.2 < sum(before.values()) / len(numbers) < 0.4
    crowd(database, 20)
    assert sum(before[number] != now for number, now in taken(numbers).items()) < 10
    database.query("delete from users")
    assert set(taken(numbers[:10]).values()) == {False}
