"""The web client's pages: accounts, rooms, and what people meet when something is wrong."""

import json

from harness.people import new_name
from harness.poll import poll


def make_rooms(server, guest, *names):
    """Rooms of somebody's, past the pages."""
    answer = server.http.post("/auth/login", data={"username": guest.name, "password": guest.password})
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return [server.http.post("/rooms/", json={"name": name}, headers=headers).json()["room_id"] for name in names]


def error_of(guest, label):
    """What stands beside a field."""
    field = guest.page.get_by_label(label, exact=True)
    assert field.get_attribute("aria-invalid") == "true"
    return guest.page.locator(f"[id='{field.get_attribute('aria-describedby')}']").inner_text().strip()


# --- accounts ---


def test_first_visit(stranger):
    asked, octets = [], []
    stranger.page.on("request", lambda request: asked.append(request.url.removeprefix(stranger.origin)))
    devtools = stranger.context.new_cdp_session(stranger.page)
    devtools.send("Network.enable")
    devtools.on("Network.loadingFinished", lambda event: octets.append(event["encodedDataLength"]))
    stranger.open().heading("Sign in")
    assert stranger.path == "/signin"
    stranger.look("sign-in")
    # Nobody was here before: there is no session worth asking for, and no call.
    assert [path for path in asked if not path.startswith("/app/")] == []
    assert not [path for path in asked if "call" in path]
    assert sum(octets) < 100_000, octets


def test_sign_up(visitors, stranger):
    (taken,) = visitors("taken")
    stranger.open("/signup")
    stranger.fill({"Username": taken.name, "E-mail": "nobody@localhost", "Password": "short"})
    stranger.button("Create account").click()
    stranger.says("At least 6 characters, please.")
    assert error_of(stranger, "E-mail") == "This is not an e-mail address that mail can reach."
    assert error_of(stranger, "Password") == "At least 6 characters, please."
    assert stranger.page.evaluate("document.activeElement.name") == "email"
    stranger.look("sign-up-errors")
    stranger.sign_up(taken.name)
    stranger.says("Email already registered.")
    assert error_of(stranger, "E-mail") == "Email already registered."
    stranger.page.get_by_label("E-mail").fill(f"{new_name()}@example.com")
    stranger.button("Create account").click()
    stranger.says("Username already taken.")
    assert error_of(stranger, "Username") == "Username already taken."
    stranger.sign_up(full_name="Ann Example")
    stranger.heading("Rooms")
    assert stranger.path == "/"
    stranger.says("Ann Example")


def test_sign_in(visitors):
    (ann,) = visitors("ann")
    ann.button("Sign out").click()
    ann.heading("Sign in")
    right, ann.password = ann.password, "something else"
    ann.sign_in().says("Incorrect username or password.")
    ann.look("sign-in-refused")
    ann.password = right
    ann.sign_in().heading("Rooms")


def test_share_link_survives_sign_in(visitors, stranger):
    (ann,) = visitors("ann")
    link = ann.create_room("For the invited")
    stranger.open(link).says("You were invited to a room.")
    stranger.link("Create an account").click()
    stranger.sign_up().heading("For the invited")
    assert stranger.path == link
    stranger.button("Sign out").click()
    stranger.heading("Sign in")
    stranger.open(link)
    stranger.sign_in().heading("For the invited")
    assert stranger.path == link


def test_sign_in_leads_to_no_other_site(visitors):
    (ann,) = visitors("ann")
    ann.button("Sign out").click()
    ann.heading("Sign in")
    ann.open("/signin?next=//example.com/")
    ann.sign_in().heading("Rooms")
    assert ann.path == "/"


def test_tokens_are_kept_nowhere(visitors):
    (ann,) = visitors("ann")
    kept = ann.page.evaluate("JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])")
    assert "eyJ" not in kept
    assert json.loads(kept)[2] == ""


def test_account(visitors, stranger):
    (ann,) = visitors("ann")
    ann.page.get_by_role("link", name="your account").click()
    ann.heading("Profile")
    ann.page.get_by_label("Your name").fill("Ann B. Example")
    ann.button("Save profile").click()
    ann.says("Profile saved")
    ann.heading("Ann B. Example")
    ann.page.get_by_label("E-mail").fill("nobody@localhost")
    ann.button("Save profile").click()
    ann.says("This is not an e-mail address that mail can reach.")
    ann.look("account")
    ann.fill({"Current password": "not this", "New password": "a new sentence"})
    ann.button("Change password").click()
    ann.says("Incorrect password.")
    ann.fill({"Current password": ann.password, "New password": "a new sentence"})
    ann.button("Change password").click()
    ann.says("Password changed")
    assert ann.page.get_by_label("New password", exact=True).input_value() == ""
    stranger.name, stranger.password = ann.name, "a new sentence"
    stranger.open("/signin").sign_in().heading("Rooms")


# --- rooms ---


