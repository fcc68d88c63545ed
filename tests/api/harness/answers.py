"""What an answer is, in one call each: an error with its text, the errors of a 422, a user, a room."""

import re

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


def refused(answer, status, detail):
    """An error of that status, with exactly that text."""
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert (answer.headers.get("www-authenticate") == "Bearer") == (status == 401)


def errors(answer):
    """The errors of a 422 as {loc: type}."""
    assert answer.status_code == 422, answer.text
    found = answer.json()["detail"]
    for error in found:
        assert {"type", "loc", "msg"} <= set(error) <= {"type", "loc", "msg", "ctx"}, error
        assert error["msg"]
    assert len({tuple(error["loc"]) for error in found}) == len(found), found
    return {tuple(error["loc"]): error["type"] for error in found}


def ok(answer):
    """The body of a 200."""
    assert answer.status_code == 200, answer.text
    return answer.json()


def check_types(found, expected):
    """Every member named is there, of exactly one of the types named (True is no integer here)."""
    for name, types in expected.items():
        assert name in found, (name, found)
        assert type(found[name]) in types, (name, found)


def check_times(found):
    assert TIMESTAMP.fullmatch(found["created_at"]), found
    assert found["updated_at"] is None or TIMESTAMP.fullmatch(found["updated_at"]), found


def check_user(user):
    nothing = type(None)
    check_types(
        user,
        {
            "username": [str],
            "email": [str],
            "full_name": [str, nothing],
            "id": [int],
            "is_active": [bool],
            "created_at": [str],
            "updated_at": [str, nothing],
        },
    )
    check_times(user)
    assert not [name for name in user if "password" in name]
    return user


def check_room(room):
    nothing = type(None)
    check_types(
        room,
        {
            "name": [str],
            "description": [str, nothing],
            "max_participants": [int],
            "id": [int],
            "room_id": [str],
            "creator_id": [int],
            "is_active": [bool],
            "created_at": [str],
            "updated_at": [str, nothing],
        },
    )
    check_times(room)
    assert re.fullmatch("room_[0-9a-f]{8}", room["room_id"])
    return room


def check_listed_room(room):
    check_types(check_room(room), {"participants_count": [int], "creator": [dict]})
    assert check_user(room["creator"])["id"] == room["creator_id"]
    return room
