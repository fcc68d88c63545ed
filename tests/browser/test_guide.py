"""The JavaScript of frontend-guide.md, unchanged, in Chromium, on a page of another origin than parley's."""

import jwt
import pytest
from frontend.guide import EMAIL, PASSWORD, USERNAME
from frontend.site import API, OTHER_PAGE, thrown
from harness.answers import check_listed_room, check_room, check_user
from harness.people import newcomer
from harness.secret import secret
from harness.server import LIVEKIT_API_SECRET

LOGIN = "(argument) => authManager.login(...argument)"
CREATE = "(room) => roomService.createRoom(room)"
LIST = "() => roomService.listRooms()"
JOIN = "(id) => roomService.joinRoom(id)"
LEAVE = "(id) => roomService.leaveRoom(id)"
PARTICIPANTS = "(id) => roomService.getRoomParticipants(id)"

LEFT = {"message": "Successfully left the room"}
NOT_THERE = 2147483647

# What the guide's code makes of an answer that is no success: new Error(await response.text()).
NOBODY = ["Error", '{"detail":"Could not validate credentials"}']
NO_ROOM = ["Error", '{"detail":"Room not found"}']
NOT_IN_ROOM = ["Error", '{"detail":"You are not in this room"}']


def create(page, name="Team Meeting"):
    return page.evaluate(CREATE, {"name": name, "description": "Weekly team sync", "max_participants": 10})


def listed(page, room):
    """The room as the list has it."""
    (found,) = [each for each in page.evaluate(LIST) if each["id"] == room["id"]]
    return check_listed_room(found)


def check_join(joined, room, server):
    """A LiveKit token for this room and the test user, and LiveKit's address as the guide takes it out."""
    secret(joined["token"])
    assert joined["room_url"].split("?")[0] == server.environment["LIVEKIT_URL"]
    assert joined["room_url"].split("?token=")[1] == joined["token"]
    claims = jwt.decode(joined["token"], LIVEKIT_API_SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["name"], claims["iss"]) == (USERNAME, USERNAME, "devkey")
    assert (claims["video"]["room"], claims["video"]["roomJoin"]) == (room["room_id"], True)


def check_login(page):
    """Logs in with the guide's code, and looks at what it keeps."""
    assert page.evaluate(LOGIN, [USERNAME, PASSWORD]) is True
    assert page.evaluate("authManager.isAuthenticated()") is True
    token = secret(page.evaluate("authManager.token"))
    assert page.evaluate("localStorage.getItem('jwt_token')") == token
    user = check_user(page.evaluate("authManager.user"))
    assert (user["username"], user["email"], user["full_name"]) == (USERNAME, EMAIL, "Test User")
    assert page.evaluate("() => authManager.getCurrentUser()") == user


# --- accounts ---


def test_page_is_where_the_guide_has_it(page):
    assert page.evaluate("location.origin") == "http://localhost:3000"
    assert page.evaluate("window.isSecureContext") is True
    assert page.evaluate("roomService.baseUrl") == f"http://{API}"


def test_login(page):
    assert page.evaluate("authManager.isAuthenticated()") is False
    check_login(page)


@pytest.mark.parametrize("who", [[USERNAME, "wrong password"], ["nobody", PASSWORD]], ids=["password", "user"])
def test_login_refused(page, who):
    assert thrown(page, LOGIN, who) == ["Error", "Incorrect username or password"]
    assert page.evaluate("authManager.isAuthenticated()") is False
    assert page.evaluate("localStorage.length") == 0


def test_reload_keeps_the_token(member_page):
    user = member_page.evaluate("() => authManager.getCurrentUser()")
    member_page.reload()
    assert member_page.evaluate("authManager.isAuthenticated()") is True
    assert member_page.evaluate("authManager.user") is None
    assert member_page.evaluate("() => authManager.getCurrentUser()") == check_user(user)
    assert user["username"] == USERNAME


def test_logout(member_page):
    assert member_page.evaluate("authManager.isAuthenticated()") is True
    member_page.evaluate("authManager.logout()")
    assert member_page.evaluate("authManager.isAuthenticated()") is False
    assert member_page.evaluate("localStorage.length") == 0
    assert thrown(member_page, LIST) == NOBODY
    member_page.reload()
    assert member_page.evaluate("authManager.isAuthenticated()") is False


def test_token_of_nobody(page):
    """After logout, or when it has expired: every call is a 401 that the page can read."""
    page.evaluate("authManager.token = 'expired'")
    with page.expect_response(f"http://{API}/auth/me") as answer:
        assert page.evaluate("() => authManager.getCurrentUser()") is None
    assert answer.value.status == 401
    for call, argument in ((CREATE, {"name": "x"}), (LIST, None), (JOIN, 1), (LEAVE, 1), (PARTICIPANTS, 1)):
        assert thrown(page, call, argument) == NOBODY


# --- rooms ---


