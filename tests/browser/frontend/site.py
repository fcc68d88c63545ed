"""The guide's frontend as a web server and a browser for it."""

import contextlib
import http.server
import threading
from pathlib import Path

import pytest
from harness import nodejs
from harness.chromium import chromium
from harness.server import ROOT

from frontend.guide import scripts

FILES = Path(__file__).resolve().parents[1] / "site"
COMPONENT = Path(__file__).resolve().parents[1] / "component"
MODULES = ROOT / "web/node_modules"
TYPES = {".html": "text/html", ".js": "text/javascript"}

# Where the guide's code and its readers' pages say they are. Chromium is told
# what that means here, so no port has to be free.
API = "localhost:8000"
PAGE = "localhost:3000"
OTHER_PAGE = "localhost:3001"

# It shall talk to nobody but us.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
)


def contents(guide):
    """{path: (type, octets)}: files of ours, and the guide's scripts."""
    texts = {path.name: path.read_text() for path in FILES.iterdir()}
    code = scripts(guide)
    for name in ("auth.js", "roomService.js", "videoCall.js"):
        texts[name] = code[name]
    # A module's classes are seen outside only when exported.
    texts["videoCall.js"] += "\nexport { VideoCallManager };\n"
    texts[""] = texts["index.html"]
    return {f"/{name}": (TYPES[Path(name or "index.html").suffix], text.encode()) for name, text in texts.items()}


def bundled(guide, folder):
    """{path: (type, octets)}: the guide's classes and its component, with npm's packages, as a bundler makes it.

    In the guide each is a file without imports and exports of the others. Here
    they are one module, one after the other as they stand, and at its end what
    shows the component.
    """
    if not (MODULES / ".bin/rolldown").exists():
        pytest.skip("web/node_modules is not there: ./dev build says why")
    code = scripts(guide)
    parts = [code[name] for name in ("auth.js", "roomService.js", "videoCall.js", "VideoCallComponent.jsx")]
    (folder / "app.jsx").write_text("\n".join([*parts, (COMPONENT / "app.jsx").read_text()]))
    (folder / "node_modules").symlink_to(MODULES)
    # Version 2 of livekit-client has no `connect` any more; the guide imports and never calls it.
    options = ["--format", "esm", "--platform", "browser", "--shim-missing-exports"]
    options += ["--transform.define", "process.env.NODE_ENV:'development'"]
    done = nodejs.run(str(MODULES / ".bin/rolldown"), "app.jsx", "-o", "app.js", *options, cwd=folder)
    assert done.returncode == 0, done.stderr + done.stdout
    texts = {"/": (COMPONENT / "index.html").read_text(), "/app.js": (folder / "app.js").read_text()}
    return {path: (TYPES[Path(path).suffix or ".html"], text.encode()) for path, text in texts.items()}


@contextlib.contextmanager
def serving(files):
    """The port of a web server that has these, while inside."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            kind, octets = files.get(self.path, (None, b""))
            self.send_response(200 if kind else 404)
            self.send_header("Content-Type", f"{kind or 'text/plain'}; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


class Frontend:
    """A browser that finds the page at localhost:3000 (and 3001) and one parley at localhost:8000."""

    def __init__(self, playwright, server, page_port, flags=()):
        self.server = server
        rules = [f"MAP {API} 127.0.0.1:{server.port}"]
        rules += [f"MAP {name} 127.0.0.1:{page_port}" for name in (PAGE, OTHER_PAGE)]
        rules += ["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1"]
        self.browser = playwright.chromium.launch(
            executable_path=chromium(),
            args=[*FLAGS, *flags, f"--host-resolver-rules={', '.join(rules)}"],
            ignore_default_args=["--mute-audio"],
        )

    @contextlib.contextmanager
    def open(self, at=PAGE, state=None):
        """The page in a profile of its own, with the storage of `state`; no error may escape its scripts."""
        with self.browser.new_context(storage_state=state) as context:
            page = context.new_page()
            escaped = []
            page.on("pageerror", lambda error: escaped.append(error))
            page.goto(f"http://{at}/")
            yield page
            assert not escaped


def thrown(page, call, argument=None):
    """The message of the Error that a call in the page ends with."""
    code = f"""async (argument) => {{
        try {{
            await ({call})(argument);
        }} catch (error) {{
            return [error.name, error.message];
        }}
        return null;
    }}"""
    failed = page.evaluate(code, argument)
    assert failed, f"{call} did not fail"
    return failed
