"""A real Chromium (Debian's), driven by the library playwright, and people who use the page in it.

The library's own browsers are not fetched: `chromium` is what the system has.
"""

import contextlib
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from typing import Any, Self

from shared.deadline import Deadline
from tests.kit.harness import SECONDS

PROGRAMS = ("chromium",)
MODULES = ("playwright",)
AXE = ("axe_playwright_python",)  # for Visitor.violations()

SIZES = [(360, 640), (768, 1024), (1366, 768), (1920, 1080)]
"""Of windows: a phone, a tablet, the smallest desk, a large one."""

_ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
_NO_ICON = "/favicon.ico"  # browsers ask for it, and there is none

# The page can be told that nobody sees it.
_BEFORE_THE_PAGE = """
window.hide = isHidden => {
  Object.defineProperty(document, "hidden", {configurable: true, get: () => isHidden});
  document.dispatchEvent(new Event("visibilitychange"));
};
"""


class Browser:
    """One Chromium for many checks. Use it in a `with` statement, and in one thread."""

    def __enter__(self) -> Self:
        """Start it."""
        from playwright.sync_api import sync_playwright  # a library that few have

        self._playwright = sync_playwright().start()
        self._chromium = self._playwright.chromium.launch(
            executable_path=shutil.which(PROGRAMS[0]), args=_ARGUMENTS
        )
        self._contexts: list[Any] = []
        self.visitors: list[Visitor] = []
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._chromium.close()
        self._playwright.stop()

    def visit(self, address: str, size: tuple[int, int] = (1366, 768), **options: Any) -> "Visitor":
        """Somebody with a storage of their own opens the page. `options`: playwright's."""
        context = self._chromium.new_context(
            viewport={"width": size[0], "height": size[1]}, **options
        )
        context.set_default_timeout(SECONDS * 1000)
        context.add_init_script(_BEFORE_THE_PAGE)
        self._contexts.append(context)
        return self.watch(context.new_page(), address)

    def copy(self, visitor: "Visitor") -> "Visitor":
        """Another tab, with all that this one keeps for itself; the page is not loaded yet.

        So browsers make one of "Duplicate", of a link with an opener, and after a crash.
        """
        page = visitor.page.context.new_page()
        page.goto(f"{visitor.address}qr.svg")
        page.evaluate(
            "kept => Object.assign(sessionStorage, kept)",
            visitor.page.evaluate("({...sessionStorage})"),
        )
        return self.watch(page, visitor.address)

    def watch(self, page: Any, address: str) -> "Visitor":
        """Whoever is at a page that has opened."""
        visitor = Visitor(page, address)
        self.visitors.append(visitor)
        return visitor

    def forget(self) -> list[str]:
        """Close all pages; what went wrong in them, by the browser's own words."""
        wrong = [each for visitor in self.visitors for each in visitor.wrong]
        for context in self._contexts:
            context.close()
        self._contexts.clear()
        self.visitors.clear()
        return wrong


