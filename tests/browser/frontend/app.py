"""The web client in Chromium: a browser with a camera, and what a person does and sees in it."""

import contextlib
import json

from harness.people import new_name, register
from harness.poll import poll
from harness.secret import new_password, secret
from harness.server import ROOT
from playwright.sync_api import Error as PlaywrightError

from frontend.site import FLAGS, chromium

# Playwright's own list of features that are off; a second --disable-features would replace it.
OFF = (
    "AcceptCHFrame,AutoExpandDetailsElement,AvoidUnnecessaryBeforeUnloadCheckSync,CertificateTransparencyComponentUpdater,"
    "DestroyProfileOnBrowserClose,DialMediaRouteProvider,GlobalMediaControls,HttpsUpgrades,ImprovedCookieControls,"
    "LazyFrameLoading,LensOverlay,MediaRouter,PaintHolding,PlzDedicatedWorker,ThirdPartyStoragePartitioning,Translate,"
    "WebRtcHideLocalIpsWithMdns"
)

# A camera and a microphone that are not there, and media on the loopback alone.
MEDIA_FLAGS = (
    "--use-fake-device-for-media-stream=fps=10",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    f"--disable-features={OFF}",
)
NAMES = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"

AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
SCREENS = ROOT / "var/screens"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}

# Keeps the peer connections and the devices' tracks, so that a test can ask what came in and what still runs.
WATCH_MEDIA = """(() => {
    const connections = (window.peers = []);
    const Real = window.RTCPeerConnection;
    window.RTCPeerConnection = class extends Real {
        constructor(...given) {
            super(...given);
            connections.push(new WeakRef(this));
        }
    };
    window.tracks = [];
    const media = navigator.mediaDevices;
    const ask = media?.getUserMedia.bind(media);
    if (media)
        media.getUserMedia = async (...given) => {
            const stream = await ask(...given);
            tracks.push(...stream.getTracks().map((track) => new WeakRef(track)));
            return stream;
        };
})()"""

RECEIVED = """async () => {
    const sums = {};
    for (const peer of peers.map((each) => each.deref()).filter(Boolean)) {
        for (const each of (await peer.getStats()).values()) {
            if (each.type !== "inbound-rtp") continue;
            const sum = (sums[each.kind] ??= { packets: 0, frames: 0 });
            sum.packets += each.packetsReceived ?? 0;
            sum.frames += each.framesDecoded ?? 0;
        }
    }
    return sums;
}"""


# By how many pixels the page or something in it sticks out to the right.
TOO_WIDE = """() => Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll("main *")]
    .filter((each) => !each.closest(".scroll, .strip, .popup, .sr, .tile *"))
    .map((each) => each.getBoundingClientRect().right)) - innerWidth"""

# Resolved when what was changed is on the screen.
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def launch(playwright):
    return playwright.chromium.launch(
        executable_path=chromium(), args=[*FLAGS, *MEDIA_FLAGS, NAMES], ignore_default_args=["--mute-audio"]
    )


