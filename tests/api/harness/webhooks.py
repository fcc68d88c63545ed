"""LiveKit's webhooks: the recorded ones, new ones, and how they are signed."""

import base64
import hashlib
import itertools
import json
import time
from pathlib import Path

from harness.people import RUN, make_token
from harness.server import LIVEKIT_API_SECRET, ROOT

KEY = "devkey"
COUNT = itertools.count(1)


def folder():
    """Where the recordings are: beside the checkout; None when they are not there."""
    found = ROOT.parent / "shared/livekit-webhooks"
    return found if (found / "SEQUENCES.txt").exists() else None


def recorded(pattern="*"):
    """The bodies of the recorded webhooks, in their order."""
    return [json.loads(Path(path).read_text())["body"].encode() for path in sorted(folder().glob(f"{pattern}.json"))]


def digest(body):
    return base64.b64encode(hashlib.sha256(body).digest()).decode()


def claims(body, **changes):
    """What LiveKit says of a body. A claim given as None is left out."""
    now = int(time.time())
    made = {"iss": KEY, "nbf": now - 5, "exp": now + 300, "sha256": digest(body), **changes}
    return {name: value for name, value in made.items() if value is not None}


def sign(body, secret=LIVEKIT_API_SECRET, algorithm="HS256", header=None, **changes):
    """The token of a webhook."""
    return make_token(claims(body, **changes), secret, algorithm, header)


def post(server, body, token=None, **headers):
    """Sends a body as LiveKit does; returns the answer."""
    token = sign(body) if token is None else token
    headers = {"Authorization": token, "Content-Type": "application/webhook+json", **headers}
    return server.http.post("/livekit/webhook", content=body, headers=headers)


def new_sid(prefix):
    return f"{prefix}_{RUN}{next(COUNT)}"


class Call:
    """One life of a room in LiveKit, told by its webhooks: sent as they happen, or made and kept."""

    def __init__(self, server, room):
        self.server = server
        self.name = room["room_id"]
        self.sid = new_sid("RM")
        self.start = int(time.time())

    def event(self, event, **members):
        """The body of an event; `at` is in seconds after the call's start."""
        at = self.start + members.pop("at", 0)
        body = {
            "event": event,
            "room": {"sid": self.sid, "name": self.name, "turnPassword": "not ours to tell"},
            **members,
            "id": new_sid("EV"),
            "createdAt": str(at),
        }
        return json.dumps(body).encode()

    def person(self, identity, sid, came, **members):
        joined = self.start + came
        return {
            "sid": sid,
            "identity": identity,
            "name": identity,
            "joinedAt": str(joined),
            "joinedAtMs": str(joined * 1000),
            **members,
        }

    def send(self, *arguments, **members):
        body = self.event(*arguments, **members)
        answer = post(self.server, body)
        assert (answer.status_code, answer.json()) == (200, {}), answer.text
        return body

    def joined(self, identity, sid=None, at=0):
        """Somebody came; returns the participant's sid."""
        sid = sid or new_sid("PA")
        self.send("participant_joined", participant=self.person(identity, sid, at, state="ACTIVE"), at=at)
        return sid

    def left(self, identity, sid, at=60, came=0, reason="CLIENT_INITIATED"):
        participant = self.person(identity, sid, came, state="DISCONNECTED", disconnectReason=reason)
        self.send("participant_left", participant=participant, at=at)

    def published(self, identity, sid, source="CAMERA", track=None, gone=False):
        track = track or new_sid("TR")
        self.send(
            "track_unpublished" if gone else "track_published",
            participant={"sid": sid, "identity": identity},
            track={"sid": track, "source": source, "type": "VIDEO"},
        )
        return track

    def finished(self, at=90):
        self.send("room_finished", at=at)
