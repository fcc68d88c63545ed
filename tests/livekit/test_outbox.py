"""What was decided is carried out in LiveKit, and what was not heard is asked for.

The RoomService is a stand-in here: the real one cannot be told to refuse, to hang or to die on the spot.
"""

import subprocess
import time

import pytest
from harness.answers import ok
from harness.certificate import self_signed
from harness.cluster import Database
from harness.crowd import crowd
from harness.poll import poll
from harness.server import binary
from harness.sfu import Sfu
from harness.webhooks import Call, new_sid

SILENT = 3600


@pytest.fixture
def sfu():
    made = Sfu()
    yield made.start()
    made.stop()


@pytest.fixture
def start(start_server, sfu, database):
    """start(NAME=value, ...): a server whose LiveKit is the stand-in, on tables that hold nothing of other tests."""
    assert isinstance(database, Database)
    database.query("truncate outbox, visits, calls, tracks, room_participants, livekit_events")
    database.query("update livekit_state set reconciled_at = '-infinity'")

    def run(**settings):
        return start_server(**{"LIVEKIT_API_URL": sfu.url, "RECONCILE_SECONDS": SILENT, **settings})

    return run


class Scene:
    """A server, and a room of ann's in which bob may be."""

    def __init__(self, server):
        self.server = server
        self.ann, self.bob = crowd(server.database, 2)
        self.room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=self.ann.headers))
        self.name = self.room["room_id"]
        self.call = Call(server, self.room)

    def act(self, person, method, path="", **more):
        return self.server.http.request(method, f"/rooms/{self.room['id']}{path}", headers=person.headers, **more)

    def who(self):
        listed = ok(self.act(self.ann, "GET", "/participants"))["participants"]
        assert ok(self.act(self.ann, "GET"))["participants_count"] == len(listed)
        return {each["identity"]: each["sid"] for each in listed}

    def outbox(self):
        return self.server.database.query("select action, attempts, last_error from outbox order by id")

    def repairs(self):
        """Kinds of repair that the log has."""
        return [line for line in self.server.log_text().splitlines() if '"repair"' in line]


@pytest.fixture
def scene(start):
    return Scene(start())


def done(scene):
    poll(lambda: scene.outbox() == [], 10, "the outbox is empty")


# --- errands ---


def test_delete_ends_the_call(scene, sfu):
    sfu.put(scene.name, "someone", "PA_1")
    ok(scene.act(scene.ann, "DELETE"))
    done(scene)
    assert scene.name not in sfu.rooms
    (called,) = sfu.calls("DeleteRoom")
    assert called.body == {"room": scene.name}
    assert set(called.claims["video"]) <= {"roomCreate", "room"}
    assert called.claims["video"]["roomCreate"] is True


def test_removing(scene, sfu):
    ok(scene.act(scene.bob, "POST", "/join"))
    sid = scene.call.joined(scene.bob.username)
    sfu.put(scene.name, scene.bob.username, sid)
    before = int(time.time())
    ok(scene.act(scene.ann, "DELETE", f"/participants/{scene.bob.username}"))
    done(scene)
    assert sfu.rooms[scene.name] == {}
    (called,) = sfu.calls("RemoveParticipant")
    assert {name: called.body[name] for name in ("room", "identity")} == {
        "room": scene.name,
        "identity": scene.bob.username,
    }
    # Tokens of before are not good any more, those of after are: nbf lies ten seconds back.
    assert before - 11 <= int(called.body["revokeTokenTs"]) <= time.time() - 10
    assert called.claims["video"] == {"roomAdmin": True, "room": scene.name}


def test_tokens_of_calls_are_small_and_short(scene, sfu):
    ok(scene.act(scene.ann, "DELETE"))
    done(scene)
    poll(lambda: sfu.calls("ListRooms"), 10, "a round of the reconciler")
    for called in sfu.called:
        claims = called.claims
        assert claims["iss"] == "devkey"
        assert claims["exp"] - claims["nbf"] <= 120
        assert "sha256" not in claims
        assert len({"roomAdmin", "roomCreate", "roomList"} & set(claims["video"])) == 1
        assert "roomJoin" not in claims["video"]
    assert sfu.calls("ListRooms")[0].claims["video"] == {"roomList": True}


