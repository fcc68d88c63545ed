"""What a room's creator asks LiveKit to do to those in the call, and what comes of it when LiveKit will not or cannot.

The RoomService is a stand-in here, as in test_outbox.py; test_real.py has the same calls with the real one.
"""

import base64
import contextlib
import socket
import threading
import time

import jwt
import pytest
from harness.answers import errors, ok, refused
from harness.crowd import crowd, lines, together
from harness.people import new_name
from harness.poll import poll
from harness.secret import secret
from harness.server import LIVEKIT_API_SECRET, Server, migrated
from harness.sfu import Sfu
from harness.webhooks import Call

MODERATOR = "Only the room creator can moderate the room"
REFUSED = "LiveKit refused the request"
UNREACHABLE = "LiveKit is not reachable"
TIMEOUT = "LiveKit did not answer in time"
ALL = {"can_publish": True, "can_subscribe": True, "can_publish_data": True, "can_publish_sources": []}


@pytest.fixture(scope="module")
def sfu():
    made = Sfu()
    yield made.start()
    made.stop()


@pytest.fixture(autouse=True)
def reset(sfu):
    yield
    sfu.refusing.clear()
    sfu.late.clear()
    sfu.camel = sfu.hanging = False
    if sfu.http is None:
        sfu.start()


class Scene:
    """A room of ann's with bob in it, who shows himself and his screen."""

    def __init__(self, server, sfu):
        self.server, self.sfu = server, sfu
        self.ann, self.bob, self.carl = crowd(server.database, 3)
        self.room = ok(server.http.post("/rooms/", json={"name": "x"}, headers=self.ann.headers))
        self.name = self.room["room_id"]
        self.call = Call(server, self.room)
        self.sid = self.call.joined(self.bob.username)
        self.tracks = {}
        for source in ("CAMERA", "MICROPHONE", "SCREEN_SHARE"):
            self.tracks[source] = self.call.published(self.bob.username, self.sid, source)
        sfu.put(
            self.name,
            self.bob.username,
            self.sid,
            self.call.start,
            tracks=[
                {"sid": sid, "source": source, "muted": False, "type": "VIDEO"} for source, sid in self.tracks.items()
            ],
        )
        self.person = sfu.rooms[self.name][self.bob.username]
        self.person["permission"] = {**ALL, "can_update_metadata": True, "hidden": False, "of_tomorrow": [1.5, None]}
        sfu.called.clear()

    def act(self, person, method, path, **more):
        return self.server.http.request(method, f"/rooms/{self.room['id']}{path}", headers=person.headers, **more)

    def mute(self, person=None, identity=None, **body):
        identity = self.bob.username if identity is None else identity
        return self.act(person or self.ann, "POST", f"/participants/{identity}/mute", json={"muted": True, **body})

    def permit(self, person=None, identity=None, **body):
        identity = self.bob.username if identity is None else identity
        return self.act(person or self.ann, "PATCH", f"/participants/{identity}", json=body)

    def message(self, person=None, **body):
        return self.act(person or self.ann, "POST", "/message", json={"text": "Hello", **body})

    def muted(self):
        """The sources of bob's that LiveKit has muted, and that the database says are."""
        listed = ok(self.act(self.ann, "GET", "/participants"))["participants"]
        believed = {track["source"] for each in listed for track in each["tracks"] if track["muted"]}
        assert believed == {track["source"] for track in self.person["tracks"] if track["muted"]}
        return believed


@pytest.fixture(scope="module")
def server(cluster, tmp_path_factory, sfu):
    database = migrated(cluster, tmp_path_factory.mktemp("migrate"), "parley_moderation")
    settings = {"LIVEKIT_API_URL": sfu.url, "RECONCILE_SECONDS": 3600}
    made = Server(tmp_path_factory.mktemp("server"), database.url(), **settings)
    made.database = database
    try:
        made.start()
        # After its first round it asks nothing by itself: no time is long enough ago.
        poll(lambda: sfu.calls("ListRooms"), 10, "the first round")
        time.sleep(0.3)
        database.query("update livekit_state set looked_at = 'infinity', reconciled_at = 'infinity'")
        yield made
    finally:
        made.stop()
    faults = made.log_faults()
    assert not faults, "in the log:\n" + "\n".join(faults[:20])


