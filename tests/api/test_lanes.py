"""Statements on their way: the connection to PostgreSQL is cut, held and choked at every point of the protocol."""

import concurrent.futures
import itertools
import json
import threading
import time

import pytest
from harness.crowd import crowd, lines
from harness.people import make_token, relative
from harness.poll import poll
from harness.proxy import Proxy
from harness.server import ROOT, Server

# BindComplete, RowDescription, DataRow, CommandComplete, ReadyForQuery.
MESSAGES = 5
POINTS = ["unsent", "unsynced", "flushed", 0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, MESSAGES]
NUMBER = itertools.count(1)


@pytest.fixture(scope="module")
def proxy(cluster):
    with Proxy(cluster) as made:
        yield made


@pytest.fixture(scope="module")
def lane(cluster, template, proxy, tmp_path_factory):
    """A server with one connection to its database, through the proxy; and people."""
    yield from serving(cluster, template, proxy, tmp_path_factory, 1)


@pytest.fixture(scope="module")
def lanes(cluster, template, proxy, tmp_path_factory):
    """The same with two: one for what may take long."""
    yield from serving(cluster, template, proxy, tmp_path_factory, 2)


def serving(cluster, template, proxy, factory, count):
    database = cluster.create(template.name)
    server = Server(
        factory.mktemp("lanes"), proxy.url(database), WORKERS=1, DATABASE_CONNECTIONS=count, RECONCILE_SECONDS=3600
    )
    server.database = database
    server.people = crowd(database, 4)
    server.start()
    poll(lambda: server.http.get("/ready").status_code == 200, 10, "the database is reached")
    yield server
    server.stop()
    cluster.drop(database)


def ask(server, data, timeout=20.0):
    with server.connect(timeout=timeout) as client:
        client.send(data)
        return client.response()


def up(server):
    """The connection is back."""
    poll(lambda: server.http.get("/ready").status_code == 200, 10, "the database is reached again")


def me(person):
    return lines("GET", "/auth/me", person.token)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(("statement", "path"), [("user_me", "/auth/me"), ("room_list", "/rooms/")])
def test_reads_are_run_again(lane, proxy, statement, path, point):
    up(lane)
    rule = proxy.arm(statement, point)
    assert ask(lane, lines("GET", path, lane.people[0].token)).status == 200
    assert rule.used.wait(10)


@pytest.mark.parametrize("point", POINTS)
def test_writes_tell_the_truth(lane, proxy, point):
    """200: it is there, once. 503: it may be there, once; and it is not where it was never committed."""
    up(lane)
    name = f"room {next(NUMBER)}"
    rule = proxy.arm("room_create", point)
    answer = ask(lane, lines("POST", "/rooms/", lane.people[0].token, {"name": name}))
    assert rule.used.wait(10)
    up(lane)
    ((count,),) = lane.database.query("select count(*) from rooms where name = %s", [name])
    assert answer.status in (200, 503)
    if answer.status == 200:
        assert count == 1
    else:
        assert b"may or may not" in answer.body
        assert count <= 1
    if point in ("unsent", "unsynced", "flushed"):
        assert (answer.status, count) == (503, 0)
    if point == MESSAGES:
        assert answer.status == 200


def test_cut_again_and_again_nothing_is_doubled_or_lost(lanes, proxy):
    up(lanes)
    told = {}
    stop = threading.Event()

    def create(person):
        while not stop.is_set():
            name = f"room {next(NUMBER)}"
            told[name] = ask(lanes, lines("POST", "/rooms/", person.token, {"name": name})).status
            answer = ask(lanes, me(person))
            assert answer.status in (200, 503)
            assert answer.status == 503 or f'"{person.username}"'.encode() in answer.body

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(create, person) for person in lanes.people]
        for _ in range(12):
            time.sleep(0.1)
            proxy.cut()
        stop.set()
        for run in runs:
            run.result()
    up(lanes)
    there = dict(lanes.database.query("select name, count(*) from rooms where name = any(%s) group by 1", [list(told)]))
    assert set(told.values()) <= {200, 503}
    assert 200 in told.values()
    assert max(there.values()) == 1
    assert {name for name, status in told.items() if status == 200} <= set(there)