def test_join_makes_no_call(scene, sfu):
    ok(scene.act(scene.bob, "POST", "/join"))
    time.sleep(0.7)
    assert {called.method for called in sfu.called} <= {"ListRooms", "ListParticipants"}, "the reconciler's"


@pytest.mark.alone
def test_intruder_is_sent_out_within_a_second(scene, sfu):
    ok(scene.act(scene.bob, "POST", "/join"))
    ok(scene.act(scene.bob, "POST", "/leave"))
    done(scene)
    sid = scene.call.joined(scene.bob.username)
    sfu.put(scene.name, scene.bob.username, sid)
    sfu.called.clear()
    scene.call.joined(scene.bob.username, at=1)
    poll(lambda: sfu.rooms[scene.name] == {}, 1.5, "bob is out")


def test_gone_is_done(scene, sfu):
    ok(scene.act(scene.ann, "DELETE"))
    done(scene)
    assert [called.status for called in sfu.calls("DeleteRoom")] == [404]


def test_refusals_are_tried_again(scene, sfu):
    """With longer and longer waits; LiveKit's 401 repeats our token, which the log does not."""
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    sfu.put(scene.name, "someone", "PA_1")
    statuses = [401, 429, 503]
    sfu.refusing["DeleteRoom"] = (statuses[0], {"code": "internal", "msg": "no"})
    ok(scene.act(scene.ann, "DELETE"))
    for count, status in enumerate(statuses, 1):
        sfu.refusing["DeleteRoom"] = (status, {"code": "internal", "msg": "no"})
        poll(lambda count=count: len(sfu.calls("DeleteRoom")) >= count, 20, "an attempt")
    ((action, attempts, error),) = scene.outbox()
    assert (action, error) == ("delete_room", "refused")
    assert attempts >= 2
    assert [called.status for called in sfu.calls("DeleteRoom")] == statuses
    times = [called.at for called in sfu.calls("DeleteRoom")]
    assert 0.8 < times[1] - times[0] < 5
    assert 1.7 < times[2] - times[1] < 7
    sfu.refusing.clear()
    done(scene)
    assert scene.name not in sfu.rooms
    assert "eyJ" not in scene.server.log_text()


def test_livekit_away(scene, sfu):
    """The answer does not wait; the call ends when LiveKit is back."""
    sfu.put(scene.name, "someone", "PA_1")
    sfu.stop()
    began = time.monotonic()
    ok(scene.act(scene.ann, "DELETE"))
    assert time.monotonic() - began < 2
    poll(lambda: scene.outbox()[0][2] == "not reachable", 5, "an attempt")
    time.sleep(3)
    sfu.start()
    poll(lambda: scene.name not in sfu.rooms, 6, "the call is ended")
    done(scene)


@pytest.mark.timeout(90)
def test_livekit_hangs(scene, sfu):
    """Five seconds and no more; meanwhile everything else is answered."""
    sfu.put(scene.name, "someone", "PA_1")
    sfu.hanging = True
    ok(scene.act(scene.ann, "DELETE"))
    poll(lambda: sfu.calls("DeleteRoom"), 10, "the call")
    for _ in range(20):
        began = time.monotonic()
        ok(scene.server.http.get("/health"))
        assert scene.act(scene.ann, "GET").status_code == 200
        assert time.monotonic() - began < 2
    poll(lambda: scene.outbox()[0][2] == "no answer in time", 8, "it was given up")
    sfu.hanging = False
    sfu.released.set()
    poll(lambda: scene.name not in sfu.rooms, 12, "the call is ended")
    done(scene)


def test_connections_are_kept(start, sfu):
    """One a worker, or a few: not one a call."""
    scene = Scene(start(WORKERS=1))
    for _ in range(12):
        sid = scene.call.joined(scene.bob.username)
        sfu.put(scene.name, scene.bob.username, sid)
        ok(scene.act(scene.ann, "DELETE", f"/participants/{scene.bob.username}"))
        done(scene)
        ok(scene.act(scene.bob, "POST", "/join"))
    assert len(sfu.calls("RemoveParticipant")) >= 12
    assert len(sfu.connections) <= 4