@pytest.fixture
def scene(server, sfu):
    return Scene(server, sfu)


# --- mute ---


def test_mutes_all_that_somebody_publishes(scene, sfu):
    assert ok(scene.mute()) == {"muted": 3}
    assert scene.muted() == {"CAMERA", "MICROPHONE", "SCREEN_SHARE"}
    first, *calls = sfu.called
    assert (first.method, first.body) == ("GetParticipant", {"room": scene.name, "identity": scene.bob.username})
    assert [each.body["trackSid"] for each in calls] == list(scene.tracks.values())
    for each in sfu.called:
        assert each.claims["video"] == {"roomAdmin": True, "room": scene.name}


@pytest.mark.parametrize("source", ["MICROPHONE", "microphone"])
def test_mutes_a_source(scene, source):
    assert ok(scene.mute(source=source)) == {"muted": 1}
    assert scene.muted() == {"MICROPHONE"}


def test_mutes_a_track(scene):
    assert ok(scene.mute(track_sid=scene.tracks["CAMERA"])) == {"muted": 1}
    assert scene.muted() == {"CAMERA"}


def test_null_is_as_if_it_were_not_there(scene):
    assert ok(scene.mute(source=None, track_sid=None)) == {"muted": 3}


def test_unmutes_where_livekit_lets_us(scene):
    ok(scene.mute())
    assert ok(scene.mute(muted=False, source="CAMERA")) == {"muted": 1}
    assert scene.muted() == {"MICROPHONE", "SCREEN_SHARE"}


def test_livekit_refuses_to_unmute(scene, sfu):
    ok(scene.mute())
    sfu.refusing["MutePublishedTrack"] = (412, {"code": "failed_precondition", "msg": "remote unmute not enabled"})
    refused(scene.mute(muted=False), 502, REFUSED)
    assert scene.muted() == {"CAMERA", "MICROPHONE", "SCREEN_SHARE"}


def test_nothing_of_that_source(scene):
    assert ok(scene.mute(source="SCREEN_SHARE_AUDIO")) == {"muted": 0}
    assert scene.muted() == set()


@pytest.mark.parametrize("body", [{"track_sid": "TR_none"}, {"track_sid": "TR_none", "source": "CAMERA"}])
def test_no_such_track(scene, body):
    refused(scene.mute(**body), 404, "Participant not found")
    assert scene.muted() == set()


def test_somebody_without_tracks(scene, sfu):
    for tracks in ([], None):
        scene.person["tracks"] = tracks
        assert ok(scene.mute()) == {"muted": 0}
    del scene.person["tracks"]
    assert ok(scene.mute()) == {"muted": 0}


def test_source_that_livekit_leaves_out(scene):
    """Its JSON need not write what is UNKNOWN."""
    del scene.person["tracks"][0]["source"]
    assert ok(scene.mute(source="CAMERA")) == {"muted": 0}
    assert ok(scene.permit())["tracks"][0]["source"] == "UNKNOWN"


# --- permissions ---


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"can_publish": False}, {"can_publish": False}),
        ({"can_subscribe": False}, {"can_subscribe": False}),
        ({"can_publish": "yes", "can_subscribe": 0}, {"can_publish": True, "can_subscribe": False}),
        (
            {"can_publish_sources": ["microphone", "SCREEN_SHARE"]},
            {"can_publish_sources": ["MICROPHONE", "SCREEN_SHARE"]},
        ),
        ({"can_publish_sources": ["camera", "CAMERA"] * 1000}, {"can_publish_sources": ["CAMERA"]}),
        ({"can_publish_sources": []}, {"can_publish_sources": []}),
    ],
)
def test_changes_what_is_given_and_nothing_else(scene, sfu, given, changed):
    before = dict(scene.person["permission"])
    ok(scene.permit(**given))
    assert scene.person["permission"] == {**before, **changed}
    (called,) = sfu.calls("UpdateParticipant")
    assert set(called.body) == {"room", "identity", "permission"}
    assert called.claims["video"] == {"roomAdmin": True, "room": scene.name}


