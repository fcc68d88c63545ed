"""openapi.json: valid, complete by the tables of the sources, and true of the running server."""

import json
import re
from pathlib import Path

import httpx
import openapi_spec_validator
import pytest
from harness import nodejs, openapi, sources
from harness.people import new_name, newcomer, register

OPERATIONS = [pytest.param(method, path, op, id=f"{method} {path}") for method, path, op in openapi.operations()]
ROUTES = {(route.method, route.path): route for route in sources.routes()}
DOCUMENTED = {(method, path) for method, path, _ in openapi.operations()}
# What stands between the connection and the route table gives these on any path.
TRANSPORT = {
    "bad_request", "request_timeout", "body_too_large", "target_too_long", "head_too_large", "internal",
    "not_implemented", "shutting_down", "version_not_supported",
}  # fmt: skip
# And these are of paths that are not there: they stand in the introduction.
ELSEWHERE = {"not_found", "method_not_allowed"}
MIN_PASSWORD_LENGTH = 6
# A name in a path is any text: one that nobody has is not found.
NAME = ("FIELD_PATH", "FIELD_STRING")


def media(holder):
    """The media types of a request or a response."""
    return list(holder.get("content", {}).values())


def texts(response):
    """The details of the examples of an error."""
    found = [each["detail"] for content in media(response) for each in openapi.examples(content)]
    return {text for text in found if isinstance(text, str)}


def nodes(node):
    """Every object of the document."""
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


# --- the document by itself ---


def test_document_is_valid():
    openapi_spec_validator.validate(openapi.document())
    assert openapi.document()["openapi"].startswith("3.1.")


def test_redocly_has_nothing_to_say():
    """The linter behind Redoc, with the rules of redocly.yaml; a warning is an error."""
    program = nodejs.packages(Path(__file__).parent / "redocly", "redocly") / "@redocly/cli/bin/cli.js"
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "CI": "true"}
    done = nodejs.run("node", program, "lint", "--format=json", "assets/openapi.json", cwd=sources.ROOT, **quiet)
    said = json.loads(done.stdout)
    assert said["totals"] == {"errors": 0, "warnings": 0, "ignored": 0}, said["problems"]


def test_no_name_stands_twice():
    """A JSON parser keeps the last one silently."""

    def pairs(found):
        names = [name for name, _ in found]
        assert len(names) == len(set(names)), names
        return dict(found)

    json.loads(openapi.PATH.read_text(), object_pairs_hook=pairs)


def test_all_components_are_used():
    used = {node["$ref"] for node in nodes(openapi.document()) if "$ref" in node}
    components = openapi.document()["components"]
    schemes = {name for needed in openapi.document()["security"] for name in needed}
    assert set(components["securitySchemes"]) == schemes
    there = {f"#/components/{kind}/{name}" for kind in components for name in components[kind]}
    assert used == there - {f"#/components/securitySchemes/{name}" for name in schemes}


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_operations_are_pleasant_to_read(method, path, operation):
    assert {"tags", "operationId", "summary", "description", "responses"} <= set(operation)
    assert set(operation["tags"]) <= {tag["name"] for tag in openapi.document()["tags"]}
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    for parameter in openapi.parameters(path, operation):
        assert parameter["description"]
        assert list(openapi.examples(parameter)), parameter["name"]
    for holder in (operation.get("requestBody", {}), *map(openapi.resolve, operation["responses"].values())):
        for content in media(holder):
            assert list(openapi.examples(content)), holder


def test_operation_ids_are_unique():
    ids = [operation["operationId"] for _, _, operation in openapi.operations()]
    assert len(ids) == len(set(ids))


def with_examples():
    """Whatever has a schema and examples for it: parameters, headers, bodies."""
    for node in nodes(openapi.document()):
        if "schema" in node and ("example" in node or "examples" in node):
            yield node


def test_examples_fit_their_schemas():
    count = 0
    for node in with_examples():
        for example in openapi.examples(node):
            count += 1
            # Members of requests as well: an example shows nothing that has no meaning.
            wrong = openapi.violations(node["schema"], example) + openapi.undocumented(node["schema"], example)
            assert not wrong, (example, wrong)
    assert count > 80


