"""Shortcuts of both windows: with Caps Lock, and on keyboards of other countries."""

import tkinter as tk
from collections.abc import Callable, Iterator
from typing import cast

import pytest

from phase4.client_gui.app import App
from phase4.server_gui.app import App as ServerApp
from phase4.server_gui.form import Wanted
from phase4.widgets.keys import key_of, names_of
from phase4.widgets.opening import on_close
from phase4.widgets.theme import BASE_POINTS
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, new_window, see, shows, tab_of, tabs_of, type_line

# Keys by their places, as the X server numbers them.
SHIFT, CONTROL, ALT = 50, 37, 64
A, C, F, H, L, Q, S, V, W, X = 38, 54, 41, 43, 46, 24, 39, 55, 25, 53
ONE, TWO, ZERO, EQUAL = 10, 11, 19, 21

# --- without a window --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "number", "keysym", "code", "key"),
    [
        ("x11", 0x61, "a", Q, "a"),  # on a French keyboard, where the American Q is
        ("x11", 0x41, "A", A, "a"),
        ("x11", 0x6C6, "Cyrillic_ef", A, "a"),
        ("x11", 0x3B, "semicolon", Q, "q"),  # Greek
        ("x11", 0x2BB, "gbreve", W, ""),  # Turkish F, which has its W elsewhere
        ("x11", 0xE0, "agrave", ZERO, "0"),
        ("x11", 0x2D, "minus", 15, ""),  # French: it makes text smaller
        ("x11", 0xFF09, "Tab", 23, ""),
        ("win32", 0, "??", ord("C"), "c"),
        ("aqua", 0x43, "C", 8, "c"),
        ("aqua", 0x6D3, "Cyrillic_es", 8, ""),
    ],
)
def test_a_key_is_what_it_says_or_else_its_place(
    system: str, number: int, keysym: str, code: int, key: str
) -> None:
    event: tk.Event[tk.Misc] = tk.Event()
    event.keysym, event.keysym_num, event.keycode = keysym, number, code
    has = keysym == "gbreve"
    assert key_of(event, lambda _: has, system=system, by_place=False) == key


@pytest.mark.parametrize(
    ("system", "modifier", "key", "names"),
    [
        ("x11", "Control", "c", ["<<Control-c>>", "<<Copy>>"]),
        ("aqua", "Control", "c", ["<<Control-c>>"]),  # there Tk copies at Command-C
        ("aqua", "Command", "f", ["<<Control-f>>", "<<Alt-f>>"]),
        ("aqua", "Command", "1", ["<<Control-1>>", "<<Alt-1>>"]),
    ],
)
def test_command_does_on_macos_what_control_and_alt_do_elsewhere(
    system: str, modifier: str, key: str, names: list[str]
) -> None:
    assert names_of(modifier, key, system=system, has_shift=False) == names


class _Mac:
    """A root window as on macOS, which remembers what it is told."""

    def __init__(self) -> None:
        self.told: dict[str, object] = {}
        self.tk = self
        self.protocol = self.createcommand = self.told.__setitem__

    def call(self, *_: str) -> str:
        """The windowing system."""
        return "aqua"


def test_to_quit_by_the_menu_of_macos_is_to_close_the_window() -> None:
    mac = _Mac()
    on_close(cast(tk.Tk, mac), print)
    assert mac.told == {"WM_DELETE_WINDOW": print, "::tk::mac::Quit": print}


# --- in a window -------------------------------------------------------------------------------

window = pytest.mark.window

layouts = pytest.mark.parametrize(
    ("layout", "caps_lock"),
    [
        ("us", True),
        ("ru", False),
        ("ru", True),
        ("gr", False),
        ("il", True),
        ("ir", False),
        ("fr", True),
    ],
)


@pytest.fixture
def root(desktop: Desktop, need: Callable[..., None]) -> Iterator[tk.Tk]:
    """An empty window."""
    need("setxkbmap")
    with new_window(desktop) as shown:
        yield shown


@pytest.fixture
def alice(root: tk.Tk, chat: Chat) -> Iterator[App]:
    """The client, in the conversation as Alice."""
    apps = Apps(root)
    app = apps.talking(chat.port)
    app.chat_page.entry.focus_force()
    root.update()
    yield app
    apps.close()


def a_of(layout: str) -> int:
    return Q if layout == "fr" else A


def clipboard_holds(root: tk.Tk, text: str) -> None:
    see(root, lambda: root.clipboard_get() == text, f"{text!r} on the clipboard")


def forget_clipboard(root: tk.Tk) -> None:
    root.clipboard_clear()
    root.clipboard_append("nothing")


@window
@pytest.mark.parametrize("layout", ["us", "fr", "be", "cz"])
@pytest.mark.parametrize("caps_lock", [False, True])
def test_alt_and_a_digit_lead_to_a_conversation_on_every_keyboard(
    desktop: Desktop, alice: App, layout: str, *, caps_lock: bool
) -> None:
    alice.open_person("Bob")
    tabs_of(alice).go(0)
    alice.chat_page.entry.put("hi")
    with desktop.keyboard(layout, caps_lock=caps_lock):
        for code, person in ((TWO, "Bob"), (ONE, ""), (TWO, "Bob")):
            desktop.press_keys(ALT, code)
            see(
                alice.root,
                lambda person=person: tabs_of(alice).current.person == person,  # type: ignore[misc]
                f"the tab of {person or 'everybody'}",
            )
    assert alice.chat_page.entry.get() == ""
    assert tabs_of(alice).main.draft.text == "hi"