def test_permission_in_the_other_spelling(scene):
    scene.person["permission"] = {"canPublish": True, "canPublishData": True, "canPublishSources": ["CAMERA"]}
    ok(scene.permit(can_publish=False))
    assert scene.person["permission"] == {
        "can_publish": False, "canPublishData": True, "canPublishSources": ["CAMERA"],
    }  # fmt: skip


@pytest.mark.parametrize("unknown", [None, "all"])
def test_permission_that_livekit_does_not_tell(scene, unknown):
    """Nobody loses what join has given them."""
    scene.person["permission"] = unknown
    ok(scene.permit(can_publish=False))
    assert scene.person["permission"] == {"can_publish": False, "can_subscribe": True, "can_publish_data": True}


def test_nothing_given_changes_nothing(scene, sfu):
    listed = ok(scene.act(scene.ann, "GET", "/participants"))["participants"]
    assert [ok(scene.permit())] == listed
    assert not sfu.calls("UpdateParticipant")


@pytest.mark.parametrize("camel", [False, True], ids=["snake_case", "camelCase"])
def test_answer_is_the_participant_as_listed(scene, sfu, camel):
    sfu.camel = camel
    sfu.put(scene.name, scene.bob.username, scene.sid, scene.call.start, tracks=scene.person["tracks"])
    listed = ok(scene.act(scene.ann, "GET", "/participants"))["participants"]
    assert [ok(scene.permit(can_subscribe=False))] == listed


def test_somebody_who_is_still_connecting(scene):
    scene.person["state"] = "JOINED"
    assert ok(scene.permit(can_subscribe=False))["state"] == "JOINING"


# --- permissions of those who come again ---

EVERYTHING = {"roomJoin": True, "canPublish": True, "canSubscribe": True}


def granted(scene, person, where="rooms/{}/join"):
    """What the token of a join says they may."""
    if where == "livekit/token":
        answer = scene.server.http.post("/livekit/token", json={"room_name": scene.name}, headers=person.headers)
        token = answer.json()["participant_token"]
    else:
        token = ok(scene.act(person, "POST", "/join"))["token"]
    video = jwt.decode(secret(token), LIVEKIT_API_SECRET, algorithms=["HS256"])["video"]
    assert video.pop("room") == scene.name
    return video


def leave(scene, person):
    ok(scene.act(person, "POST", "/leave"))


@pytest.mark.parametrize("where", ["rooms/{}/join", "livekit/token"])
def test_what_was_taken_away_is_not_had_back_by_joining_again(scene, where):
    ok(scene.act(scene.ann, "POST", "/join"))
    assert granted(scene, scene.bob, where) == EVERYTHING
    ok(scene.permit(can_publish=False))
    silent = {**EVERYTHING, "canPublish": False, "canPublishData": True}
    assert granted(scene, scene.bob, where) == silent
    leave(scene, scene.bob)
    assert granted(scene, scene.bob, where) == silent
    assert ok(scene.act(scene.ann, "DELETE", f"/participants/{scene.bob.username}"))
    assert granted(scene, scene.bob, where) == silent
    # It is nobody else's, and not that of another room.
    assert granted(scene, scene.carl, where) == EVERYTHING
    assert granted(Scene(scene.server, scene.sfu), scene.bob, where) == EVERYTHING


def test_changes_add_up_until_all_is_given_back(scene, sfu):
    ok(scene.act(scene.ann, "POST", "/join"))
    ok(scene.permit(can_publish_sources=["screen_share", "CAMERA"]))
    some = {**EVERYTHING, "canPublishData": True, "canPublishSources": ["screen_share", "camera"]}
    assert granted(scene, scene.bob) == some
    ok(scene.permit(can_subscribe=False))
    leave(scene, scene.bob)
    poll(lambda: errands(scene) == [], 10, "LiveKit has let him go")
    assert granted(scene, scene.bob) == {**some, "canSubscribe": False}
    sfu.put(scene.name, scene.bob.username, "PA_again")
    ok(scene.permit())
    assert granted(scene, scene.bob) == {**some, "canSubscribe": False}
    ok(scene.permit(can_subscribe=True, can_publish=True))
    assert granted(scene, scene.bob) == some
    ok(scene.permit(can_publish_sources=[]))
    assert granted(scene, scene.bob) == EVERYTHING
    assert scene.server.database.query("select permissions from rooms where id = %s", [scene.room["id"]]) == [(None,)]


