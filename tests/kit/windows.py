"""Windows in this process, for what a check cannot see from outside.

Tk's loop is turned by the check itself (`see`), so all of Tk happens in one thread here as well.
"""

import contextlib
import gc
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

from phase4.client import Trust
from phase4.client_gui.app import App
from phase4.client_gui.tabs import Tab, Tabs
from phase4.client_gui.target import Target
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.harness import wait_until

# Tcl must be freed by the thread that made it, or it aborts the process. Python's collector runs in
# whichever thread comes by, a client's among them: so the windows are kept to the end.
_KEPT: list[tk.Tk] = []


@contextlib.contextmanager
def new_window(desktop: Desktop) -> Iterator[tk.Tk]:
    """An empty window."""
    gc.freeze()  # what is there already will not be freed: to look at it each time takes a quarter
    window = tk.Tk(desktop.display)
    _KEPT.append(window)
    window.geometry("700x400+0+0")
    yield window
    with contextlib.suppress(tk.TclError):  # a check may have closed it
        window.destroy()
    gc.collect()  # here and now, in the thread that made what is to be freed


def see(root: tk.Misc, condition: Callable[[], object], what: str) -> None:
    """Let Tk work until something is so."""

    def look() -> object:
        root.update()
        return condition()

    wait_until(look, what)


class Apps:
    """Starts whole window clients in one window, and ends them."""

    def __init__(self, root: tk.Tk) -> None:
        self._root = root
        self._apps: list[App] = []

    def __call__(
        self,
        port: int,
        host: str = "127.0.0.1",
        name: str = "Alice",
        memory: Path | None = None,
        *,
        has_tls: bool = False,
        trust: Trust | None = None,
    ) -> App:
        """The client with its form; nothing is connected to."""
        target = Target(host, port, name, has_tls)
        self._apps.append(
            App(self._root, target, "light", lambda: False, memory=memory, trust=trust)
        )
        return self._apps[-1]

    def talking(self, port: int) -> App:
        """The client, in the conversation as Alice."""
        app = self(port)
        app.connect_at_once()
        see(self._root, lambda: "Alice on" in self._root.title(), "the conversation")
        return app

    def close(self) -> None:
        """End them, with their clients."""
        for app in self._apps:
            with contextlib.suppress(tk.TclError):  # the check has ended it itself
                app.quit()


def tabs_of(app: App) -> Tabs:
    """Its conversations."""
    return app.chat_page.tabs


def tab_of(app: App, person: str) -> Tab:
    """The tab of this person, which must be there."""
    tab = tabs_of(app).find(person)
    assert tab is not None, f"{person} has no tab"
    return tab


def shows(app: App, text: str, person: str = "") -> None:
    """Wait until `text` is shown in the tab of this person, or in everybody's."""

    def is_shown() -> bool:
        tab = tabs_of(app).find(person) if person else tabs_of(app).main
        return tab is not None and text in tab.conversation.shown()

    see(app.root, is_shown, f"{text!r} in the tab of {person or 'everybody'}")


def kill(app: App, chat: Chat) -> None:
    """Kill the client's server once it has answered everything.

    Had it left something unread, the system would end the connection with a reset. After an answer
    the client asks nothing for half a minute.
    """
    client = vars(app)["_contact"].client

    def is_answered() -> bool:
        state = vars(vars(client)["_talk"])
        has_answer = state["_lag_seconds"] is not None and state["_asked_at"] is None
        return has_answer and not client.unsent

    see(app.root, is_answered, "the answer to all that was sent")
    chat.process.kill()
    chat.wait()


def type_line(app: App, text: str) -> None:
    """Put a line into the entry and press Return there."""
    entry = app.chat_page.entry
    entry.put(text)
    press(entry, "<Return>")


def press(widget: tk.Misc, keys: str) -> None:
    """Press keys while this widget has the keyboard."""
    widget.focus_force()
    widget.update()
    widget.event_generate(keys)
    widget.update()