# --- against the sources ---


def test_routes_are_those_of_the_table_in_its_order():
    assert [(method, path) for method, path, _ in openapi.operations()] == list(ROUTES)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_access_and_body_are_those_of_the_table(method, path, operation):
    route = ROUTES[method, path]
    assert (operation.get("security") == []) == (route.access == "PUBLIC")
    types = {
        "NONE": [],
        "JSON": ["application/json"],
        "JSON_OR_NONE": ["application/json"],
        "FORM": ["application/x-www-form-urlencoded"],
        "RAW": ["application/webhook+json"],
    }
    assert list(operation.get("requestBody", {}).get("content", {})) == types[route.body]


def schema_of(field):
    """What a field of an input table is in JSON Schema, the parts that are compared."""
    if field.type == "FIELD_NUMBER_ID":
        return {"type": "integer"}
    if field.type == "FIELD_ROOM_ID":
        in_path = field.place == "FIELD_PATH"
        return {"type": ["integer", "string"], "minimum": 0} if in_path else {"type": "string"}
    if field.type == "FIELD_OBJECT":
        return {"type": ["object", "null"]}
    if field.type == "FIELD_SOURCES":
        return {"type": "array"}
    if field.type == "FIELD_BOOLEAN":
        return {"type": "boolean"}
    if field.type == "FIELD_TIMESTAMP":
        return {"type": ["string", "null"]}
    integer = field.type == "FIELD_INTEGER"
    least, most = ("minimum", "maximum") if integer else ("minLength", "maxLength")
    kind = "integer" if integer else "string"
    schema = {"type": [kind, "null"] if "FIELD_NULLABLE" in field.flags else kind}
    smallest = MIN_PASSWORD_LENGTH if field.type == "FIELD_PASSWORD" else int(field.min)
    if integer or smallest:
        schema[least] = smallest
    if field.max.isdigit() and int(field.max) and "FIELD_CLAMPED" not in field.flags:
        schema[most] = int(field.max)
    if field.place == "FIELD_QUERY" and field.fallback != "NULL":
        schema["default"] = int(field.fallback)
    return schema


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_input_is_that_of_the_field_tables(method, path, operation):
    documented = {}
    for parameter in openapi.parameters(path, operation):
        documented["FIELD_" + parameter["in"].upper(), parameter["name"]] = (
            parameter.get("required", False),
            parameter["schema"],
        )
    for content in media(operation.get("requestBody", {})):
        body = openapi.resolve(content["schema"])
        # What a page reads by itself has no table.
        for name, schema in body.get("properties", {}).items():
            documented["FIELD_BODY", name] = (name in body.get("required", ()), openapi.resolve(schema))
    fields = {(field.place, field.name): field for field in ROUTES[method, path].fields}
    assert set(documented) == set(fields)
    for key, (required, schema) in documented.items():
        field = fields[key]
        assert required == ("FIELD_REQUIRED" in field.flags or field.place == "FIELD_PATH"), key
        names = ("type", "minLength", "maxLength", "minimum", "maximum", "default")
        found = {name: schema[name] for name in names if name in schema}
        # An empty field of a form counts as missing.
        if ROUTES[method, path].body == "FORM" and required:
            assert found.pop("minLength") == 1
        assert found == schema_of(field), key


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS)
def test_errors_are_those_that_the_sources_can_give(method, path, operation):
    """Those of its statement, of the functions that one calls, of its page: each text is an example, and no other."""
    route = ROUTES[method, path]
    expected = {}
    for name in sources.route_outcomes(route) - TRANSPORT:
        status, text = sources.outcomes()[name]
        expected.setdefault(str(status), set()).add(text)
    if any(field.type != "FIELD_ROOM_ID" and (field.place, field.type) != NAME for field in route.fields):
        expected["422"] = set()
    responses = {status: openapi.resolve(response) for status, response in operation["responses"].items()}
    assert {status: texts(response) for status, response in responses.items() if status[0] in "45"} == expected
    made = "created" in sources.statement_outcomes(route.statement) if route.statement else False
    good = sources.page_statuses(route.page) if route.page else set()
    good = good or ({"200", "201"} if made else {"200"})
    assert {status for status in responses if status[0] == "2"} == good
    assert operation["responses"]["default"] == {"$ref": "#/components/responses/Refused"}