def test_what_ends_connections_is_not_run_for_ever(lane, proxy):
    up(lane)
    stop = threading.Event()

    def keep_cutting():
        while not stop.is_set():
            if proxy.rule is None:
                proxy.arm("user_get", "unsent")
            time.sleep(0.001)

    cutter = threading.Thread(target=keep_cutting)
    cutter.start()
    try:
        person = lane.people[0]
        answer = ask(lane, lines("GET", f"/users/{person.user['id']}", person.token))
        assert answer.status == 503
    finally:
        stop.set()
        cutter.join()
        proxy.rule = None
    up(lane)


def test_slow_statements_ride_apart(lanes, proxy):
    up(lanes)
    rule = proxy.arm("room_list", hold=1.5)
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, lanes, lines("GET", "/rooms/", lanes.people[0].token))
        poll(lambda: proxy.rule is None, 5, "the list is asked for")
        answered = 0
        while not slow.done():
            assert ask(lanes, me(lanes.people[1])).status == 200
            answered += not rule.used.is_set()
        assert slow.result().status == 200
    assert answered > 5


def test_answers_of_those_who_left_are_nobody_elses(lane, proxy):
    up(lane)
    for _ in range(3):
        rule = proxy.arm("user_me", hold=0.3)
        gone = [lane.connect() for _ in range(8)]
        for client in gone:
            client.send(me(lane.people[0]))
        poll(lambda: proxy.rule is None, 5, "the statement is on its way")
        for client in gone:
            client.close()
        for person in lane.people[1:]:
            answer = ask(lane, me(person))
            assert answer.status == 200
            assert f'"{person.username}"'.encode() in answer.body
        assert rule.used.wait(5)


def waiting(lane, proxy, requests):
    """Sends all of them while the lane is busy, so that they wait together; a client for each."""
    busy = lane.people[0]
    proxy.arm("user_get", hold=0.5)
    holder = lane.connect()
    holder.send(lines("GET", f"/users/{busy.user['id']}", busy.token))
    poll(lambda: proxy.rule is None, 5, "the lane is busy")
    clients = [lane.connect() for _ in requests]
    for client, data in zip(clients, requests, strict=True):
        client.send(data)
    return holder, clients


def room_of(lane, person, **more):
    answer = ask(lane, lines("POST", "/rooms/", person.token, {"name": f"room {next(NUMBER)}", **more}))
    return json.loads(answer.body)


@pytest.mark.parametrize("point", [None, *POINTS])
def test_many_are_asked_for_together(lane, proxy, point):
    """Each gets its own answer, also where the connection is cut and where somebody has left."""
    up(lane)
    room = room_of(lane, lane.people[0])
    expected = []
    for person in lane.people * 3:
        expected.append((lines("GET", "/auth/me", person.token), 200, f'"{person.username}"'))
        expected.append((lines("GET", f"/rooms/{room['id']}", person.token), 200, f'"{room["name"]}"'))
        expected.append((lines("GET", "/rooms/2147483647", person.token), 404, "Room not found"))
    expected.append((lines("GET", "/auth/me", make_token({"sub": "nobody", "exp": relative(60)})), 401, "credentials"))
    holder, clients = waiting(lane, proxy, [data for data, _, _ in expected])
    rule = proxy.arm("user_me_many", hold=0.1) if point is None else proxy.arm("user_me_many", point)
    for client in clients[:3]:
        client.close()
    for client, (_, status, text) in list(zip(clients, expected, strict=True))[3:]:
        answer = client.response()
        assert answer.status == status
        assert text.encode() in answer.body
        client.close()
    assert holder.response().status == 200
    holder.close()
    assert rule.used.wait(5), "they were asked for together"