def test_rooms(visitors, calls):
    """The list: looking for a room, its pages, and that going back leads to where one was."""
    (ann,) = visitors("ann")
    word = new_name("word")
    # No name of a person has an x, and those are searched, too.
    make_rooms(calls, ann, *(f"{word} x{number:02}" for number in range(30)))
    ann.open(f"/?q={word}").says("30 rooms")
    cards = ann.page.locator(".room-card")
    poll(lambda: cards.count() == 24, 15)
    ann.look("rooms")
    ann.link("Next").click()
    ann.says("Page 2 of 2")
    assert (cards.count(), ann.path) == (6, f"/?q={word}&page=2")
    cards.first.click()
    ann.link("Rooms", exact=True).wait_for()
    ann.page.go_back()
    ann.says("Page 2 of 2")
    ann.page.get_by_label("Search rooms").fill(f"{word} x07")
    poll(lambda: cards.count() == 1, 15)
    assert cards.locator("h2").inner_text() == f"{word} x07"
    ann.page.get_by_label("Search rooms").fill("nothing is called so")
    ann.heading("Rooms")
    ann.says("No room fits that")
    ann.look("rooms-none")


def test_more_rooms_than_are_searched(visitors, calls):
    """The newest thousand; and it is said that there are older ones."""
    (ann,) = visitors("ann")
    word = new_name("word")
    (oldest,) = make_rooms(calls, ann, f"{word} oldest")
    ann.open(f"/?q={word}").says("1 room")
    assert ann.page.locator(".older").count() == 0
    calls.database.query(
        "insert into rooms (name, room_id, creator_id, is_active, max_participants) "
        "select %s || ' ' || i, %s || i, id, true, 50 from users, generate_series(1, 1000) i where username = %s "
        "returning id",
        [word, f"{word}_", ann.name],
    )
    ann.page.reload()
    ann.says("1000 rooms")
    ann.says("These are the newest 1,000 rooms, and search looks through them.")
    assert ann.page.locator(".room-card h2").first.inner_text() == f"{word} 1000"
    ann.open(f"/room/{oldest}").heading(f"{word} oldest")
    calls.database.query("delete from rooms where name like %s || ' %%' returning id", [word])


def test_room(visitors):
    """A room's page, as its creator and as another see it."""
    ann, bob = visitors("ann", "bob")
    ann.button("New room").first.click()
    ann.page.get_by_label("Name", exact=True).fill("Plans")
    ann.page.get_by_label("Seats").fill("0")
    ann.page.evaluate("document.querySelector('dialog form').noValidate = true")
    ann.button("Create room").click()
    ann.says("1 or more, please.")
    ann.look("room-form")
    ann.page.keyboard.press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    link = ann.create_room("Plans", seats=7, description="What next?")
    ann.says("7 seats")
    ann.look("room")
    ann.button("Edit").click()
    ann.page.get_by_label("Name", exact=True).fill("Grand plans")
    ann.button("Save").click()
    ann.heading("Grand plans")
    bob.open(link).heading("Grand plans")
    assert bob.button("Edit").count() == 0
    ann.button("End room").click()
    ann.look("room-end")
    ann.page.get_by_role("dialog").get_by_role("button", name="End room").click()
    ann.says("This room has ended.")
    ann.look("room-ended")
    bob.open(link).says("This room has ended.")
    bob.open(f"{link}/call").heading("The call has ended")
    bob.open("/room/room_00000000").heading("There is no such room")
    bob.look("room-none")
    bob.open("/nowhere").heading("There is nothing here")


# --- when something is wrong ---


def test_slow_and_absent_server(visitors):
    """Shapes of what comes while it comes; words while the server is away; and on by itself when it is back."""
    (ann,) = visitors("ann")
    link = ann.create_room("Endurance")
    held = []
    ann.page.route("**/rooms/?*", lambda route: held.append(route))
    ann.open()
    ann.page.locator(".skeleton").first.wait_for()
    ann.look("rooms-loading")
    for route in held:
        route.continue_()
    ann.page.unroute("**/rooms/?*")
    ann.says("Endurance")
    for path in ("**/rooms/**", "**/ready"):
        ann.page.route(path, lambda route: route.abort())
    ann.page.locator(".room-card", has_text="Endurance").click()
    ann.says("The server cannot be reached.")
    ann.look("away")
    for path in ("**/rooms/**", "**/ready"):
        ann.page.unroute(path)
    ann.heading("Endurance")
    assert ann.path == link
    ann.page.locator(".away").wait_for(state="detached")


def test_keyboard(visitors):
    """From the rooms page into a new room, and out, with keys alone."""
    (ann,) = visitors("ann")
    press = ann.page.keyboard.press
    ann.link("parley, all rooms").focus()
    press("Shift+Tab")
    assert ann.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    ann.button("New room").first.focus()
    press("Enter")
    ann.page.keyboard.type("By keys")
    press("Enter")
    ann.heading("By keys")
    poll(lambda: ann.page.evaluate("document.activeElement.tagName") == "H1", 5, "the heading has the focus")
    ann.button("End room").focus()
    press("Enter")
    ann.page.get_by_role("dialog").wait_for()
    press("Escape")
    ann.page.get_by_role("dialog").wait_for(state="detached")
    assert ann.page.evaluate("document.activeElement.textContent").strip() == "End room"