def test_a_room_that_was_empty_forgets_what_was_taken_away(scene):
    ok(scene.permit(can_publish=False))
    leave(scene, scene.bob)
    assert granted(scene, scene.bob) == EVERYTHING


def test_it_is_decided_whatever_livekit_says(scene, sfu):
    """As with everything that is decided here; it holds from the next join on."""
    ok(scene.act(scene.ann, "POST", "/join"))
    sfu.refusing["UpdateParticipant"] = (503, {"code": "unavailable", "msg": "no"})
    refused(scene.permit(can_publish=False), 502, REFUSED)
    assert granted(scene, scene.bob)["canPublish"] is False


def test_who_is_not_there_loses_nothing(scene):
    refused(scene.permit(identity=scene.carl.username, can_publish=False), 404, "Participant not found")
    refused(scene.permit(person=scene.bob, can_publish=False), 403, MODERATOR)
    assert granted(scene, scene.carl) == granted(scene, scene.bob) == EVERYTHING


def test_an_older_token_does_not_give_it_back(scene, sfu):
    """LiveKit lets them in with what that says, and is told at once what they may."""
    ok(scene.act(scene.ann, "POST", "/join"))
    ok(scene.permit(can_publish=False, can_publish_sources=["CAMERA"]))
    scene.call.left(scene.bob.username, scene.sid, at=1)
    scene.person["permission"] = ALL
    scene.call.joined(scene.bob.username, at=2)
    poll(lambda: len(sfu.calls("UpdateParticipant")) == 2, 10, "LiveKit is told")
    assert scene.person["permission"] == {**ALL, "can_publish": False, "can_publish_sources": ["CAMERA"]}
    poll(lambda: errands(scene) == [], 10, "it is done")
    # Others are let be.
    sfu.put(scene.name, scene.carl.username, "PA_carl")
    scene.call.joined(scene.carl.username, at=3)
    assert errands(scene) == []


def test_late_word_of_less_does_not_stay(scene, sfu):
    """Who comes again is told of on the way to LiveKit when everything is given back: that comes first there."""
    ok(scene.act(scene.ann, "POST", "/join"))
    ok(scene.permit(can_publish=False))
    sfu.late["UpdateParticipant"] = came, goes_on = threading.Event(), threading.Event()
    scene.call.left(scene.bob.username, scene.sid, at=1)
    scene.call.joined(scene.bob.username, at=2)
    assert came.wait(10)
    ok(scene.permit(can_publish=True))
    assert scene.person["permission"]["can_publish"] is True
    goes_on.set()
    poll(lambda: scene.person["permission"]["can_publish"] is False, 10, "the late word")
    poll(lambda: scene.person["permission"]["can_publish"] is True, 10, "the last word")
    poll(lambda: errands(scene) == [], 10, "it is done")


def errands(scene):
    return scene.server.database.query("select action from outbox where room_id = %s", [scene.room["id"]])


# --- messages ---


@pytest.mark.parametrize("text", ["H", 'zoë says "hi"\n\\ \U0001f600', "ä" * 4096, "a" * 4096, "ab"])
def test_message_reaches_everybody(scene, sfu, text):
    assert ok(scene.message(text=text)) == {"message": "Message sent"}
    (called,) = sfu.called
    assert called.method == "SendData"
    assert base64.b64decode(called.body.pop("data"), validate=True).decode() == text
    assert called.body == {"room": scene.name}
    assert called.claims["video"] == {"roomAdmin": True, "room": scene.name}


@pytest.mark.parametrize(("topic", "sent"), [("news", {"topic": "news"}), ("", {"topic": ""}), (None, {})])
def test_topic_of_a_message(scene, sfu, topic, sent):
    ok(scene.message(topic=topic))
    (called,) = sfu.called
    assert {name: value for name, value in called.body.items() if name == "topic"} == sent


def test_nobody_hears_a_message(scene, sfu):
    """LiveKit would take three seconds to say so."""
    scene.call.left(scene.bob.username, scene.sid)
    refused(scene.message(), 404, "Participant not found")
    assert sfu.called == []
    ok(scene.act(scene.bob, "POST", "/join"))
    assert ok(scene.message())


# --- who may, and what is taken ---

