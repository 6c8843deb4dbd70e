"""A real Firefox (Debian's), driven over WebDriver BiDi, the W3C's protocol for that.

Playwright drives a Firefox of its own alone. So here is as much of its page as `Visitor` asks for;
all that a check does in a Firefox, it does by that.
"""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self

from shared.deadline import Deadline
from tests.kit.browser import Visitor
from tests.kit.harness import SECONDS, wait_until

PROGRAMS = ("firefox-esr", "firefox")  # Debian's, and everybody's; one will do
MODULES = ("websockets",)

_OPTIONS = ("--headless", "--no-remote", "--remote-debugging-port", "0", "--profile")
_PREFERENCES = """
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
"""
_KEYS = {"Enter": "\ue007", "Tab": "\ue004", "ArrowUp": "\ue013"}  # WebDriver's, 17.4.2
_EVENTS = ["log.entryAdded", "browsingContext.userPromptOpened"]
_LINK = """href => {
  const link = document.createElement("a");
  Object.assign(link, {href, target: "_blank", rel: "opener"}).click();
}"""
# So it tells of a connection that is lost, which is no fault of the page.
_LOSSES = ("can’t establish a connection to the server at ws", "was interrupted while the page")
_CAPABILITIES = {"alwaysMatch": {"unhandledPromptBehavior": {"default": "accept"}}}


def program() -> str:
    """Firefox, as it is called on this machine; Debian's name where there is none."""
    return next(filter(shutil.which, PROGRAMS), PROGRAMS[0])


