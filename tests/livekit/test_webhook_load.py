"""Webhooks by the thousand: seven busy rooms, mixed up, some said twice, on sixteen connections."""

import asyncio
import collections
import json
import random
import statistics
import time

import pytest
from harness.answers import ok
from harness.crowd import crowd
from harness.load import exchange
from harness.webhooks import Call, new_sid, sign

ROOMS, PEOPLE, EVENTS, CONNECTIONS = 7, 200, 6_000, 16


def busy(chance, call, people, events):
    """The webhooks of a call: people come, show something, come again from elsewhere, leave. And who is there at the
    end: {identity: the sid of their newest connection}.
    """
    bodies, here, at = [], collections.defaultdict(dict), 0
    while len(bodies) < events:
        at += chance.random()
        person = chance.choice(people).username
        connected = here[person]
        if connected and chance.random() < 0.5:
            sid = chance.choice(list(connected))
            participant = call.person(person, sid, connected.pop(sid))
            bodies.append(call.event("participant_left", participant=participant, at=int(at) + 1))
            continue
        sid, came = new_sid("PA"), int(at)
        connected[sid] = came
        participant = call.person(person, sid, came)
        participant["joinedAtMs"] = str(int((call.start + at) * 1000))
        bodies.append(call.event("participant_joined", participant=participant, at=came))
        track = {"sid": new_sid("TR"), "source": "CAMERA", "type": "VIDEO"}
        bodies.append(call.event("track_published", participant={"sid": sid, "identity": person}, track=track))
    return bodies, {person: list(sids)[-1] for person, sids in here.items() if sids}


def request(body):
    head = (
        "POST /livekit/webhook HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/webhook+json\r\n"
        f"Authorization: {sign(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(port, requests, times):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for data in requests:
        began = time.monotonic()
        status, _ = await exchange(reader, writer, data)
        times.append(time.monotonic() - began)
        assert status == "200", status
    writer.close()


async def send_all(port, requests):
    times = []
    await asyncio.gather(*(send(port, requests[at::CONNECTIONS], times) for at in range(CONNECTIONS)))
    return times


@pytest.mark.alone
def test_thousands_mixed_up(server, record_property):
    """Every room ends as if all had come once and in order; two hundred people may be in one of them."""
    chance = random.Random(5)
    people = crowd(server.database, PEOPLE)
    bodies, ends = [], {}
    for _ in range(ROOMS):
        room = ok(server.http.post("/rooms/", json={"name": "x", "max_participants": 1000}, headers=people[0].headers))
        made, ends[room["id"]] = busy(chance, Call(server, room), people, EVENTS // ROOMS + 1)
        bodies += made
    # One that is full of people who stay.
    room = ok(server.http.post("/rooms/", json={"name": "x", "max_participants": 1000}, headers=people[0].headers))
    call = Call(server, room)
    ends[room["id"]] = {person.username: new_sid("PA") for person in people}
    for name, sid in ends[room["id"]].items():
        bodies.append(call.event("participant_joined", participant=call.person(name, sid, 0)))
    bodies += chance.sample(bodies, len(bodies) // 10)
    chance.shuffle(bodies)
    requests = [request(body) for body in bodies]

    began = time.monotonic()
    times = asyncio.run(send_all(server.port, requests))
    rate = len(times) / (time.monotonic() - began)
    p99 = statistics.quantiles(times, n=100)[98]
    print(f"{len(times)} webhooks, {rate:.0f}/s, p99 {p99 * 1000:.1f} ms")
    record_property("webhooks_per_second", round(rate))
    record_property("webhook_p99_ms", round(p99 * 1000, 1))

    ids = [json.loads(body)["id"] for body in bodies]
    ((kept,),) = server.database.query("select count(*) from livekit_events where id = any(%s)", [ids])
    assert kept == len(set(ids)), "none is lost"
    for number, expected in ends.items():
        listed = ok(server.http.get(f"/rooms/{number}/participants", headers=people[0].headers))["participants"]
        assert {each["identity"]: each["sid"] for each in listed} == expected
        shown = ok(server.http.get(f"/rooms/{number}", headers=people[0].headers))
        assert shown["participants_count"] == len(expected)