def test_kept_connection_closed_in_the_moment_of_its_use(start, sfu):
    """Said again on a new one, at once."""
    scene = Scene(start(WORKERS=1))
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    sfu.put(scene.name, "someone", "PA_1")
    sfu.closing = True
    ok(scene.act(scene.ann, "DELETE"))
    done(scene)
    assert not sfu.closing, "a connection was used again"
    assert "not reachable" not in scene.server.log_text()
    assert sfu.calls("DeleteRoom")[0].body == {"room": scene.name}


@pytest.mark.parametrize(
    "answer",
    ["404 page not found", {"code": "bad_route", "msg": "no handler for path"}, {"code": 404}],
    ids=str,
)
def test_404_of_something_else_is_no_effect(scene, sfu, answer):
    """A proxy's, or LiveKit's own to a wrong path: it does not mean that the room is gone."""
    sfu.put(scene.name, "someone", "PA_1")
    sfu.refusing["DeleteRoom"] = (404, answer)
    ok(scene.act(scene.ann, "DELETE"))
    poll(lambda: len(sfu.calls("DeleteRoom")) >= 2, 10, "two attempts")
    assert scene.outbox()[0][2] == "refused"
    sfu.refusing.clear()
    done(scene)
    assert scene.name not in sfu.rooms


@pytest.mark.parametrize("status", [302, 307])
def test_redirects_are_not_followed(scene, sfu, status):
    """Our token is LiveKit's alone."""
    sfu.put(scene.name, "someone", "PA_1")
    sfu.redirect = "/elsewhere/twirp/livekit.RoomService/DeleteRoom"
    sfu.refusing["DeleteRoom"] = (status, {})
    ok(scene.act(scene.ann, "DELETE"))
    poll(lambda: scene.outbox()[0][2] == "refused", 10, "an attempt")
    assert {called.method for called in sfu.called} <= {"ListRooms", "ListParticipants", "DeleteRoom"}


def test_environment_names_no_proxy(start, sfu):
    scene = Scene(start(http_proxy="http://127.0.0.1:9", ALL_PROXY="http://127.0.0.1:9"))
    ok(scene.act(scene.ann, "DELETE"))
    done(scene)


def test_certificate_is_checked(start, sfu, tmp_path):
    """Nobody but LiveKit gets our tokens: a certificate that nobody vouches for is refused."""
    sfu.stop()
    sfu.tls = self_signed(tmp_path)
    sfu.start()
    scene = Scene(start(LIVEKIT_API_URL=f"https://localhost:{sfu.port}"))
    ok(scene.act(scene.ann, "DELETE"))
    poll(lambda: scene.outbox()[0][2] == "not reachable", 10, "an attempt")
    assert sfu.called == []
    assert "certificate" in scene.server.log_text()


def test_answer_without_end_is_cut(start, sfu):
    """It fills no memory and holds up no other room."""
    scene = Scene(start(RECONCILE_SECONDS=1))
    other = Scene(scene.server)
    sfu.put(scene.name, scene.bob.username, "PA_" + "x" * 20_000_000)
    sfu.put(other.name, other.bob.username, "PA_there")
    poll(lambda: other.who() == {other.bob.username: "PA_there"}, 10, "the other room")
    poll(lambda: "ListParticipants: refused" in scene.server.log_text(), 10, "the room that is too large")
    assert scene.who() == {}


SLOW_NAMES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>

