"""Calls in the web client: real servers, real media, two browsers or three."""

import csv
import io
from pathlib import Path

import pytest
from harness.poll import poll

pytestmark = [pytest.mark.slow, pytest.mark.callers, pytest.mark.timeout(120)]

# The stage is dark in both schemes, and all ends of a call are one page.
ONE = ("light",)

# When the list of people changed, in milliseconds.
WATCH_LIST = """() => {
    window.drawn = [];
    new MutationObserver(() => drawn.push(performance.now())).observe(document.querySelector(".crowd"), {
        attributes: true, characterData: true, childList: true, subtree: true,
    });
}"""

# What LiveKit tells of so many people who come at once, each with a microphone that goes on and off while they speak,
# put in where its messages come in. The session of the call is where React keeps it.
MANY_COME = """async (count) => {
    const name = (element) => Object.keys(element).find((key) => key.startsWith("__reactFiber"));
    const call = document.querySelector(".call");
    let fiber = call[name(call)];
    while (!fiber.memoizedProps?.call) fiber = fiber.return;
    const { client } = fiber.memoizedProps.call.room.engine;
    const [ACTIVE, GONE, AUDIO, MICROPHONE] = [2, 3, 0, 2];
    let version = 0;
    const tell = (number, state, tracks) => client.onParticipantUpdate([{
        sid: `PA_fed${number}`, identity: `fed${number}`, name: `Fed ${number}`, state, tracks, version: ++version,
        joinedAt: 1, kind: 0, metadata: "", attributes: {}, dataTracks: [], capabilities: [],
    }]);
    const numbers = [...Array(count).keys()];
    const everybody = async (each) => {
        for (const number of numbers) {
            each(number);
            if (number % 5 === 4) await new Promise((done) => setTimeout(done, 10));
        }
    };
    await everybody((number) => tell(number, ACTIVE, []));
    for (let round = 0; round < 10; round++)
        await everybody((number) => {
            const sid = `TR_fed${number}`;
            tell(number, ACTIVE, [{ sid, name: "", type: AUDIO, source: MICROPHONE, muted: round % 2 === 1 }]);
            client.onSpeakersChanged([{ sid: `PA_fed${number}`, level: 0.5, active: round % 3 === 0 }]);
        });
    return () => numbers.forEach((number) => tell(number, GONE, []));
}"""


@pytest.fixture
def call(visitors):
    """call("ann", "bob", seats=9): people in one call; the first has made the room."""

    def begin(*names, **room):
        first, *others = people = visitors(*names)
        first.create_room("Team sync", **room)
        first.join()
        for other in others:
            other.open(first.room_link).join()
        return people

    return begin


def counted(guest, link, number):
    """Waits until the list says that so many are in the call."""
    guest.open()
    text = f"{number} in the call" if number else "Nobody in yet"
    card = guest.page.locator(f".room-card[href$='{link}']")
    guest.until(lambda: card.get_by_text(text).count() == 1, text, 40)


def test_call(call):
    """All that two people do with each other."""
    ann, bob = call("ann", "bob")
    for one, other in ((ann, bob), (bob, ann)):
        one.sees(other.name)
        one.hears()
    ann.tile(bob.name).locator(".tile-muted").wait_for(state="detached")
    bob.look("call")

    bob.button("Mute microphone").click()
    ann.tile(bob.name).locator(".tile-muted").wait_for()
    bob.button("Turn camera off").click()
    ann.tile(bob.name).locator(".avatar").wait_for()
    bob.button("Unmute microphone").click()
    bob.button("Turn camera on").click()
    ann.tile(bob.name).locator(".tile-muted").wait_for(state="detached")
    ann.sees(bob.name)

    bob.button("Chat").click()
    bob.page.get_by_label("Message", exact=True).fill("Hello from <b>Bob</b>, see https://example.com/?a=1&b=2")
    bob.page.keyboard.press("Enter")
    ann.button("Chat (1 new)").click()
    ann.says("Hello from <b>Bob</b>, see")
    assert ann.link("https://example.com/?a=1&b=2").get_attribute("rel") == "noreferrer noopener"
    ann.page.get_by_label("Message", exact=True).fill("Hello back")
    ann.button("Send").click()
    bob.says("Hello back")
    ann.look("call-chat", schemes=ONE)

    ann.button("Share screen").click()
    bob.sees(ann.name, "tile.screen")
    assert bob.page.locator("main").get_attribute("data-layout") == "focus"
    bob.look("call-screen", schemes=ONE)
    ann.button("Stop sharing").click()
    bob.page.locator(".tile.screen").wait_for(state="detached")
    assert bob.page.locator("main").get_attribute("data-layout") == "grid"

    ann.button(f"Pin {bob.name}").click()
    ann.page.locator(f".focus-main [data-identity='{bob.name}']").wait_for()
    ann.look("call-focus", schemes=ONE)
    ann.button(f"Unpin {bob.name}").click()

    ann.button("Camera", exact=True).click()
    cameras = ann.page.get_by_role("radio")
    cameras.first.wait_for()
    ann.look("call-devices", phone=False)
    cameras.last.click()
    ann.page.keyboard.press("Escape")
    bob.sees(ann.name)

    ann.button("Full screen").click()
    ann.button("Leave full screen").click()
    ann.button("Full screen").wait_for()

    # A reload leads back into the call, with no question asked.
    ann.page.reload()
    ann.in_call()
    for one, other in ((ann, bob), (bob, ann)):
        one.sees(other.name)
        one.hears()

    bob.button("Leave", exact=True).click()
    bob.heading("Team sync")
    ann.says("You are the only one here.")
    bob.until(lambda: bob.running_tracks() == 0, "the camera's light is off")
    ann.page.go_back()
    ann.button("Join the call").wait_for()

    ann.says("Nobody in yet")
    ann.page.get_by_role("cell", name="here now").first.wait_for(state="detached")
    ann.look("room-visits")
    with ann.page.expect_download() as download:
        ann.button("CSV").click()
    assert download.value.suggested_filename == f"{ann.room_link.rpartition('/')[2]}-visits.csv"
    columns, *visits = csv.reader(io.StringIO(Path(download.value.path()).read_text()))
    assert columns[:2] == ["user_id", "identity"]
    assert {visit[1] for visit in visits} == {ann.name, bob.name}


