"""Many people and their requests at once."""

import json

from harness.people import Person, bearer, make_token, new_name, relative


def crowd(database, count):
    """So many users, made in the database (no password is hashed), each with a token."""
    names = [new_name("crowd") for _ in range(count)]
    rows = database.query(
        "insert into users (username, email, hashed_password) "
        "select name, name || '@example.com', '' from unnest(%s::text[]) name returning username, id",
        [names],
    )
    people = []
    for name, number in rows:
        person = Person(name, f"{name}@example.com", None, {"id": number, "username": name})
        person.token = make_token({"sub": name, "exp": relative(600)})
        people.append(person)
    return people


def lines(method, path, token=None, body=None):
    """A request as bytes."""
    head = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    if token:
        head.append(f"Authorization: {bearer(token)['Authorization']}")
    data = b"" if body is None else json.dumps(body).encode()
    if body is not None:
        head += ["Content-Type: application/json", f"Content-Length: {len(data)}"]
    return "\r\n".join([*head, "", ""]).encode() + data


def together(server, requests):
    """Sends all requests, each on an open connection of its own, before the first answer is read.

    Returns (status, body) of each, in the order of the requests.
    """
    clients = []
    try:
        for _ in requests:
            clients.append(server.connect(timeout=30))
        for client, data in zip(clients, requests, strict=True):
            client.send(data)
        answers = [client.response() for client in clients]
    finally:
        for client in clients:
            client.close()
    return [(answer.status, json.loads(answer.body)) for answer in answers]