def test_errors_of_the_transport_are_on_every_path():
    refused = openapi.document()["components"]["responses"]["Refused"]
    rows = [sources.outcomes()[name] for name in TRANSPORT]
    assert texts(refused) == {text for _, text in rows}
    assert set(refused["x-statuses"]) == {status for status, _ in rows}


def test_every_error_of_the_catalogue_is_documented():
    reached = {name for route in ROUTES.values() for name in sources.route_outcomes(route)}
    errors = {name for name, (_, text) in sources.outcomes().items() if text}
    assert errors == reached | TRANSPORT | ELSEWHERE
    for name in ELSEWHERE:
        status, text = sources.outcomes()[name]
        assert re.search(rf"\| {status} \| `{text}` \|", openapi.document()["info"]["description"]), name


# --- against the server ---


def test_server_gives_this_document(server):
    answer = server.http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.content == openapi.PATH.read_bytes()
    assert openapi.document()["info"]["version"] == server.http.get("/").json()["version"]


def concrete(path):
    return re.sub(r"\{\w+\}", "1", path)


@pytest.mark.parametrize("path", openapi.document()["paths"])
def test_server_allows_the_methods_of_the_document(server, path):
    allowed = {method.upper() for method, each in DOCUMENTED if each == path} | {"OPTIONS"}
    allowed |= {"HEAD"} if "GET" in allowed else set()
    answer = server.http.options(concrete(path))
    assert set(answer.headers["allow"].split(", ")) == allowed
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"} - allowed:
        answer = server.http.request(method, concrete(path))
        assert answer.status_code == 405
        assert set(answer.headers["allow"].split(", ")) == allowed


# The webhook's have to be signed, and what LiveKit answers needs a call: tests/livekit.
WITH_BODY = [
    pytest.param(method, path, op, id=f"{method} {path}")
    for method, path, op in openapi.operations()
    if "requestBody" in op and path != "/livekit/webhook" and "502" not in op["responses"]
]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_BODY)
def test_server_takes_the_examples_of_requests(server, method, path, operation):
    """Sent as they stand, but for names that somebody has already."""
    ((media_type, content),) = operation["requestBody"]["content"].items()
    for example in openapi.examples(content):
        person = newcomer(server.http, password="correct horse battery")
        room = server.http.post("/rooms/", json={"name": "Examples"}, headers=person.headers).json()
        body = dict(example)
        if "email" in body:
            body["email"] = f"{new_name()}@{body['email'].partition('@')[2]}"
        if "username" in body:
            body["username"] = new_name() if path == "/auth/register" else person.username
        if "room_name" in body:
            body["room_name"] = room["room_id"]
        if path == "/auth/refresh":
            body["refresh_token"] = person.refresh_token
        how = {"json" if media_type == "application/json" else "data": body}
        answer = server.http.request(method, path.replace("{room_id}", room["room_id"]), headers=person.headers, **how)
        assert answer.is_success, (example, answer.text)


# --- the check that every answer goes through ---


def answer(method="GET", path="/health", status=200, body=None, content=None, **headers):
    headers = {"content_type": "application/json", "x_request_id": "0123456789", **headers}
    content = json.dumps({"status": "healthy"} if body is None else body).encode() if content is None else content
    headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
    request = httpx.Request(method, f"http://localhost{path}")
    return httpx.Response(status, headers=headers, content=content, request=request)


