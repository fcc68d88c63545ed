"""What every answer has, whatever it answers."""

import email.utils
import json
import re
import time


def check_reply(response, tls=False, method="GET", age=5):
    """Date, request id, CORS, HSTS only on TLS, no version of the server, JSON for errors."""
    date = response.get("date") or ""
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", date), response
    assert abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time()) < age, response
    assert re.fullmatch(r"[!-~]{8,64}", response.get("x-request-id") or ""), response
    assert response.get("access-control-allow-origin") == "*", response
    assert response.get("access-control-allow-credentials") is None, response
    assert (response.get("strict-transport-security") is not None) == tls, response
    assert not re.search("[0-9]|kore", response.get("server") or "", re.IGNORECASE), response
    if response.status >= 400:
        check_error(response, method)


def check_error(response, method="GET"):
    """A JSON object that holds a detail: a text, or the list of a 422."""
    media_type = (response.get("content-type") or "").partition(";")[0]
    assert media_type == "application/json", response
    if method == "HEAD":
        return
    body = json.loads(response.body)
    assert list(body) == ["detail"], response
    assert body["detail"], response
    if response.status == 422:
        assert isinstance(body["detail"], list), response
        for error in body["detail"]:
            assert {"type", "loc", "msg"} <= set(error) <= {"type", "loc", "msg", "ctx"}, response
            assert error["loc"][0] in ("body", "query", "path"), response
    else:
        assert isinstance(body["detail"], str), response
    if response.status in (429, 503):
        assert re.fullmatch("[1-9][0-9]*", response.get("retry-after") or ""), response
    if response.status == 405:
        assert response.get("allow"), response
    if response.status == 401:
        assert response.get("www-authenticate") == "Bearer", response