ASK = {
    "mute": lambda scene, **more: scene.mute(**more),
    "permit": lambda scene, **more: scene.permit(can_publish=False, **more),
    "message": lambda scene, **more: scene.message(**more),
}


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_only_the_creator_may(scene, sfu, ask):
    for person in (scene.bob, scene.carl):
        refused(ask(scene, person=person), 403, MODERATOR)
    assert sfu.called == []


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_room_is_not_there(scene, ask):
    for number in (999999999, 99999999999, "room_ffffffff", "x"):
        scene.room = {"id": number}
        refused(ask(scene), 404, "Room not found")


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
def test_inactive_and_unknown_callers(scene, ask):
    scene.server.database.query("update users set is_active = false where id = %s", [scene.ann.user["id"]])
    refused(ask(scene), 400, "Inactive user")
    scene.ann.token = "x"
    refused(ask(scene), 401, "Could not validate credentials")


@pytest.mark.parametrize("ask", [ASK["mute"], ASK["permit"]], ids=["mute", "permit"])
def test_participant_is_not_there(scene, sfu, ask):
    """Nobody's name, somebody who is not in the call, somebody who has only a seat."""
    ok(scene.act(scene.carl, "POST", "/join"))
    for name in (new_name("nobody"), "a%2Fb", "%00", scene.ann.username, scene.carl.username):
        answer = ask(scene, identity=name)
        assert answer.status_code == 404
        assert answer.json()["detail"] in ("Participant not found", "Not Found")
    assert {each.body["identity"] for each in sfu.called} == {scene.ann.username, scene.carl.username}


def test_identity_is_percent_encoded(server, sfu):
    scene = Scene(server, sfu)
    name = new_name("zo\u00eb/% ")
    server.database.query("update users set username = %s where id = %s", [name, scene.bob.user["id"]])
    sfu.put(scene.name, name, scene.sid)
    quoted = name.replace("%", "%25").replace("/", "%2F").replace(" ", "%20").replace("\u00eb", "%C3%AB")
    assert ok(scene.permit(identity=quoted, can_publish=False))["identity"] == name


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"muted": None}, {("body", "muted"): "bool_type"}),
        ({"muted": "perhaps"}, {("body", "muted"): "bool_parsing"}),
        ({"muted": 2}, {("body", "muted"): "bool_parsing"}),
        ({"muted": 0.5}, {("body", "muted"): "bool_parsing"}),
        ({"muted": []}, {("body", "muted"): "bool_type"}),
        ({"source": "UNKNOWN"}, {("body", "source"): "literal_error"}),
        ({"source": 7}, {("body", "source"): "literal_error"}),
        ({"track_sid": ""}, {("body", "track_sid"): "string_too_short"}),
        ({"track_sid": "x" * 257}, {("body", "track_sid"): "string_too_long"}),
        ({"track_sid": 7, "source": ""}, {("body", "track_sid"): "string_type", ("body", "source"): "literal_error"}),
    ],
)
def test_what_mute_does_not_take(scene, sfu, body, wrong):
    assert errors(scene.mute(**body)) == wrong
    assert sfu.called == []


def test_mute_must_say_whether(scene):
    answer = scene.act(scene.ann, "POST", f"/participants/{scene.bob.username}/mute", json={})
    assert errors(answer) == {("body", "muted"): "missing"}


@pytest.mark.parametrize(
    ("value", "muted"),
    [(True, True), (1, True), (1.0, True), ("On", True), ("TRUE", True), ("t", True), ("y", True), ("1", True),
     (0, False), ("f", False), ("No", False), ("n", False), ("off", False), ("0", False), ("false", False)],
)  # fmt: skip
def test_spellings_of_a_boolean(scene, sfu, value, muted):
    ok(scene.mute(muted=value, source="CAMERA"))
    assert sfu.called[-1].body["muted"] is muted


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"can_publish": None, "can_subscribe": "?"}, {"can_publish": "bool_type", "can_subscribe": "bool_parsing"}),
        ({"can_publish_sources": None}, {"can_publish_sources": "list_type"}),
        ({"can_publish_sources": "CAMERA"}, {"can_publish_sources": "list_type"}),
    ],
)
def test_what_permissions_do_not_take(scene, sfu, body, wrong):
    assert errors(scene.permit(**body)) == {("body", name): what for name, what in wrong.items()}
    assert sfu.called == []