class Firefox:
    """One for many checks. Use it in a `with` statement, and in one thread."""

    def __enter__(self) -> Self:
        """Start it."""
        from websockets.sync.client import connect  # a library that few have

        self._folder = tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True)
        profile = Path(self._folder.name)
        (profile / "user.js").write_text(_PREFERENCES)
        self._process = subprocess.Popen(
            [program(), *_OPTIONS, str(profile)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,
        )
        try:
            told = profile / "WebDriverBiDiServer.json"
            wait_until(lambda: told.exists() and told.stat().st_size, "Firefox listens", 60)
            port = json.loads(told.read_text())["ws_port"]
            self._socket = connect(f"ws://127.0.0.1:{port}/session", max_size=None, proxy=None)
        except BaseException:
            self._end()
            raise
        self._count = 0
        self._pages: dict[str, FirefoxPage] = {}
        self.visitors: list[Visitor] = []
        self.command("session.new", capabilities=_CAPABILITIES)
        self.command("session.subscribe", events=_EVENTS)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._socket.close()
        self._end()

    def _end(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(SECONDS)
        self._folder.cleanup()

    def command(self, method: str, **given: object) -> Any:
        """What it answers. Fails where that is an error."""
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": given}))
        deadline = Deadline(SECONDS)
        while True:
            answer = json.loads(self._socket.recv(deadline.timeout()))
            if answer.get("type") == "event":
                self._take(answer["method"], answer["params"])
            elif answer.get("id") == self._count:
                assert answer["type"] == "success", f"{method}: {answer}"
                return answer["result"]

    def _take(self, method: str, event: dict[str, Any]) -> None:
        page = self._pages.get(event.get("context") or event["source"].get("context"))
        if page is not None:
            page.take(method, event)

    def visit(self, address: str) -> Visitor:
        """Somebody with a storage of their own opens the page."""
        person = self.command("browser.createUserContext")["userContext"]
        made = self.command("browsingContext.create", type="tab", userContext=person)
        return self._watch(made["context"], person, address)

    def copy(self, visitor: Visitor) -> Visitor:
        """Another tab, with all that this one keeps for itself: a link with an opener makes one."""
        before = self._tabs(visitor.address)
        visitor.page.evaluate(_LINK, visitor.address)
        wait_until(lambda: self._tabs(visitor.address) - before, "the page in a tab of its own")
        [made] = self._tabs(visitor.address) - before
        return self._watch(made, visitor.page.person, visitor.address)

    def _tabs(self, address: str) -> set[str]:
        tabs = self.command("browsingContext.getTree")["contexts"]
        return {each["context"] for each in tabs if each["url"] == address}

    def _watch(self, context: str, person: str, address: str) -> Visitor:
        page = self._pages[context] = FirefoxPage(self, context, person)
        visitor = Visitor(page, address)
        self.visitors.append(visitor)
        return visitor

    def forget(self) -> list[str]:
        """Close all pages; what went wrong in them, by the browser's own words."""
        for person in {page.person for page in self._pages.values()}:
            self.command("browser.removeUserContext", userContext=person)
        wrong = [each for visitor in self.visitors for each in visitor.wrong]
        self._pages.clear()
        self.visitors.clear()
        return wrong


class FirefoxPage:
    """One tab; its methods do what playwright's of the same name do."""

    def __init__(self, firefox: Firefox, context: str, person: str) -> None:
        self.person = person
        self._firefox = firefox
        self._context = context
        self._heard: dict[str, Callable[[Any], None]] = {}

    def on(self, event: str, hear: Callable[[Any], None]) -> None:
        """Whoever hears of it."""
        self._heard[event] = hear

    def take(self, method: str, event: dict[str, Any]) -> None:
        """What Firefox tells of this tab."""
        if method == "browsingContext.userPromptOpened":
            accepted = SimpleNamespace(
                type=event["type"], message=event["message"], accept=lambda: None
            )
            self._heard["dialog"](accepted)
        elif event["type"] == "javascript":
            if not any(each in event["text"] for each in _LOSSES):
                self._heard["pageerror"](event["text"])
        else:
            said = SimpleNamespace(type=event["level"], text=event["text"], location={"url": ""})
            self._heard["console"](said)

    def _command(self, method: str, **given: object) -> Any:
        return self._firefox.command(method, context=self._context, **given)

    def goto(self, address: str) -> None:
        """Load this."""
        self._command("browsingContext.navigate", url=address, wait="complete")

    def reload(self) -> None:
        """Load it again."""
        self._command("browsingContext.reload", wait="complete")

    def screenshot(self, path: str) -> None:
        """As PNG."""
        shown = self._command("browsingContext.captureScreenshot")
        Path(path).write_bytes(base64.b64decode(shown["data"]))

    def evaluate(self, script: str, arg: object = None) -> Any:
        """The value of an expression; or of a function, for `arg`."""
        function = (
            f"async given => {{ const it = ({script});"
            " const value = typeof it === 'function' ? it(JSON.parse(given)) : it;"
            " return JSON.stringify(await value ?? null); }"
        )
        answer = self._firefox.command(
            "script.callFunction",
            functionDeclaration=function,
            arguments=[{"type": "string", "value": json.dumps(arg)}],
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    def wait_for_function(self, script: str, arg: object = None) -> None:
        """Until it is true."""
        wait_until(lambda: self.evaluate(script, arg), f"{script} of {arg!r}")

    def wait_for_selector(self, selector: str) -> None:
        """Until there is one, and it can be seen."""
        shown = "which => document.querySelector(which)?.checkVisibility()"
        self.wait_for_function(shown, selector.removesuffix(":visible"))

    def fill(self, selector: str, text: str) -> None:
        """As if it was typed, all at once."""
        self.evaluate(
            "([which, text]) => { const it = document.querySelector(which); it.focus();"
            " it.value = text; it.dispatchEvent(new Event('input', {bubbles: true})); }",
            [selector, text],
        )

    def press(self, selector: str, key: str) -> None:
        """A real key."""
        self.evaluate("which => document.querySelector(which).focus()", selector)
        keys = [{"type": way, "value": _KEYS[key]} for way in ("keyDown", "keyUp")]
        keyboard = {"type": "key", "id": "keyboard", "actions": keys}
        self._command("input.performActions", actions=[keyboard])

    def click(self, selector: str) -> None:
        """On the middle of it, with a real pointer."""
        x, y = self.evaluate(
            "which => { const it = document.querySelector(which).getBoundingClientRect();"
            " return [Math.round(it.x + it.width / 2), Math.round(it.y + it.height / 2)]; }",
            selector,
        )
        moves = [{"type": "pointerMove", "x": x, "y": y}]
        moves += [{"type": way, "button": 0} for way in ("pointerDown", "pointerUp")]
        pointer = {"type": "pointer", "id": "mouse", "actions": moves}
        self._command("input.performActions", actions=[pointer])

    def input_value(self, selector: str) -> str:
        """What stands in it."""
        return str(self.evaluate("which => document.querySelector(which).value", selector))

    def locator(self, selector: str) -> SimpleNamespace:
        """All of these."""
        every = "which => [...document.querySelectorAll(which)].map(each => each.textContent)"
        return SimpleNamespace(all_text_contents=lambda: self.evaluate(every, selector))
