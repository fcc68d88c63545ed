"""What browsers are shown: files fetched as exact bytes, and what is known of how they were built."""

import gzip
import re
import subprocess

from harness.http_cases import request
from harness.sources import ROOT

# Whether what npm builds is in the program at all (./dev build says so when it is not).
DOCS = (ROOT / "apidocs/dist/.made").exists()
CLIENT = (ROOT / "web/dist/.made").exists()
HAS_CLIENT = (ROOT / "web/package.json").exists()

DECODE = {
    None: lambda octets: octets,
    "gzip": gzip.decompress,
    "br": lambda octets: subprocess.run(["brotli", "-dc"], input=octets, capture_output=True, check=True).stdout,
}


def fetch(server, target, method="GET", client=None, **fields):
    """One answer, on a connection of its own unless a client is given; Accept_Encoding="gzip" is a field."""
    lines = [f"{name.replace('_', '-')}: {value}".encode("latin-1") for name, value in fields.items()]
    data = request(f"{method} {target} HTTP/1.1".encode("latin-1"), *lines)
    if client is not None:
        client.send(data)
        return client.response(method)
    with server.connect() as own:
        own.send(data)
        return own.response(method)


def vary(response):
    return {name.strip().lower() for value in response.all("vary") for name in value.split(",")}


def decoded(response):
    return DECODE[response.get("content-encoding")](response.body)


def assets(server, page):
    """The files that a page names."""
    response = fetch(server, page)
    assert response.status == 200, response
    found = re.findall(r'(?:src|href)="(/[^"]*/assets/[^"]+)"', response.body.decode())
    assert found, response
    return found


def policy(response):
    """{directive: [source]} of the Content-Security-Policy."""
    rows = [row.split() for row in response.get("content-security-policy").split(";")]
    assert len({name for name, *_ in rows}) == len(rows)
    return {name: sources for name, *sources in rows}
