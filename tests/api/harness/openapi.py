"""assets/openapi.json as tests use it: what it says of a call, and whether an answer is as it says."""

import json
import re
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

PATH = Path(__file__).resolve().parents[3] / "assets/openapi.json"
METHODS = ("get", "put", "post", "delete", "patch")
URI = "urn:openapi"

# Four digits of a year or more, as PostgreSQL writes them; a zone always.
TIMESTAMP = re.compile(r"\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")

formats = FormatChecker(["email"])


@formats.checks("date-time")
def is_timestamp(value):
    return not isinstance(value, str) or TIMESTAMP.fullmatch(value) is not None


@formats.checks("uri")
def is_uri(value):
    return not isinstance(value, str) or re.fullmatch(r"[a-z][a-z0-9+.-]*://[!-~]+", value) is not None


@cache
def document():
    return json.loads(PATH.read_text())


@cache
def registry():
    return Registry().with_resource(URI, Resource.from_contents(document(), DRAFT202012))


def resolve(node):
    """What a reference stands for; anything else is itself."""
    while "$ref" in node:
        target = document()
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        node = target
    return node


def operations():
    """Each call as (method in lower case, path, operation), in the order of the document."""
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def parameters(path, operation):
    """The parameters of a call, those of its path included."""
    return [resolve(each) for each in document()["paths"][path].get("parameters", []) + operation.get("parameters", [])]


def examples(holder):
    """The examples of a media type or a parameter."""
    if "example" in holder:
        yield holder["example"]
    for each in holder.get("examples", {}).values():
        yield each["value"]


def absolute(schema):
    """The same schema with references that hold outside the document."""
    if isinstance(schema, dict):
        return {k: URI + v if k == "$ref" else absolute(v) for k, v in schema.items()}
    return [absolute(each) for each in schema] if isinstance(schema, list) else schema


def violations(schema, value):
    """What is wrong with a value, each with its place."""
    validator = Draft202012Validator(absolute(schema), registry=registry(), format_checker=formats)
    return [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]


def members(schema):
    """The members that a schema of an object names; None where it says nothing of them."""
    schema = resolve(schema)
    named = dict(schema["properties"]) if "properties" in schema else None
    for part in schema.get("allOf", []):
        more = members(part)
        named = named if more is None else {**(named or {}), **more}
    return named


def undocumented(schema, value, place="$"):
    """The members of an answer that the document does not know. Clients must expect some; the document must not lag."""
    if isinstance(value, list):
        items = resolve(schema).get("items", {})
        return [each for at, item in enumerate(value) for each in undocumented(items, item, f"{place}[{at}]")]
    named = members(schema) if isinstance(value, dict) else None
    if named is None:
        return []
    found = [f"{place}.{name}: not documented" for name in value if name not in named]
    for name in value.keys() & named.keys():
        found += undocumented(named[name], value[name], f"{place}.{name}")
    return found


def find_path(path):
    """The documented path that a path of a request stands for, or None."""
    wanted = path.strip("/").split("/")
    for template in document()["paths"]:
        parts = template.strip("/").split("/")
        if len(parts) == len(wanted) and all(
            have if want.startswith("{") else want == have for want, have in zip(parts, wanted, strict=True)
        ):
            return template
    return None


def find_response(operation, status):
    """What the document says of that status for a call, or None. A fault of the server is never right."""
    responses = operation["responses"]
    if str(status) in responses:
        return resolve(responses[str(status)])
    default = resolve(responses["default"])
    return default if status in default["x-statuses"] and status != 500 else None


def check_body(content, response):
    media_type = response.headers.get("content-type", "").partition(";")[0]
    assert media_type in content, f"{media_type!r} is not one of {sorted(content)}"
    schema = content[media_type]["schema"]
    value = response.json() if media_type == "application/json" else response.text
    wrong = violations(schema, value) + undocumented(schema, value)
    assert not wrong, "\n".join(wrong)


def check_headers(documented, response):
    for name, header in documented.items():
        header = resolve(header)
        value = response.headers.get(name)
        assert value is not None or not header.get("required"), f"{name} is missing"
        if value is not None:
            value = int(value) if header["schema"]["type"] == "integer" else value
            assert not violations(header["schema"], value), f"{name}: {value}"


def check_elsewhere(response, expected):
    """An answer where the document has no call: an error of that status."""
    assert response.status_code in expected, f"status {response.status_code} of what is not documented"
    check_body(document()["components"]["responses"]["Refused"]["content"], response)


def check(response):
    method = response.request.method.lower()
    path = find_path(response.request.url.raw_path.decode("ascii").partition("?")[0])
    if method == "options":
        assert (response.status_code, response.content) == (200, b"")
        return
    if method == "head":
        assert response.content == b"", "HEAD with a body"
    if path is None:
        if method != "head":
            check_elsewhere(response, (400, 404, 413, 414, 431, 501))
        return
    operation = document()["paths"][path].get("get" if method == "head" else method)
    if operation is None:
        if method != "head":
            check_elsewhere(response, (404, 405, 413, 414, 431, 501))
        return
    documented = find_response(operation, response.status_code)
    assert documented is not None, f"status {response.status_code} is not documented"
    check_headers(documented.get("headers", {}), response)
    if "content" not in documented:
        assert response.content == b"", "a body where none is documented"
    elif method != "head":
        check_body(documented["content"], response)


def validate(response):
    """Asserts that an answer (httpx.Response, read) to a call is one that the document describes."""
    try:
        check(response)
    except AssertionError as error:
        request = response.request
        said = f"{request.method} {request.url.raw_path.decode()} -> {response.status_code} {response.text[:300]}"
        raise AssertionError(f"not as assets/openapi.json has it: {error}\n{said}") from None


def validate_hook(response):
    """For the event hooks of httpx clients."""
    response.read()
    validate(response)
