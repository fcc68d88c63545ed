"""People in calls: LiveKit's own client library, the light real client (no browser)."""

import asyncio
import contextlib
import threading
import time

from harness.poll import poll
from livekit import rtc


class Loop:
    """An event loop in a thread of its own, where the clients of a session live."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def run(self, coroutine, timeout=20):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()


class Caller:
    """Somebody with a token. What happened to them is in `gone`: None while they are in the call, else when and why."""

    def __init__(self, loop, livekit, token):
        self.loop, self.livekit, self.token = loop, livekit, token
        self.room = None
        self.gone = None

    def connect(self):
        self.loop.run(self.connecting())
        return self

    async def connecting(self):
        self.gone = None
        self.room = rtc.Room()
        self.room.on("disconnected", self.disconnected)
        await self.room.connect(self.livekit.url, self.token)

    def disconnected(self, reason):
        self.gone = (time.monotonic(), reason)

    @property
    def sid(self):
        return self.room.local_participant.sid

    def wait_gone(self, seconds):
        poll(lambda: self.gone, seconds, "they were sent out")

    def is_sent_out(self, seconds=3):
        """Tries with the token it has; it is sent out again, at the latest so many seconds after it was let in."""
        with contextlib.suppress(rtc.ConnectError):
            self.connect()
            self.wait_gone(seconds)

    def hang_up(self):
        if self.room is not None:
            self.loop.run(self.room.disconnect())