@window
@layouts
def test_the_entry_copies_cuts_and_pastes_what_is_selected(
    desktop: Desktop, alice: App, layout: str, *, caps_lock: bool
) -> None:
    entry = alice.chat_page.entry
    entry.put("hello")
    forget_clipboard(alice.root)
    with desktop.keyboard(layout, caps_lock=caps_lock):
        desktop.press_keys(CONTROL, a_of(layout))
        desktop.press_keys(CONTROL, C)
        clipboard_holds(alice.root, "hello")
        forget_clipboard(alice.root)
        desktop.press_keys(CONTROL, X)
        see(alice.root, lambda: entry.get() == "", "an empty entry")
        clipboard_holds(alice.root, "hello")
        desktop.press_keys(CONTROL, V)
        desktop.press_keys(CONTROL, V)
        see(alice.root, lambda: entry.get() == "hellohello", "the text, pasted twice")


@window
@layouts
def test_the_conversation_is_copied_and_searched_and_closed(
    desktop: Desktop, alice: App, layout: str, *, caps_lock: bool
) -> None:
    alice.open_person("Bob")
    conversation = tab_of(alice, "Bob").conversation
    root = alice.root
    type_line(alice, "/who")
    shows(alice, "online: Alice", "Bob")
    everything = conversation.shown()
    with desktop.keyboard(layout, caps_lock=caps_lock):
        for part in (alice.chat_page.entry, conversation.text):
            forget_clipboard(root)
            part.focus_force()
            desktop.press_keys(CONTROL, SHIFT, C)
            clipboard_holds(root, everything)
            forget_clipboard(root)
            conversation.select_all()
            desktop.press_keys(CONTROL, SHIFT, S)
            clipboard_holds(root, everything)
        desktop.press_keys(CONTROL, F)
        bar = conversation.search.bar
        see(root, lambda: root.focus_get() is bar.field, "the field of the find bar")
        conversation.close_find()
        desktop.press_keys(CONTROL, EQUAL)
        see(root, lambda: alice.theme.body.cget("size") > BASE_POINTS, "larger text")
        desktop.press_keys(CONTROL, ZERO)
        see(root, lambda: alice.theme.body.cget("size") == BASE_POINTS, "text as at the start")
        desktop.press_keys(CONTROL, 52 if layout == "fr" else W)
        see(root, lambda: not tabs_of(alice).current.person, "the tab closed")


@window
@layouts
def test_the_form_copies_what_is_in_a_field(
    desktop: Desktop, root: tk.Tk, layout: str, *, caps_lock: bool
) -> None:
    apps = Apps(root)
    form = apps(1, name="Zoe").connect_page
    form.name.focus_force()
    root.update()
    form.name.selection_clear()
    forget_clipboard(root)
    with desktop.keyboard(layout, caps_lock=caps_lock):
        desktop.press_keys(CONTROL, a_of(layout))
        desktop.press_keys(CONTROL, X)
        see(root, lambda: form.name.get() == "", "an empty field")
        clipboard_holds(root, "Zoe")
    apps.close()


@window
@layouts
def test_the_servers_window_knows_its_keys(
    desktop: Desktop, root: tk.Tk, layout: str, *, caps_lock: bool
) -> None:
    app = ServerApp(
        root, Wanted({"host": "127.0.0.1", "port": "0", "status_port": "0"}), "light", lambda: False
    )
    app.appear()
    host = app.page.fields["host"]
    app.page.start_button.focus_force()
    root.update()
    forget_clipboard(root)
    with desktop.keyboard(layout, caps_lock=caps_lock):
        desktop.press_keys(ALT, H)
        see(root, lambda: root.focus_get() is host, "the field of the address")
        host.selection_clear()
        desktop.press_keys(CONTROL, a_of(layout))
        desktop.press_keys(CONTROL, C)
        clipboard_holds(root, "127.0.0.1")
        desktop.press_keys(CONTROL, SHIFT, C)
        clipboard_holds(root, app.page.log.shown())
        desktop.press_keys(CONTROL, F)
        see(root, lambda: root.focus_get() is not host, "the find bar")
        desktop.press_keys(CONTROL, a_of(layout))
        desktop.press_keys(CONTROL, a_of("us") if layout == "fr" else Q)
        see(root, lambda: app.status == 0 and not _exists(root), "the end")


def _exists(root: tk.Tk) -> bool:
    try:
        return bool(root.winfo_exists())
    except tk.TclError:
        return False


@window
def test_a_sign_where_an_american_letter_is_does_nothing_on_a_latin_keyboard(
    desktop: Desktop, alice: App
) -> None:
    alice.open_person("Bob")
    with desktop.keyboard("us(dvorak)"):
        desktop.press_keys(CONTROL, W)  # a comma there
        desktop.press_keys(ALT, ONE)
        see(alice.root, lambda: not tabs_of(alice).current.person, "everybody's tab")
    assert len(tabs_of(alice).shown()) == 2