def test_create_and_list_rooms(member_page):
    room = check_room(create(member_page))
    user = member_page.evaluate("() => authManager.getCurrentUser()")
    del user["is_admin"]  # of oneself only
    assert (room["name"], room["description"], room["max_participants"]) == ("Team Meeting", "Weekly team sync", 10)
    assert (room["creator_id"], room["is_active"]) == (user["id"], True)
    assert listed(member_page, room) == {**room, "participants_count": 0, "creator": user}


def test_create_room_refused(member_page):
    name, message = thrown(member_page, CREATE, {"description": "no name"})
    detail = member_page.evaluate("(text) => JSON.parse(text).detail", message)
    assert (name, detail[0]["type"], detail[0]["loc"]) == ("Error", "missing", ["body", "name"])


@pytest.mark.parametrize("form", ["id", "room_id"])
def test_join_and_leave(frontend, member_page, form):
    room = create(member_page)
    room_id = room[form]
    check_join(member_page.evaluate(JOIN, room_id), room, frontend.server)
    assert listed(member_page, room)["participants_count"] == 1
    assert member_page.evaluate(LEAVE, room_id) == LEFT
    assert listed(member_page, room)["participants_count"] == 0
    with member_page.expect_response("**/leave") as answer:
        assert thrown(member_page, LEAVE, room_id) == NOT_IN_ROOM
    assert answer.value.status == 400


def test_participants(frontend, member_page):
    room = create(member_page)
    assert member_page.evaluate(PARTICIPANTS, room["id"]) == {"participants": []}
    other = newcomer(frontend.server.http)
    assert frontend.server.http.post(f"/rooms/{room['id']}/join", headers=other.headers).status_code == 200
    member_page.evaluate(JOIN, room["id"])
    found = member_page.evaluate(PARTICIPANTS, room["id"])["participants"]
    assert {each["identity"]: each["name"] for each in found} == {name: name for name in (USERNAME, other.username)}
    for each in found:
        assert {"sid", "joined_at", "state"} <= set(each)
    assert listed(member_page, room)["participants_count"] == 2


def test_room_that_is_not_there(member_page):
    for call, path in ((JOIN, "join"), (PARTICIPANTS, "participants")):
        with member_page.expect_response(f"**/{path}") as answer:
            assert thrown(member_page, call, NOT_THERE) == NO_ROOM
        assert answer.value.status == 404
    assert thrown(member_page, LEAVE, NOT_THERE) == NOT_IN_ROOM


def test_video_call_asks_livekit_for_this_room(frontend, member_page):
    """VideoCallManager as it stands, with a stand-in for livekit-client: what it gets is what parley said."""
    room = create(member_page)
    asked = member_page.evaluate(
        """async (id) => {
            const manager = new VideoCallManager(roomService);
            manager.setEventHandlers({});
            await manager.joinVideoCall(id);
            await manager.disconnect();
            return asked;
        }""",
        room["id"],
    )
    (_, url, token), *rest = asked
    assert url == frontend.server.environment["LIVEKIT_URL"]
    check_join({"token": token, "room_url": f"{url}?token={token}"}, room, frontend.server)
    assert rest == [["publish", "audio"], ["publish", "video"], ["disconnect"]]


# --- origins ---

WITH_COOKIES = f"() => fetch('http://{API}/health', {{credentials: 'include'}}).then((answer) => answer.json())"
UNREADABLE = ["TypeError", "Failed to fetch"]


def test_any_origin_without_credentials(frontend, page):
    assert thrown(page, WITH_COOKIES) == UNREADABLE
    with frontend.open(at=OTHER_PAGE) as other:
        check_login(other)


def test_listed_origin(listed_frontend):
    """All of the guide once more where CORS_ORIGINS names the page's origin."""
    with listed_frontend.open() as page:
        assert page.evaluate(WITH_COOKIES) == {"status": "healthy"}
        assert thrown(page, LOGIN, [USERNAME, "wrong password"]) == ["Error", "Incorrect username or password"]
        check_login(page)
        page.reload()
        room = create(page)
        check_join(page.evaluate(JOIN, room["id"]), room, listed_frontend.server)
        assert listed(page, room)["participants_count"] == 1
        assert len(page.evaluate(PARTICIPANTS, room["id"])["participants"]) == 1
        assert page.evaluate(LEAVE, room["id"]) == LEFT
        assert thrown(page, LEAVE, room["id"]) == NOT_IN_ROOM
        assert thrown(page, JOIN, NOT_THERE) == NO_ROOM
        page.evaluate("authManager.logout()")
        assert thrown(page, LIST) == NOBODY


def test_origin_beside_the_list(listed_frontend):
    with listed_frontend.open(at=OTHER_PAGE) as page:
        assert thrown(page, LOGIN, [USERNAME, PASSWORD]) == UNREADABLE
        assert thrown(page, WITH_COOKIES) == UNREADABLE