def test_every_wrong_source_is_named(scene):
    found = errors(scene.permit(can_publish_sources=["CAMERA", "", None, "microphone", "cam"]))
    assert found == {("body", "can_publish_sources", index): "literal_error" for index in (1, 2, 4)}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"text": None}, {"text": "string_type"}),
        ({"text": ""}, {"text": "string_too_short"}),
        ({"text": "x" * 4097}, {"text": "string_too_long"}),
        ({"text": "a\0b"}, {"text": "value_error"}),
        ({"topic": "x" * 257}, {"topic": "string_too_long"}),
        ({"topic": 7}, {"topic": "string_type"}),
    ],
)
def test_what_messages_do_not_take(scene, sfu, body, wrong):
    assert errors(scene.message(**body)) == {("body", name): what for name, what in wrong.items()}
    assert sfu.called == []


# --- the audit trail ---


def trail(scene):
    """What stands in it of the scene's room, the oldest first, with who did it and to whom."""
    return scene.server.database.query(
        "select a.action, w.username, t.username, a.address, a.request_id from audit a "
        "left join users w on w.id = a.actor_id left join users t on t.id = a.target_id "
        "where a.room_id = %s order by a.id",
        [scene.room["id"]],
    )


def test_what_is_asked_of_livekit_is_told(scene, sfu):
    """Whatever LiveKit says to it: the effect may have come about."""
    answers = [scene.mute(), scene.mute(muted=False), scene.permit(can_subscribe=False), scene.message()]
    sfu.refusing["UpdateParticipant"] = (403, {"code": "permission_denied", "msg": "no"})
    answers.append(scene.permit(can_publish_sources=[]))
    bob = scene.bob.username
    told = [("mute", bob), ("unmute", bob), ("permit", bob), ("message", None), ("permit", bob)]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert trail(scene) == [
        (action, scene.ann.username, target, "127.0.0.1", request)
        for (action, target), request in zip(told, ids, strict=True)
    ]


def test_who_hangs_up_meanwhile_is_told_too(scene, sfu):
    sfu.hanging = True
    sfu.released.clear()
    path = f"/rooms/{scene.room['id']}/message"
    with scene.server.connect() as client:
        client.send(lines("POST", path, scene.ann.token, {"text": "x"}))
        poll(lambda: sfu.calls("SendData"), 10, "LiveKit is asked")
    assert [action for action, *_ in trail(scene)] == ["message"]
    sfu.hanging = False
    sfu.released.set()


def test_what_was_not_asked_is_not_told(scene, sfu):
    """Refused, wrong, about nobody, or a mere question."""
    ok(scene.permit())
    for ask in ASK.values():
        refused(ask(scene, person=scene.bob), 403, MODERATOR)
    errors(scene.mute(source="UNKNOWN"))
    refused(scene.mute(identity="nobody"), 404, "Participant not found")
    scene.call.left(scene.bob.username, scene.sid)
    refused(scene.message(), 404, "Participant not found")
    assert trail(scene) == []


# --- LiveKit will not, or cannot ---

FIRST = {"mute": "GetParticipant", "permit": "GetParticipant", "message": "SendData"}
LAST = {"mute": "MutePublishedTrack", "permit": "UpdateParticipant", "message": "SendData"}


@pytest.mark.parametrize("status", [400, 401, 403, 412, 429, 500, 503])
@pytest.mark.parametrize("which", [FIRST, LAST], ids=["first", "last"])
@pytest.mark.parametrize("name", ASK)
def test_livekit_refuses(scene, sfu, name, which, status):
    sfu.refusing[which[name]] = (status, {"code": "whatever", "msg": "no"})
    refused(ASK[name](scene), 502, REFUSED)
    assert "eyJ" not in scene.server.log_text()