USER = openapi.document()["paths"]["/auth/me"]["get"]["responses"]["200"]["content"]["application/json"]["example"]
ROOM = openapi.document()["paths"]["/rooms/{room_id}"]["get"]["responses"]["200"]["content"]["application/json"][
    "example"
]
DETAIL = {"detail": "Some text"}
RIGHT = {
    "as documented": answer(),
    "a query": answer(path="/health?a=1"),
    "a user": answer(path="/auth/me", body=USER),
    "a list": answer(path="/rooms?skip=1", body=[ROOM]),
    "HEAD": answer("HEAD", content=b""),
    "OPTIONS": answer("OPTIONS", path="/auth/me", content=b"", content_type=None),
    "no such path": answer(path="/no", status=404, body=DETAIL),
    "no such method": answer("PUT", status=405, body=DETAIL),
    "refused by the transport": answer(status=431, body=DETAIL),
    "not modified": answer(path="/openapi.json", status=304, content=b"", content_type=None, etag='"a"'),
    "for browsers": answer(path="/", status=303, content=b"", content_type=None, location="/app/"),
    "unauthenticated": answer(path="/auth/me", status=401, body=DETAIL, www_authenticate="Bearer"),
}
WRONG = {
    "another status": answer(status=201),
    "a fault of the server": answer(status=500, body=DETAIL),
    "an error that this call does not have": answer(path="/auth/me", status=409, body=DETAIL),
    "another media type": answer(content_type="text/plain"),
    "no media type": answer(content_type=None),
    "another value": answer(body={"status": "well"}),
    "a member missing": answer(path="/auth/me", body={k: v for k, v in USER.items() if k != "full_name"}),
    "another type": answer(path="/auth/me", body={**USER, "id": "1"}),
    "null where none is": answer(path="/auth/me", body={**USER, "username": None}),
    "a time without a zone": answer(path="/auth/me", body={**USER, "created_at": "2025-09-05T10:30:00"}),
    "a time in PostgreSQL's form": answer(path="/auth/me", body={**USER, "created_at": "2025-09-05 10:30:00+00"}),
    "a new member": answer(path="/auth/me", body={**USER, "hashed_password": "x"}),
    "a new member within": answer(path="/rooms/1", body={**ROOM, "creator": {**USER, "x": 1}}),
    "a new member in a list": answer(path="/rooms/", body=[ROOM, {**ROOM, "x": 1}]),
    "an object for a list": answer(path="/rooms/", body=ROOM),
    "an error without detail": answer(path="/auth/me", status=401, body={}, www_authenticate="Bearer"),
    "401 without a challenge": answer(path="/auth/me", status=401, body=DETAIL),
    "503 without Retry-After": answer(path="/ready", status=503, body=DETAIL),
    "503 with a date": answer(path="/ready", status=503, body=DETAIL, retry_after="0"),
    "an error without a request id": answer(status=431, body=DETAIL, x_request_id=None),
    "422 with a text": answer("POST", path="/auth/login", status=422, body=DETAIL),
    "a path that is not documented": answer(path="/no"),
    "a method that is not documented": answer("PUT"),
    "a redirect to nowhere": answer(path="/", status=303, content=b"", content_type=None),
    "a body that says nothing new": answer(path="/openapi.json", status=304, etag='"a"'),
    "a tag without quotes": answer(path="/openapi.json", status=304, content=b"", content_type=None, etag="a"),
    "HEAD with a body": answer("HEAD"),
    "OPTIONS with a body": answer("OPTIONS"),
}


@pytest.mark.parametrize("response", RIGHT.values(), ids=RIGHT)
def test_check_takes(response):
    openapi.validate(response)


@pytest.mark.parametrize("response", WRONG.values(), ids=WRONG)
def test_check_refuses(response):
    with pytest.raises(AssertionError, match=r"not as assets/openapi\.json has it"):
        openapi.validate(response)


def test_clients_of_the_harness_check_every_answer(server, monkeypatch):
    operation = openapi.document()["paths"]["/health"]["get"]
    monkeypatch.setitem(operation["responses"], "200", operation["responses"]["default"])
    with pytest.raises(AssertionError, match="not documented"):
        server.http.get("/health")
    with server.client(tls=True) as client, pytest.raises(AssertionError, match="not documented"):
        client.get("/health")
    assert register(server.http)
