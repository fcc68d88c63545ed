"""register|login PLAIN TLS: registers somebody over HTTP or logs them in over HTTPS, as a frontend would."""

import sys

import httpx

what, plain, tls = sys.argv[1:]
grace = {"username": "grace", "email": "grace@example.com", "password": "correct horse"}

with httpx.Client(trust_env=False, verify=False, timeout=20) as http:
    assert http.get(f"{plain}/health").json() == {"status": "healthy"}
    if what == "register":
        answer = http.post(f"{plain}/auth/register", json=grace)
        assert answer.status_code == 200, answer.text
    for username, password in ((grace["username"], grace["password"]), ("testuser", "testpassword123")):
        answer = http.post(f"{tls}/auth/login", data={"username": username, "password": password})
        assert answer.status_code == 200, answer.text
        token = answer.json()["access_token"]
        me = http.get(f"{tls}/auth/me", headers={"Authorization": f"Bearer {token}"})
        assert me.status_code == 200, me.text
        assert me.json()["username"] == username
