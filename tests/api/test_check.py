"""`parley check`, beyond settings and database: clock, certificate, LiveKit, the webhook's way back."""

import re
import subprocess

import pytest
from harness.certificate import self_signed
from harness.poll import free_port
from harness.secret import secret


def verdict(done, what):
    """(verdict, detail) of a line; the line is there once."""
    (found,) = re.findall(rf"^(ok|warn|fail) +{what}  +(.*)$", done.stdout, re.MULTILINE)
    return found


def test_all_is_well(parley, start_server, database, sfu):
    """With a running server, which a webhook has reached lately."""
    server = start_server(TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    database.query("insert into livekit_events (id, received_at) values ('EV_check', now() - interval '7 minutes')")
    forged = sfu.forged
    done = parley("check", PORT=server.port)
    assert (done.returncode, done.stderr) == (0, "")
    assert verdict(done, "clock")[0] == "ok"
    assert verdict(done, "livekit") == ("ok", f"{sfu.url} takes our key")
    assert verdict(done, "livekit key") == ("ok", "a wrong one is refused")
    assert verdict(done, "webhook") == ("ok", "forged ones are refused, the last right one came 7 minutes ago")
    assert sfu.forged == forged + 1
    called = sfu.calls("ListRooms")[-1]
    assert called.claims["video"] == {"roomList": True}
    assert "eyJ" not in done.stdout + done.stderr


def test_no_webhook_came(parley, start_server, database):
    server = start_server(TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    done = parley("check", PORT=server.port)
    assert done.returncode == 0
    assert verdict(done, "webhook")[0] == "warn"
    assert "none came yet: does `webhook:' in livekit.yaml name" in verdict(done, "webhook")[1]
    database.query("insert into livekit_events (id, received_at) values ('EV_old', now() - interval '3 days')")
    assert verdict(parley("check", PORT=server.port), "webhook")[0] == "warn"


def test_something_else_is_there(parley, sfu):
    found = verdict(parley("check", PORT=sfu.port), "webhook")
    assert found[0] == "warn"
    assert "another server?" in found[1] or "does not run" in found[1]


def test_livekit_is_away(parley):
    done = parley("check", LIVEKIT_API_URL=f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert verdict(done, "livekit")[0] == "fail"
    assert "is it running, is LIVEKIT_API_URL right?" in verdict(done, "livekit")[1]
    assert verdict(done, "livekit key") == ("fail", "not known without LiveKit")


def test_livekit_has_another_key(parley):
    other = secret("a secret that LiveKit does not have, long enough")
    done = parley("check", LIVEKIT_API_SECRET=other)
    assert done.returncode == 1
    assert verdict(done, "livekit")[0] == "fail"
    assert "refuses our key (401)" in verdict(done, "livekit")[1]
    assert other not in done.stdout + done.stderr


def test_that_is_no_livekit(parley, start_server):
    """It has no such path."""
    server = start_server(TLS_CERT_FILE=None, TLS_KEY_FILE=None)
    done = parley("check", LIVEKIT_API_URL=server.url)
    assert done.returncode == 1
    assert "answers 404, as LiveKit does not" in verdict(done, "livekit")[1]


def certificate(directory, days):
    """A pair of files, valid for so many days."""
    key, cert = directory / "k.pem", directory / "c.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-days", str(days), "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return {"TLS_CERT_FILE": cert, "TLS_KEY_FILE": key}


@pytest.mark.parametrize(("days", "expected"), [(90, "ok"), (3, "warn")])
def test_days_of_the_certificate(parley, tmp_path, days, expected):
    done = parley("check", **certificate(tmp_path, days))
    assert done.returncode == 0
    found = verdict(done, "certificate")
    assert found[0] == expected
    assert re.search(rf"\b({days}|{days - 1}) days left", found[1])
    assert ("SIGHUP" in found[1]) == (expected == "warn")


def test_a_key_of_another_certificate(parley, tmp_path):
    mine = certificate(tmp_path, 90)
    (tmp_path / "other").mkdir()
    _, mine["TLS_KEY_FILE"] = self_signed(tmp_path / "other")
    done = parley("check", **mine)
    assert done.returncode == 1
    assert verdict(done, "certificate")[0] == "fail"


def test_without_a_certificate(parley):
    assert verdict(parley("check"), "certificate")[0] == "ok"


def test_the_clock_is_wrong(parley, database):
    """The database's: it has a function of that name of its own, found first."""
    database.query("create schema wrong")
    database.query("grant usage on schema wrong to public")
    database.query(
        "create function wrong.clock_timestamp() returns timestamptz language sql as "
        "'select pg_catalog.now() + interval ''5 seconds'''"
    )
    ((name,),) = database.query("select current_database()")
    database.query(f'alter database "{name}" set search_path = wrong, pg_catalog, public')
    found = verdict(parley("check"), "clock")
    assert found[0] == "warn"
    assert re.match(r"[45]\.\d s from the database's: set both by NTP", found[1])