@pytest.mark.parametrize("answer", ["", "<html>nothing</html>", "[]", "7", '"x"', '{"a":', '{"a":"\\ud800"}'])
@pytest.mark.parametrize("name", ASK)
def test_what_answers_is_not_livekit(scene, sfu, name, answer):
    sfu.refusing[FIRST[name]] = (200, answer)
    refused(ASK[name](scene), 502, REFUSED)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"tracks": {}, "permission": []},
        {"tracks": [7, None, {}, {"sid": 7}, {"sid": None}], "permission": None, "joined_at": "x", "state": 7},
        {"identity": 7, "sid": [], "tracks": [{"sid": "TR_x", "source": 7, "muted": "no"}], "joined_at": None},
    ],
)
@pytest.mark.parametrize("name", ["mute", "permit"])
def test_odd_answers_of_livekit(scene, sfu, name, answer):
    """They make no sense, and do no harm."""
    sfu.refusing["GetParticipant"] = sfu.refusing["UpdateParticipant"] = (200, answer)
    sfu.refusing["MutePublishedTrack"] = (200, {})
    assert ASK[name](scene).status_code == 200


@pytest.mark.parametrize("name", ASK)
def test_livekit_is_away(scene, sfu, name):
    sfu.stop()
    began = time.monotonic()
    answer = ASK[name](scene)
    refused(answer, 503, UNREACHABLE)
    assert answer.headers["retry-after"] == "1"
    assert time.monotonic() - began < 2
    sfu.start()
    poll(lambda: ASK[name](scene).status_code == 200, 5, "LiveKit is back")


def test_livekit_does_not_take_the_connection(scene, start_server):
    """It hangs on its way: libcurl closes the socket before it says so, which ended the worker."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        _, port = listener.getsockname()
        scene = Scene(start_server(LIVEKIT_API_URL=f"http://127.0.0.1:{port}", RECONCILE_SECONDS=1), scene.sfu)
        for _ in range(2):
            refused(scene.message(), 504, TIMEOUT)


@pytest.mark.parametrize("name", ASK)
def test_livekit_does_not_answer(scene, sfu, name):
    """It is waited for five seconds; everything else is answered meanwhile."""
    sfu.hanging = True
    sfu.released.clear()
    began = time.monotonic()
    with scene.server.connect(timeout=10) as other:
        refused(ASK[name](scene), 504, TIMEOUT)
        assert 4.5 < time.monotonic() - began < 9
        other.send(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert other.response().status == 200
    sfu.hanging = False
    sfu.released.set()


def test_client_that_does_not_wait(scene, sfu):
    """Its question is forgotten; the answer that comes to nobody does no harm."""
    sfu.hanging = True
    sfu.released.clear()
    body = b'{"text": "x"}'
    head = (
        f"POST /rooms/{scene.room['id']}/message HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {scene.ann.token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    for _ in range(10):
        with scene.server.connect() as client:
            client.send(head.encode() + body)
            poll(lambda: sfu.calls("SendData"), 5, "it is being asked")
        sfu.called.clear()
    sfu.hanging = False
    sfu.released.set()
    poll(lambda: scene.message().status_code == 200, 10, "it goes on")


def test_many_at_once(scene, sfu):
    """Each gets its own answer."""
    asked = []
    for number in range(40):
        asked.append(lines("POST", f"/rooms/{scene.name}/message", scene.ann.token, {"text": f"text {number}"}))
        asked.append(
            lines("POST", f"/rooms/{scene.name}/participants/{scene.bob.username}/mute", scene.ann.token, {"muted": 1})
        )
        asked.append(lines("POST", f"/rooms/{scene.name}/message", scene.bob.token, {"text": "not he"}))
    answers = together(scene.server, asked)
    assert answers[0::3] == [(200, {"message": "Message sent"})] * 40
    assert answers[1::3] == [(200, {"muted": 3})] * 40
    assert answers[2::3] == [(403, {"detail": MODERATOR})] * 40
    said = {base64.b64decode(each.body["data"]).decode() for each in sfu.calls("SendData")}
    assert said == {f"text {number}" for number in range(40)}


def test_database_goes_after_the_muting(scene, sfu, monkeypatch):
    """LiveKit has done it, and that is what counts."""
    answer = sfu.answer

    def last(method, body):
        if method == "MutePublishedTrack":
            scene.server.database.query("alter table tracks rename to tracks_away")
        return answer(method, body)

    monkeypatch.setattr(sfu, "answer", last)
    try:
        assert ok(scene.mute(track_sid=scene.tracks["CAMERA"])) == {"muted": 1}
    finally:
        scene.server.database.query("alter table tracks_away rename to tracks")