class Visitor:
    """Somebody at the page; `page` is playwright's."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.wrong: list[str] = []
        page.on("pageerror", lambda error: self.wrong.append(f"{error}"))
        page.on("console", self._note)
        page.on("dialog", self._dialog)
        self.address = address

    def _note(self, message: Any) -> None:
        # In Chromium's words, and in Firefox's.
        losses = (
            "WebSocket connection to",
            "ERR_CONNECTION",
            "establish a connection to the server",
        )
        is_loss = any(each in message.text for each in losses)
        if message.type == "error" and _NO_ICON not in message.location["url"] and not is_loss:
            self.wrong.append(message.text)

    def _dialog(self, dialog: Any) -> None:
        if dialog.type != "beforeunload":
            self.wrong.append(f"a dialog: {dialog.message}")
        dialog.accept()

    def open(self) -> Self:
        """Load the page."""
        self.page.goto(self.address)
        return self

    def join(self, name: str) -> Self:
        """Load the page, and come in under this name."""
        self.open().page.fill("#name", name)
        self.page.press("#name", "Enter")
        return self.is_in()

    def is_in(self) -> Self:
        """Wait until the conversation is shown."""
        self.page.wait_for_selector("#text:visible")
        return self

    def type(self, text: str) -> None:
        """Put it into the entry, as if it was typed; nothing is sent."""
        self.page.fill("#text", text)

    def say(self, text: str) -> None:
        """Type it, and press Enter."""
        self.type(text)
        self.page.press("#text", "Enter")

    def typed(self) -> str:
        """What stands in the entry."""
        return str(self.page.input_value("#text"))

    def see(self, text: str, *, or_more: bool = False) -> None:
        """Wait until this stands in the conversation in front, in a line of its own.

        `or_more`: the line may go on.
        """
        self.page.wait_for_function(
            "([text, orMore]) => [...document.querySelectorAll("
            "'.panel:not([hidden]) .row:not(.waiting)')]"
            ".map(row => row.textContent.replace(/^\\d\\d:\\d\\d/, ''))"
            ".some(line => orMore ? line.startsWith(text) : line === text)",
            arg=[text, or_more],
        )

    def see_state(self, pattern: str) -> None:
        """Wait until the header says this."""
        self.until(
            "pattern => RegExp(pattern).test(document.getElementById('state').textContent)", pattern
        )

    def until(self, script: str, given: object = None) -> None:
        """Wait until this is true in the page."""
        self.page.wait_for_function(script, arg=given)

    def lefts(self, selector: str, *parts: str) -> list[float]:
        """Where each of these parts of its text begins on the screen, from the left, in pixels."""
        found: list[float] = self.page.locator(selector).evaluate(
            """(element, parts) => parts.map(part => {
              const [text] = element.childNodes, at = text.data.indexOf(part);
              const range = document.createRange();
              range.setStart(text, at);
              range.setEnd(text, at + part.length);
              return range.getBoundingClientRect().left;
            })""",
            [*parts],
        )
        return found

    def scrolls_sideways(self) -> bool:
        """Whether the page as a whole is wider than its window."""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > innerWidth"))

    def violations(self) -> list[str]:
        """What axe-core finds that keeps people out of the page as it is now."""
        from axe_playwright_python.sync_playwright import Axe  # a library that few have

        found = Axe().run(self.page).response["violations"]
        return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]

    def lines(self) -> list[str]:
        """The lines of the conversation in front, without their times."""
        rows = self.page.locator(".panel:not([hidden]) .row").all_text_contents()
        return [re.sub(r"^\d\d:\d\d", "", row) for row in rows]

    def said(self) -> list[str]:
        """The public lines that people said, as `Alice: hello`."""
        rows = self.page.locator(".panel .row.public").all_text_contents()
        return [re.sub(r"^\d\d:\d\d", "", row) for row in rows]

    def fence(self, mark: str) -> None:
        """All that the server has sent to this page until now is shown after this."""
        self.say(f"/ping {mark}")
        self.see(f"Pong {mark}")

    def freeze(self) -> None:
        """From here on nothing runs in the page, as in one that was in the background for long."""
        self._debugger = self.page.context.new_cdp_session(self.page)
        self._debugger.send("Debugger.enable")
        self._debugger.send("Debugger.pause")

    def thaw(self) -> None:
        """It goes on."""
        self._debugger.detach()

    def hide(self, *, is_hidden: bool = True) -> None:
        """The page goes behind another, or comes back."""
        self.page.evaluate("isHidden => window.hide(isHidden)", is_hidden)


class Scripted:
    """A server that the check plays itself, whatever `visitor`'s page connects to.

    `heard` has the lines that came, over all connections; `connections` counts those.
    """

    def __init__(self, visitor: Visitor) -> None:
        self.heard: list[str] = []
        self.connections = 0
        self._socket: Any = None
        self._page = visitor.page
        self._answers: dict[str, tuple[str, ...]] = {}
        visitor.page.route_web_socket("**/chat", self._serve)

    def answer(self, line: str, *answers: str) -> None:
        """Whenever this line comes, say these."""
        self._answers[line] = answers

    def _serve(self, socket: Any) -> None:
        self.connections += 1
        self._socket = socket
        socket.on_message(self._hear)
        self.say("* Enter your nickname:")

    def _hear(self, line: str) -> None:
        self.heard.append(line)
        if line.startswith("/ping "):
            self.say(f"[10:00:00] * Pong {line.removeprefix('/ping ')}")
        for answer in self._answers.get(line, ()):
            self.say(answer)

    def say(self, *lines: str) -> None:
        """To the page, in one message."""
        self._socket.send("".join(f"{line}\n" for line in lines))

    def hang_up(self) -> None:
        """As a server does that stops."""
        self._socket.close(code=1001)

    def hear(self, line: str) -> None:
        """Wait until this came."""
        deadline = Deadline(SECONDS)
        while line not in self.heard:
            assert not deadline.has_passed, f"{line!r} did not come: {self.heard}"
            self._page.wait_for_timeout(10)  # what comes is taken meanwhile


class Swallower:
    """Between a browser and a server. Told so, it swallows all that its connections carry.

    So a phone's connection dies: neither end hears of it. New connections are carried again.
    """

    def __init__(self, port: int) -> None:
        """To this port of this machine."""
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        # Each connection has its own; who sets it, swallows. Under the interpreter's lock alone.
        self._swallowed: list[threading.Event] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to))
                except ConnectionError:  # nobody listens there now
                    near.close()
                    continue
                swallowed = threading.Event()
                self._open += (near, far)
                self._swallowed.append(swallowed)
                for ends in ((near, far), (far, near)):
                    threading.Thread(target=_carry, args=(*ends, swallowed), daemon=True).start()

    def swallow(self) -> None:
        """From here on nothing of the connections that are open arrives."""
        for each in self._swallowed:
            each.set()

    def lead_to(self, port: int) -> None:
        """From here on new connections go to this port, as a proxy may lead them."""
        self._to = port

    def close(self) -> None:
        """End all of it."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in (self._listener, *self._open):
            each.close()


def _carry(one: socket.socket, other: socket.socket, swallowed: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            if not swallowed.is_set():
                other.sendall(data)
        if not swallowed.is_set():
            other.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def swallower(port: int) -> Iterator[Swallower]:
    """One for a check."""
    between = Swallower(port)
    try:
        yield between
    finally:
        between.close()
