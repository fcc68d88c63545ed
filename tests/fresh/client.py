"""register|login PLAIN TLS: registers somebody over HTTP or logs them in over HTTPS, as a frontend would.

call PLAIN TLS: joins a room, connects to LiveKit by the token, and is seen there, of which its webhooks tell.
"""

import asyncio
import sys
import time

import httpx

what, plain, tls = sys.argv[1:]
grace = {"username": "grace", "email": "grace@example.com", "password": "correct horse"}


async def call(http, headers):
    from livekit import rtc

    room = http.post(f"{plain}/rooms/", json={"name": "a call"}, headers=headers).json()
    joined = http.post(f"{plain}/rooms/{room['id']}/join", headers=headers).json()
    url = http.get(f"{plain}/", headers={"Accept": "application/json"}).json()["livekit_url"]
    connection = rtc.Room()
    await connection.connect(url, joined["token"])
    end = time.monotonic() + 20
    while True:
        listed = http.get(f"{plain}/rooms/{room['id']}/participants", headers=headers).json()["participants"]
        if [each["sid"] for each in listed] == [connection.local_participant.sid]:
            break
        assert time.monotonic() < end, listed
        await asyncio.sleep(0.1)
    await connection.disconnect()


with httpx.Client(trust_env=False, verify=False, timeout=20) as http:
    assert http.get(f"{plain}/health").json() == {"status": "healthy"}
    if what == "register":
        answer = http.post(f"{plain}/auth/register", json=grace)
        assert answer.status_code == 200, answer.text
    for username, password in ((grace["username"], grace["password"]), ("testuser", "testpassword123")):
        answer = http.post(f"{tls}/auth/login", data={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        me = http.get(f"{tls}/auth/me", headers=headers)
        assert me.status_code == 200, me.text
        assert me.json()["username"] == username
    if what == "call":
        asyncio.run(call(http, headers))