def test_creator_moderates(call, visitors):
    ann, bob = call("ann", "bob", seats=2)
    (cat,) = visitors("cat")
    cat.open(ann.room_link).says("All seats are taken")
    cat.button("Join the call").click()
    cat.button("Join now").click()
    cat.heading("The room is full")
    cat.look("call-full")

    ann.button("People, 2").click()
    ann.look("call-people", schemes=ONE)
    bob.button("People, 2").click()
    bob.row(ann.name).wait_for()
    assert bob.button(f"Moderate {ann.name}").count() == 0
    for item, control in (("Mute microphone", "Unmute microphone"), ("Turn camera off", "Turn camera on")):
        ann.button(f"Moderate {bob.name}").click()
        ann.page.get_by_role("menuitem", name=item).click()
        bob.button(control).wait_for()
    ann.button(f"Moderate {bob.name}").click()
    ann.page.get_by_role("menu").wait_for()
    ann.look("call-moderate", phone=False)
    ann.page.get_by_role("menuitem", name="Remove from the call").click()
    ann.button("Remove", exact=True).click()
    bob.heading("You were removed from the call")
    bob.look("call-removed", schemes=ONE)
    bob.button("Join again").click()
    bob.button("Join now").click()
    bob.in_call()

    ann.button(f"Moderate {bob.name}").click()
    ann.page.get_by_role("menuitem", name="Ban from this room").click()
    ann.button("Ban", exact=True).click()
    bob.heading("You are banned from this room")
    bob.look("call-banned", schemes=ONE)
    bob.page.reload()
    bob.button("Join now").click()
    bob.heading("You are banned from this room")

    cat.button("Try again").click()
    cat.button("Join now").click()
    cat.in_call()
    ann.button("End for everybody").click()
    ann.page.get_by_role("dialog").get_by_role("button", name="End for everybody").click()
    for guest in (ann, cat):
        guest.heading("The call has ended")
    ann.link("About the room").click()
    ann.says("This room has ended.")
    ann.page.get_by_role("button", name="Lift ban").click()
    ann.says(f"{bob.name} may join again")


def test_fifty_come_at_once(call):
    """However many they are: what is shown of them is drawn again four times a second at most."""
    (ann,) = call("ann")
    ann.button("People, 1").click()
    ann.page.evaluate(WATCH_LIST)
    go = ann.page.evaluate_handle(MANY_COME, 50)
    ann.button("People, 51").wait_for()
    go.evaluate("(go) => go()")
    ann.button("People, 1", exact=True).wait_for()
    drawn = ann.page.evaluate("drawn")
    assert len(drawn) >= 4
    # What was drawn first may have been seen late: the browser had much to do.
    assert drawn[-1] - drawn[0] > 250 * (len(drawn) - 1) - 1000, drawn


def test_without_devices(camera_browser, visitors):
    """Cameras that may not be used, or are not there: one joins all the same."""
    ann, bob = visitors("ann", "bob")
    for guest, error in ((ann, "NotAllowedError"), (bob, "NotFoundError")):
        guest.context.add_init_script(
            f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('no', '{error}'); }}"
        )
    ann.page.reload()
    ann.create_room("Only listening")
    ann.button("Join the call").click()
    ann.says("The browser may not use your camera.")
    ann.look("lobby-refused")
    ann.button("Join anyway").click()
    ann.in_call()
    ann.says("The browser may not use your microphone.")
    ann.look("call-refused", schemes=ONE)
    bob.open(ann.room_link)
    bob.button("Join the call").click()
    bob.says("No camera was found.")
    bob.button("Join anyway").click()
    ann.tile(bob.name).wait_for()