class Guest:
    """One person with a browser profile of their own."""

    def __init__(self, browser, origin, **options):
        self.origin = origin
        self.context = browser.new_context(viewport=WIDE, **options)
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(WATCH_MEDIA)
        self.page = self.context.new_page()
        self.escaped, self.strangers = [], []
        self.page.on("pageerror", lambda error: self.escaped.append(error))
        self.page.on("request", self.notice)
        self.page.on("console", self.listen)
        self.name = self.password = self.room_link = None

    def notice(self, request):
        """No request may go anywhere but to parley, and to LiveKit on this computer."""
        if not request.url.startswith((self.origin, "http://127.0.0.1:", "blob:", "data:")):
            self.strangers.append(request.url)

    def listen(self, message):
        """The page's policy stops nothing that the client does."""
        if "Content Security Policy" in message.text:
            self.escaped.append(message.text)

    def close(self):
        self.context.close()
        assert not self.escaped, self.escaped
        assert not self.strangers, self.strangers

    # Pages

    def open(self, path="/"):
        self.page.goto(f"{self.origin}/app{path}")
        return self

    @property
    def path(self):
        return self.page.url.removeprefix(f"{self.origin}/app")

    def at(self, path):
        poll(lambda: self.path == path or self.page.wait_for_timeout(50), 15, f"the address is {path}, not {self.path}")

    def button(self, name, **options):
        return self.page.get_by_role("button", name=name, **options)

    def link(self, name, **options):
        return self.page.get_by_role("link", name=name, **options)

    def heading(self, text):
        self.page.get_by_role("heading", name=text, exact=True).first.wait_for()

    def says(self, text):
        self.page.get_by_text(text).first.wait_for()

    def fill(self, fields):
        for label, value in fields.items():
            self.page.get_by_label(label, exact=True).fill(value)

    def sign_up(self, name=None, full_name=""):
        """From the sign-up page to wherever one wanted to go."""
        self.name, self.password = name or new_name("web"), new_password()
        email = f"{self.name}@example.com"
        self.page.get_by_label("Your name").fill(full_name)
        self.fill({"Username": self.name, "E-mail": email, "Password": secret(self.password)})
        self.button("Create account").click()
        return self

    def sign_in(self):
        self.fill({"Username": self.name, "Password": self.password})
        self.button("Sign in").click()
        return self

    def create_room(self, name, seats=None, description=""):
        """The link of a new room, made on the rooms page."""
        self.button("New room").first.click()
        self.page.get_by_label("Name", exact=True).fill(name)
        self.page.get_by_label("Description").fill(description)
        if seats:
            self.page.get_by_label("Seats").fill(str(seats))
        self.button("Create room").click()
        self.heading(name)
        shown = self.page.get_by_label("Link to this room").input_value()
        self.room_link = shown.removeprefix(f"{self.origin}/app")
        return self.room_link

    def running_tracks(self):
        """How many tracks of the camera and the microphone are not stopped."""
        return self.page.evaluate("tracks.filter((each) => each.deref()?.readyState === 'live').length")

    # Calls

    def join(self):
        """From the room's page into the call."""
        self.button("Join the call").click()
        self.button("Join now").click()
        self.in_call()

    def crash(self):
        """The tab's process is gone from one moment to the next; nothing says goodbye."""
        with contextlib.suppress(PlaywrightError):
            self.page.goto("chrome://crash", timeout=3000)

    def in_call(self):
        self.button("Leave", exact=True).wait_for()

    def tile(self, who):
        return self.page.locator(f'.tile[data-identity="{who}"]:not(.screen)')

    def row(self, who):
        return self.page.locator(f'.crowd [data-identity="{who}"]')

    def received(self):
        """{"audio": {packets, frames}, "video": ...} of all that came in so far."""
        return self.page.evaluate(RECEIVED)

    def shown_frames(self, who, kind="tile:not(.screen)"):
        """How many frames of somebody's picture were shown here."""
        video = self.page.locator(f'.{kind}[data-identity="{who}"] video')
        video.wait_for()
        return video.evaluate("(video) => video.getVideoPlaybackQuality().totalVideoFrames")

    def sees(self, who, kind="tile:not(.screen)"):
        """Waits until their picture moves."""
        before = self.shown_frames(who, kind)
        self.until(lambda: self.shown_frames(who, kind) > before + 2, f"{self.name} sees {who} move")

    def stands_still(self, who):
        """Whether nothing new of them was shown for a moment."""
        before = self.shown_frames(who)
        self.page.wait_for_timeout(400)
        return self.shown_frames(who) == before

    def hears(self):
        """Waits until sound comes in."""
        before = self.received().get("audio", {}).get("packets", 0)
        self.until(lambda: self.received().get("audio", {}).get("packets", 0) > before + 10, f"{self.name} hears")

    def until(self, probe, what, seconds=15):
        poll(lambda: probe() or self.page.wait_for_timeout(50), seconds, what)

    # Looks

    def look(self, name, schemes=("light", "dark"), phone=True):
        """What axe finds wrong on the page as it stands, in both schemes; pictures of it go to var/screens."""
        SCREENS.mkdir(parents=True, exist_ok=True)
        for scheme in schemes:
            self.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            self.page.evaluate(DRAWN)
            found = violations(self.page)
            self.page.screenshot(path=SCREENS / f"{name}-{scheme}.png")
            assert not found, f"{name}, {scheme}: {json.dumps(found, indent=1)}"
        if phone:
            self.page.set_viewport_size(PHONE)
            self.page.evaluate(DRAWN)
            self.page.screenshot(path=SCREENS / f"{name}-phone.png")
            wider = self.page.evaluate(TOO_WIDE)
            self.page.set_viewport_size(WIDE)
            assert wider <= 0, f"{name} is {wider} pixels too wide for a phone"
        self.page.emulate_media(color_scheme=None, reduced_motion=None)


def violations(page):
    """[rule, where, ...] of what axe objects to."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        [each["id"], each["help"], [[node["target"], node["failureSummary"]] for node in each["nodes"][:4]]]
        for each in found["violations"]
    ]


def enrol(server, names):
    """Makes users in the database, all with the password that is returned: one is hashed for all of them."""
    if not hasattr(server, "enrolled"):
        person = register(server.http)
        rows = server.database.query("select hashed_password from users where username = %s", [person.username])
        server.enrolled = person.password, rows[0][0]
    password, hashed = server.enrolled
    server.database.query(
        "insert into users (username, email, hashed_password) "
        "select name, name || '@example.com', %s from unnest(%s::text[]) name returning id",
        [hashed, names],
    )
    return password


@contextlib.contextmanager
def guests(browser, server, *names, **options):
    """People who are signed in, each on the rooms page. What their sign-in leaves in the browser is put there."""
    state = {"origins": [{"origin": server.url, "localStorage": [{"name": "parley.session", "value": "1"}]}]}
    names = [new_name(name) for name in names]
    password = enrol(server, names)
    with contextlib.ExitStack() as stack:
        made = []
        for name in names:
            guest = Guest(browser, server.url, storage_state=state, **options)
            stack.callback(guest.close)
            guest.name, guest.password = name, password
            answer = guest.context.request.post(
                f"{server.url}/auth/login", form={"username": name, "password": password}
            )
            assert answer.ok
            guest.open().heading("Rooms")
            made.append(guest)
        yield made