@pytest.mark.parametrize("point", [None, *POINTS])
def test_what_all_are_given_is_asked_for_once(lane, proxy, point):
    """By the first; whoever may not ask gets none of it, and who asks for another page another."""
    up(lane)
    rooms = [room_of(lane, lane.people[0]) for _ in range(2)]
    for room, person in zip(rooms, lane.people, strict=False):
        assert ask(lane, lines("POST", f"/rooms/{room['id']}/join", person.token)).status == 200
    paths = ["/rooms/", "/rooms/?limit=1", *(f"/rooms/{room['id']}/participants" for room in rooms)]
    answers = {path: ask(lane, lines("GET", path, lane.people[0].token)) for path in paths}
    assert len({answer.body for answer in answers.values()}) == len(paths)
    expected = [(lines("GET", path, person.token), path) for path in paths for person in lane.people]
    nobody = make_token({"sub": "nobody", "exp": relative(60)})
    holder, clients = waiting(lane, proxy, [data for data, _ in expected])
    strangers = [lane.connect() for _ in paths]
    for stranger, path in zip(strangers, paths, strict=True):
        stranger.send(lines("GET", path, nobody))
    proxy.asked.clear()
    rule = proxy.arm("room_list", hold=0.1) if point is None else proxy.arm("room_list", point)
    for client in clients[:3]:
        client.close()
    for client, (_, path) in list(zip(clients, expected, strict=True))[3:]:
        answer = client.response()
        assert answer.status == 200
        assert answer.body == answers[path].body
        assert answer.get("link") == answers[path].get("link")
        client.close()
    for stranger in strangers:
        answer = stranger.response()
        assert answer.status == 401
        assert b"detail" in answer.body
        stranger.close()
    assert holder.response().status == 200
    holder.close()
    assert rule.used.wait(5)
    if point is None:
        assert (proxy.asked["room_list"], proxy.asked["room_participants"]) == (2, 2)


def test_nobody_is_given_what_was_asked_for_before_they_asked(lane, proxy):
    """It may have changed since, by themselves: only those who wait are asked for together."""
    up(lane)
    proxy.asked.clear()
    rule = proxy.arm("room_list", hold=0.3)
    requests = [lines("GET", "/rooms/?limit=1000", person.token) for person in lane.people]
    with lane.connect() as early, lane.connect() as late:
        early.send(requests[0])
        poll(lambda: proxy.rule is None, 5, "the list is on its way")
        late.send(requests[1])
        assert early.response().status == 200
        assert late.response().status == 200
    assert rule.used.wait(5)
    assert proxy.asked["room_list"] == 2


def seats(server, *rooms):
    """{(user, room): rows}"""
    rows = server.database.query(
        "select user_id, room_id, count(*) from room_participants where room_id = any(%s) group by 1, 2",
        [[room["id"] for room in rooms]],
    )
    return {(user, room): count for user, room, count in rows}


@pytest.mark.parametrize("point", [None, *POINTS])
def test_many_are_written_together(lane, proxy, point):
    """Each is told its own, and the truth: 200: it is there, once. 503: it may be there, once."""
    up(lane)
    open_room, single = (room_of(lane, lane.people[0], **more) for more in ({}, {"max_participants": 1}))
    asked = [(person, room) for person in lane.people for room in (open_room, single)]
    requests = [lines("POST", f"/rooms/{room['id']}/join", person.token) for person, room in asked]
    requests += [lines("POST", "/rooms/2147483647/join", person.token) for person in lane.people]
    holder, clients = waiting(lane, proxy, requests)
    rule = proxy.arm("room_join_many", hold=0.1) if point is None else proxy.arm("room_join_many", point)
    answers = [client.response() for client in clients]
    assert holder.response().status == 200
    for client in (holder, *clients):
        client.close()
    assert rule.used.wait(5), "they were written together"
    up(lane)
    there = seats(lane, open_room, single)
    assert set(there.values()) <= {1}
    assert sum(room == single["id"] for _, room in there) <= 1
    told = [answer.status for answer in answers]
    for (person, room), answer in zip(asked, answers, strict=False):
        assert answer.status in ((200, 409, 503) if room is single else (200, 503))
        if answer.status == 200:
            assert (person.user["id"], room["id"]) in there
        elif answer.status == 503:
            assert b"may or may not" in answer.body
    if point in ("unsent", "unsynced", "flushed"):
        assert not there
        assert set(told) == {503}
    elif point is None:
        assert sorted(told) == [200] * 5 + [404] * 4 + [409] * 3