int
getaddrinfo(const char *host, const char *port, const struct addrinfo *hints, struct addrinfo **list)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	if (host != NULL && strcmp(host, "slow.invalid") == 0) {
		poll(NULL, 0, 8000);
		return (EAI_AGAIN);
	}
	real = (__typeof__(real))dlsym(RTLD_NEXT, "getaddrinfo");
	return (real(host, port, hints, list));
}
"""


@pytest.mark.skipif("instrumented" in str(binary()), reason="a sanitizer wants to be the first library")
def test_name_that_takes_long_to_look_up(start, sfu, tmp_path):
    """A name server that does not answer holds up one call, and no worker: neither meanwhile nor at the end."""
    library = tmp_path / "slow.so"
    subprocess.run(
        ["gcc", "-shared", "-fPIC", "-o", library, "-xc", "-"], input=SLOW_NAMES, text=True, check=True, timeout=30
    )
    scene = Scene(start(WORKERS=1, LD_PRELOAD=library, LIVEKIT_API_URL=f"http://slow.invalid:{sfu.port}"))
    ok(scene.act(scene.ann, "DELETE"))
    end, worst = time.monotonic() + 4, 0
    while time.monotonic() < end:
        began = time.monotonic()
        ok(scene.server.http.get("/health"))
        worst = max(worst, time.monotonic() - began)
        time.sleep(0.02)
    assert worst < 1
    assert scene.outbox()[0][2] == "no answer in time"


def test_many_errands_at_once(start, sfu):
    """A hundred are done within seconds, one worker or more."""
    scene = Scene(start(WORKERS=1))
    people = crowd(scene.server.database, 100)
    for person in people:
        sfu.put(scene.name, person.username, new_sid("PA"))
    scene.server.database.query(
        "insert into outbox (action, room_id, user_id) select 'remove_participant', %s, unnest(%s::int[])",
        [scene.room["id"], [person.user["id"] for person in people]],
    )
    began = time.monotonic()
    done(scene)
    assert sfu.rooms[scene.name] == {}
    assert time.monotonic() - began < 3


def test_url_with_a_path(start_server, start, database):
    sfu = Sfu("/livekit/sfu").start()
    try:
        scene = Scene(start(LIVEKIT_API_URL=f"{sfu.url}/"))
        ok(scene.act(scene.ann, "DELETE"))
        done(scene)
        assert sfu.calls("DeleteRoom")
    finally:
        sfu.stop()


def test_killed_between_commit_and_effect(start, sfu):
    """Another node, or the same one started again, does it."""
    sfu.stop()
    scene = Scene(start())
    sfu.put(scene.name, "someone", "PA_1")
    ok(scene.act(scene.ann, "DELETE"))
    scene.server.kill()
    scene.server.process = None
    sfu.start()
    start()
    poll(lambda: scene.name not in sfu.rooms, 15, "the call is ended")


def test_two_nodes_do_an_errand_once(start, sfu):
    """Nothing gives it again: who is still there is asked by no round, nor because LiveKit has another call."""
    scene = Scene(start(WORKERS=3))
    start(WORKERS=3)
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    sfu.sids[scene.name] = scene.call.sid
    for _ in range(10):
        sid = new_sid("PA")
        sfu.put(scene.name, scene.bob.username, sid)
        scene.call.joined(scene.bob.username, sid)
        ok(scene.act(scene.ann, "DELETE", f"/participants/{scene.bob.username}"))
        done(scene)
        ok(scene.act(scene.bob, "POST", "/join"))
    assert len(sfu.calls("RemoveParticipant")) == 10


# --- the reconciler ---


@pytest.fixture
def asking(start):
    """A scene with a server that asks every second."""
    return Scene(start(RECONCILE_SECONDS=1, SEAT_TIMEOUT_SECONDS=10))


@pytest.mark.parametrize("camel", [False, True], ids=["snake_case", "camelCase"])
def test_joined_unseen(asking, sfu, camel):
    sfu.camel = camel
    joined = int(time.time()) - 100
    track = {"sid": new_sid("TR"), "source": "CAMERA", "muted": True, "type": "VIDEO"}
    sfu.put(asking.name, asking.bob.username, "PA_unseen", joined, tracks=[track])
    sfu.put(asking.name, "a stranger", "PA_stranger")
    poll(lambda: asking.who() == {asking.bob.username: "PA_unseen"}, 5, "bob is seen")
    (found,) = ok(asking.act(asking.ann, "GET", "/participants"))["participants"]
    assert found["joined_at"] == joined
    assert found["tracks"] == [{"sid": track["sid"], "source": "CAMERA", "muted": True}]
    asking.server.database.query("delete from visits where participant_sid = 'PA_unseen'")
    assert any("joined unseen" in line for line in asking.repairs())


def test_left_unseen(asking, sfu):
    sid = asking.call.joined(asking.bob.username, at=-60)
    sfu.put(asking.name, asking.bob.username, sid)
    time.sleep(2.5)
    assert asking.who() == {asking.bob.username: sid}
    del sfu.rooms[asking.name]
    poll(lambda: asking.who() == {}, 5, "bob is gone")
    rows = asking.server.database.query("select leave_reason from visits where participant_sid = %s", [sid])
    assert rows == [("RECONCILED",)]
    assert any("left unseen" in line for line in asking.repairs())


def test_left_wrongly(asking, sfu):
    """A webhook said so and LiveKit says otherwise, long after."""
    sid = asking.call.joined(asking.bob.username, at=-60)
    asking.call.left(asking.bob.username, sid, came=-60, at=-30)
    assert asking.who() == {}
    sfu.put(asking.name, asking.bob.username, sid)
    ok(asking.act(asking.ann, "POST", "/join"))
    poll(lambda: asking.who().get(asking.bob.username) == sid, 5, "bob is there")


def test_call_that_ended_without_all_its_goodbyes(asking, sfu):
    sid = asking.call.joined(asking.bob.username, at=-600)
    asking.call.finished(at=-300)
    assert asking.who() == {}
    poll(
        lambda: (
            asking.server.database.query(
                "select extract(epoch from left_at)::int from visits where participant_sid = %s", [sid]
            )
            == [(asking.call.start - 300,)]
        ),
        5,
        "the visit ends with the call",
    )
    time.sleep(1.5)
    sfu.called.clear()
    time.sleep(2.5)
    assert not [called for called in sfu.calls("ListParticipants") if called.body["room"] == asking.name]


@pytest.mark.timeout(90)
def test_seat_that_nobody_takes(asking, sfu):
    """It is given back, but not while LiveKit cannot be asked."""
    ok(asking.act(asking.bob, "POST", "/join"))
    asking.server.database.query("update room_participants set promised_at = now() - interval '9 seconds'")
    sfu.stop()
    time.sleep(3)
    assert asking.who() == {asking.bob.username: ""}
    sfu.start()
    poll(lambda: asking.who() == {}, 10, "the seat is free")
    assert any("seat not taken" in line for line in asking.repairs())
    rows = asking.server.database.query("select closed_by from room_participants")
    assert rows == [("timeout",)]


def test_seat_that_somebody_took_unheard(asking, sfu):
    ok(asking.act(asking.bob, "POST", "/join"))
    sfu.put(asking.name, asking.bob.username, "PA_taken")
    poll(lambda: asking.who() == {asking.bob.username: "PA_taken"}, 5, "bob is seen")
    asking.server.database.query("update room_participants set promised_at = promised_at - interval '1 hour'")
    time.sleep(2.5)
    assert asking.who() == {asking.bob.username: "PA_taken"}


def test_banned_one_found_by_asking(asking, sfu):
    answer = asking.act(asking.ann, "POST", "/bans", json={"username": asking.bob.username})
    assert answer.status_code == 201
    sfu.put(asking.name, asking.bob.username, "PA_banned")
    poll(lambda: sfu.rooms[asking.name] == {}, 5, "bob is out")
    assert asking.who() == {}


def test_deleted_room_found_by_asking(asking, sfu):
    ok(asking.act(asking.ann, "DELETE"))
    sfu.put(asking.name, asking.bob.username, "PA_again")
    poll(lambda: asking.name not in sfu.rooms, 5, "the room is ended")
    assert asking.who() == {}


def test_one_room_that_is_refused_holds_up_no_other(asking, sfu, monkeypatch):
    other = Scene(asking.server)
    answer = sfu.answer
    refused = {asking.name}
    monkeypatch.setattr(
        sfu,
        "answer",
        lambda method, body: (500, {}) if body.get("room") in refused and "List" in method else answer(method, body),
    )
    sfu.put(asking.name, asking.bob.username, "PA_here")
    sfu.put(other.name, other.bob.username, "PA_there")
    poll(lambda: other.who() == {other.bob.username: "PA_there"}, 5, "the other room")
    assert asking.who() == {}
    refused.clear()
    poll(lambda: asking.who() == {asking.bob.username: "PA_here"}, 5, "the room that was refused")


@pytest.mark.parametrize(
    "answer", ["<html>nothing</html>", "", "[]", "null", "7", '{"participants":7}', '{"participants":[7]}']
)
def test_an_answer_that_is_none_empties_no_room(asking, sfu, answer):
    sid = asking.call.joined(asking.bob.username, at=-60)
    sfu.put(asking.name, asking.bob.username, sid)
    sfu.refusing["ListParticipants"] = (200, answer)
    time.sleep(2.5)
    assert sfu.calls("ListParticipants")
    assert asking.who() == {asking.bob.username: sid}
    sfu.refusing.clear()
    del sfu.rooms[asking.name]
    poll(lambda: asking.who() == {}, 5, "bob is gone")


@pytest.mark.timeout(90)
def test_asks_soon_after_livekit_is_back(start, sfu):
    """Not a whole round later: it may have lost its rooms."""
    scene = Scene(start(RECONCILE_SECONDS=30))
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    sfu.stop()
    sid = scene.call.joined(scene.bob.username, at=-60)
    scene.server.database.query("update livekit_state set reconciled_at = '-infinity'")
    time.sleep(2)
    assert scene.who() == {scene.bob.username: sid}
    sfu.start()
    poll(lambda: scene.who() == {}, 10, "bob is gone with the old LiveKit")


def test_livekit_started_anew_between_two_rounds(start, sfu):
    """Which calls live is asked more often than who is in them; promised seats stay."""
    scene = Scene(start(RECONCILE_SECONDS=SILENT))
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    sid = scene.call.joined(scene.bob.username, at=-60)
    sfu.put(scene.name, scene.bob.username, sid)
    sfu.sids[scene.name] = scene.call.sid
    other = Scene(scene.server)
    ok(other.act(other.bob, "POST", "/join"))
    listed = len(sfu.calls("ListRooms"))
    poll(lambda: len(sfu.calls("ListRooms")) > listed, 10, "a look")
    assert scene.who() == {scene.bob.username: sid}
    sfu.rooms.clear()
    poll(lambda: scene.who() == {}, 10, "bob is gone with the old LiveKit")
    assert other.who() == {other.bob.username: ""}


@pytest.mark.timeout(90)
def test_room_that_hangs_holds_up_no_other(start, sfu, monkeypatch):
    scene = Scene(start(RECONCILE_SECONDS=1))
    others = [Scene(scene.server) for _ in range(3)]
    answer = sfu.answer

    def hang(method, body):
        if method == "ListParticipants" and body["room"] == scene.name:
            time.sleep(5.5)
        return answer(method, body)

    monkeypatch.setattr(sfu, "answer", hang)
    for each in (scene, *others):
        sfu.put(each.name, each.bob.username, f"PA_{each.name}")
    for each in others:
        poll(lambda each=each: each.who() == {each.bob.username: f"PA_{each.name}"}, 15, "the other rooms")


def test_asks_after_a_restart_of_ours(start, sfu):
    first = start(RECONCILE_SECONDS=SILENT)
    (ann,) = crowd(first.database, 1)
    room = ok(first.http.post("/rooms/", json={"name": "x"}, headers=ann.headers))
    poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
    first.stop()
    time.sleep(2.1)
    sfu.called.clear()
    sfu.put(room["room_id"], ann.username, "PA_missed")
    start(RECONCILE_SECONDS=SILENT)
    poll(lambda: sfu.calls("ListParticipants"), 5, "a whole round of the new one")


def test_one_node_asks_at_a_time(start, sfu):
    for _ in range(2):
        start(RECONCILE_SECONDS=2, WORKERS=3)
    time.sleep(1)
    sfu.called.clear()
    time.sleep(7)
    assert 2 <= len(sfu.calls("ListRooms")) <= 4


def test_old_events_are_forgotten(start, sfu, database):
    database.query("insert into livekit_events values ('EV_old', now() - interval '2 hours'), ('EV_new', now())")
    start(RECONCILE_SECONDS=1)
    poll(lambda: database.query("select id from livekit_events where id in ('EV_old', 'EV_new')") == [("EV_new",)], 5)