def test_server_restarted_during_the_call(call, calls):
    """The call goes on; and tokens that are good no more are replaced unseen."""
    ann, bob = call("ann", "bob")
    ann.sees(bob.name)
    calls.stop()
    bob.button("Chat").click()
    bob.page.get_by_label("Message", exact=True).fill("Still here?")
    bob.page.keyboard.press("Enter")
    ann.button("Chat (1 new)").click()
    ann.says("Still here?")
    ann.sees(bob.name)
    # With another key every access token that is out is worthless, as if it had expired.
    calls.environment["SECRET_KEY"] = "another key of access tokens, just as long"
    calls.start()
    ann.button("People, 2").click()
    ann.button(f"Moderate {bob.name}").click()
    ann.page.get_by_role("menuitem", name="Remove from the call").click()
    ann.button("Remove", exact=True).click()
    bob.heading("You were removed from the call")
    ann.in_call()
    ann.button("Leave", exact=True).click()
    ann.heading("Team sync")


def test_session_ended_during_the_call(call, calls):
    """Signed out from elsewhere: the call goes on; what needs the server says why it fails; after it one signs in."""
    (ann,) = call("ann")
    calls.database.query(
        "delete from sessions where user_id = (select id from users where username = %s) returning id", [ann.name]
    )
    ann.button("People, 1").click()
    ann.button("End for everybody").click()
    ann.page.get_by_role("dialog").get_by_role("button", name="End for everybody").click()
    ann.says("Your session has ended. Sign in again.")
    ann.page.keyboard.press("Escape")
    ann.sees(ann.name)
    ann.button("Leave", exact=True).click()
    ann.says("Your session has ended. Sign in to go on where you were.")
    ann.sign_in().heading("Team sync")


def test_livekit_restarted_during_the_call(call, livekit):
    """What is lost with it comes back by itself."""
    ann, bob = call("ann", "bob")
    ann.sees(bob.name)
    livekit.kill()
    ann.says("The connection was lost.")
    ann.look("call-lost", schemes=ONE)
    livekit.start()
    for one, other in ((ann, bob), (bob, ann)):
        one.tile(other.name).wait_for(timeout=40_000)
        one.sees(other.name)
        one.hears()


def test_network_lost_and_back(call, livekit):
    """The browser's network is gone, and media with it: one is told at once, and has to do nothing when it is back."""
    ann, bob = call("ann", "bob")
    ann.sees(bob.name)
    ann.button("Chat").click()
    with livekit.cut_off():
        ann.context.set_offline(True)
        ann.says("You are offline.")
        ann.page.get_by_label("Message", exact=True).fill("Am I gone?")
        ann.page.keyboard.press("Enter")
        ann.until(lambda: ann.stands_still(bob.name), "the picture stands still")
        ann.context.set_offline(False)
    ann.page.get_by_text("You are offline.").wait_for(state="detached")
    for one, other in ((ann, bob), (bob, ann)):
        one.tile(other.name).locator("video").wait_for(timeout=40_000)
        one.sees(other.name)
        one.hears()
    bob.button("Chat (1 new)").click()
    bob.says("Am I gone?")


def test_call_from_elsewhere(call, camera_browser):
    """One who joins in another window takes the call there."""
    (ann,) = call("ann")
    second = ann.context.new_page()
    second.goto(f"{ann.origin}/app{ann.room_link}")
    second.get_by_role("button", name="Join the call").click()
    second.get_by_role("button", name="Join now").click()
    second.get_by_role("button", name="Leave", exact=True).wait_for()
    ann.heading("You joined from somewhere else")
    ann.look("call-elsewhere", schemes=ONE)


def grown(before, after):
    """By how many elements and listeners."""
    more = {name: after[name] - before[name] for name in ("Nodes", "JSEventListeners")}
    return max(more.values())


def test_twenty_calls(call, visitors):
    """No track runs on, and neither memory nor elements nor listeners grow.

    Meanwhile the seat of a tab that was killed is given back.
    """
    (lost,) = call("lost")
    (ann,) = visitors("ann")
    counted(ann, lost.room_link, 1)
    lost.crash()
    ann.create_room("Again and again")
    devtools = ann.context.new_cdp_session(ann.page)
    devtools.send("Performance.enable")

    def weigh():
        """On a page where calls change nothing."""
        ann.link("parley, all rooms").click()
        ann.page.locator(".room-card").first.wait_for()
        devtools.send("HeapProfiler.collectGarbage")
        found = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
        ann.page.go_back()
        ann.button("Join the call").wait_for()
        return {name: found[name] for name in ("JSHeapUsedSize", "Nodes", "JSEventListeners")}

    def once():
        ann.join()
        ann.tile(ann.name).locator("video").wait_for()
        ann.button("Leave", exact=True).click()
        ann.button("Join the call").wait_for()

    before = weigh()
    for _ in range(10):
        once()
    half = weigh()
    for _ in range(10):
        once()
    assert ann.running_tracks() == 0
    assert weigh()["JSHeapUsedSize"] < half["JSHeapUsedSize"] + 500_000
    # What the last calls leave goes within seconds, and then it is as if there had been none.
    poll(lambda: grown(before, weigh()) < 10 or ann.page.wait_for_timeout(500), 30, "elements and listeners as before")
    counted(ann, lost.room_link, 0)