@pytest.mark.parametrize(
    ("trigger", "when"),
    [("trigger", ""), ("constraint trigger", "initially deferred")],
    ids=["as it runs", "at its commit"],
)
def test_a_write_that_fails_is_alone_with_it(lane, proxy, trigger, when):
    """The others of its batch are written, once; what it did itself is not. Also where only the sync tells of it."""
    up(lane)
    person = lane.people[1]
    rooms = [room_of(lane, lane.people[0]) for _ in range(6)]
    bad = rooms[3]["id"]
    lane.database.query(
        "create function fault() returns trigger language plpgsql as $$ begin "
        f"if new.room_id = {bad} then raise exception 'a fault'; end if; return new; end $$; "
        f"create {trigger} fault after insert on room_participants {when} for each row execute function fault()"
    )
    try:
        requests = [lines("POST", f"/rooms/{room['id']}/join", person.token) for room in rooms]
        holder, clients = waiting(lane, proxy, requests)
        proxy.asked.clear()
        rule = proxy.arm("room_join_many", hold=0.1)
        answers = [client.response() for client in clients]
        assert [answer.status for answer in answers] == [500 if room["id"] == bad else 200 for room in rooms]
        assert rule.used.wait(5), "they were written together"
        assert (proxy.asked["room_join_many"], proxy.asked["room_join"]) == (1, len(rooms))
        for client in (holder, *clients):
            client.close()
    finally:
        proxy.rule = None
        lane.database.query("drop function fault cascade")
    assert seats(lane, *rooms) == {(person.user["id"], room["id"]): 1 for room in rooms if room["id"] != bad}


def test_one_that_fails_is_alone_with_it(lane, proxy):
    """What the database refuses to one of many is refused to that one."""
    up(lane)
    rooms = [room_of(lane, lane.people[0]) for _ in range(6)]
    bad = rooms[3]["id"]
    lane.database.query(
        "create or replace function room_by_ref(ref text) returns setof rooms language plpgsql stable as $$ begin "
        f"if ref = '{bad}' then raise exception 'a fault'; end if; "
        "return query select r.* from rooms r where r.id = ref::integer; end $$"
    )
    try:
        paths = [f"/rooms/{room['id']}" for room in rooms]
        holder, clients = waiting(lane, proxy, [lines("GET", path, lane.people[1].token) for path in paths])
        rule = proxy.arm("room_get_many", hold=0.1)
        answers = [client.response() for client in clients]
        assert [answer.status for answer in answers] == [500 if room["id"] == bad else 200 for room in rooms]
        assert rule.used.wait(5), "they were asked for together"
        for client in (holder, *clients):
            client.close()
    finally:
        proxy.rule = None
        lane.database.query((ROOT / "sql/functions/room_by_ref.sql").read_text())


def test_what_does_not_fit_the_socket_is_sent_later(lane, proxy):
    """PostgreSQL does not read for a while: what libpq keeps has to be sent when there is room again."""
    up(lane)
    body = {"name": f"large {next(NUMBER)}", "description": "\U0001f3b5" * 10_000}
    data = lines("POST", "/rooms/", lane.people[0].token, body)
    clients = [lane.connect(timeout=30) for _ in range(150)]
    try:
        proxy.paused.set()
        for client in clients:
            client.send(data)
        time.sleep(0.5)
        proxy.paused.clear()
        assert {client.response().status for client in clients} == {200}
    finally:
        proxy.paused.clear()
        for client in clients:
            client.close()
    ((count,),) = lane.database.query("select count(*) from rooms where name = %s", [body["name"]])
    assert count == 150
