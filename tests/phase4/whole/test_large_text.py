"""Large text on small screens: nothing that one needs is out of sight. Both windows."""

import time
import tkinter as tk
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from tkinter import font

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.target import Target
from phase4.server_gui import app as server_gui
from phase4.server_gui.form import TLS_FIELDS, Wanted
from phase4.server_gui.page import ServerPage
from phase4.widgets.fit import shortened
from phase4.widgets.theme import BASE_POINTS, Theme
from shared import message
from tests.conftest import Need
from tests.kit.desktop import MODULES, PROGRAMS, Desktop
from tests.kit.windows import new_window, press, see

pytestmark = pytest.mark.window

WIDEST = "M" * 20
SCREENS = ((1024, 768), (1024, 600), (800, 600))
NewRoot = Callable[[tuple[int, int]], tk.Tk]


@pytest.fixture(scope="session")
def screens() -> Iterator[Callable[[tuple[int, int]], Desktop]]:
    """Desktops of the sizes that are asked for.

    They live as long as this process: Tk never closes a connection to an X server, and the end of
    one is the end of the process.
    """
    desktops: dict[tuple[int, int], Desktop] = {}
    with ExitStack() as stack:

        def start(size: tuple[int, int]) -> Desktop:
            if size not in desktops:
                desktops[size] = stack.enter_context(Desktop(*size))
            return desktops[size]

        yield start


@pytest.fixture
def new_root(need: Need, screens: Callable[[tuple[int, int]], Desktop]) -> Iterator[NewRoot]:
    """An empty window on a screen of this size."""
    need(*PROGRAMS, modules=MODULES)
    with ExitStack() as stack:
        yield lambda size: stack.enter_context(new_window(screens(size)))


def enlarge(root: tk.Tk, theme: Theme, points: int) -> None:
    """Press Ctrl+plus until text has this size, and let the window settle."""
    for _ in range(points - BASE_POINTS):
        theme.zoom(1)
        root.update()
    see(root, lambda: is_on_screen(root), "a window that is wholly on the screen")
    assert root.minsize() <= (root.winfo_screenwidth(), root.winfo_screenheight())
    root.update()


def is_on_screen(widget: tk.Misc, within: tk.Misc | None = None) -> bool:
    """Whether all of it can be seen: on the screen, and in its window."""
    left, top = widget.winfo_rootx(), widget.winfo_rooty()
    right, bottom = left + widget.winfo_width(), top + widget.winfo_height()
    edges = (0, 0, widget.winfo_screenwidth(), widget.winfo_screenheight())
    if within is not None:
        x, y = within.winfo_rootx(), within.winfo_rooty()
        edges = (x, y, x + within.winfo_width(), y + within.winfo_height())
    is_inside = edges[0] <= left and edges[1] <= top and right <= edges[2] and bottom <= edges[3]
    return bool(widget.winfo_viewable()) and is_inside


@pytest.fixture
def window(new_root: NewRoot) -> Iterator[Callable[[tuple[int, int]], App]]:
    apps: list[App] = []

    def start(size: tuple[int, int]) -> App:
        root = new_root(size)
        apps.append(App(root, Target("127.0.0.1", 1, "Ann", False), "light", lambda: False))
        apps[-1].appear()
        see(root, root.winfo_viewable, "the window")
        return apps[-1]

    yield start
    for app in apps:
        with suppress(tk.TclError):
            app.quit()


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("points", [10, 20, 28])
@pytest.mark.parametrize("me", ["Ann", WIDEST])
def test_the_entry_is_on_the_screen_and_what_is_said_has_a_column(
    window: Callable[[tuple[int, int]], App], size: tuple[int, int], points: int, me: str
) -> None:
    app = window(size)
    app._pages.show_chat()
    page, entry = app.chat_page, app.chat_page.entry
    app.router.me = me
    page.show_place("127.0.0.1:12345", me)
    page.show_people((me, "Bob"))
    said = "a line that is rather long, and goes on for a while, so that it has several rows"
    app.router.show([message.Public("10:00:00", each, said) for each in ("Bob", WIDEST, me)])
    enlarge(app.root, app.theme, points)
    see(app.root, lambda: is_on_screen(entry, app.root), "the entry")
    assert is_on_screen(vars(page.header)["_button"], app.root)
    assert entry.winfo_width() >= page.winfo_width() // 3
    text = app._tabs.main.conversation.text
    start, end = vars(text)["_column"]
    assert end <= text.winfo_width()
    assert end - start >= text.winfo_width() // 3 - 6 * app.theme.unit
    assert text.winfo_height() > 2 * app.theme.body.metrics("linespace")
    tabs_open = app._tabs.open(WIDEST)
    assert tabs_open is not None
    app._tabs.select(tabs_open)
    see(app.root, lambda: is_on_screen(entry, app.root), "the entry")
    assert entry.winfo_width() >= page.winfo_width() // 4
    press(entry, "<x>")
    assert "x" in entry.get()


@pytest.mark.parametrize("points", [10, 20])
def test_in_the_least_size_find_is_whole_and_the_people_leave_space(
    window: Callable[[tuple[int, int]], App], points: int
) -> None:
    app = window(SCREENS[0])
    app._pages.show_chat()
    page, conversation = app.chat_page, app._tabs.main.conversation
    page.show_people(("Ann", "Bob", "a-student-of-maths-7"))
    app.router.show([message.Public("10:00:00", "Bob", "tea")] * 100)
    enlarge(app.root, app.theme, points)
    least = app.root.minsize()
    app.root.geometry(f"{least[0]}x{least[1]}")
    see(app.root, lambda: app.root.winfo_width() == least[0], "the least size")
    see(app.root, lambda: page.people.winfo_width() * 3 < least[0], "narrow people")
    conversation.search.open()
    bar = conversation.search.bar
    app.root.update()
    press(bar.field, "<t>")
    see(app.root, lambda: bar.count.cget("text") == "100 of 100", "the count")
    for part in (bar.field, bar.before, bar.next, bar.count, bar.close_button):
        see(app.root, lambda part=part: is_on_screen(part, conversation), str(part))  # type: ignore[misc]
        assert part is bar.field or part.winfo_width() >= part.winfo_reqwidth()
    assert bar.field.winfo_width() > app.theme.body.measure("mm")


@pytest.mark.parametrize(
    ("points", "size"),
    [*((points, size) for points in (10, 20) for size in SCREENS), (28, SCREENS[0])],
)
def test_the_form_can_be_filled_in_and_sent(
    window: Callable[[tuple[int, int]], App], size: tuple[int, int], points: int
) -> None:
    app = window(size)
    page = app.connect_page
    enlarge(app.root, app.theme, points)
    for part in (page.host, page.port, page.name, page.tls, vars(page)["_button"]):
        see(app.root, lambda part=part: is_on_screen(part, app.root), str(part))  # type: ignore[misc]


def test_what_stands_in_a_field_is_drawn_in_its_middle_after_a_change_of_size(
    window: Callable[[tuple[int, int]], App],
) -> None:
    app = window((800, 600))
    field = app.connect_page.host
    enlarge(app.root, app.theme, 20)
    box = field.bbox(0)
    assert box is not None
    above, below = box[1], field.winfo_height() - box[1] - box[3]
    assert above >= 0
    assert abs(above - below) <= 2


def test_a_time_that_has_no_space_is_still_copied(
    window: Callable[[tuple[int, int]], App],
) -> None:
    app = window((800, 600))
    app._pages.show_chat()
    app.router.show([message.Public("10:00:00", WIDEST, "hello")])
    enlarge(app.root, app.theme, 28)
    conversation = app._tabs.main.conversation
    see(
        app.root,
        lambda: conversation.text.tag_cget("time", "elide") == "1",
        "a conversation without times",
    )
    conversation.select_all()
    conversation.copy_stamped()
    assert app.root.clipboard_get() == f"10:00:00  {WIDEST}  hello\n"
    app.theme.zoom(0)
    see(
        app.root,
        lambda: conversation.text.tag_cget("time", "elide") == "0",
        "a conversation with times",
    )


@pytest.mark.parametrize("size", SCREENS)
@pytest.mark.parametrize("points", [10, 20])
def test_the_servers_window_has_all_its_controls_in_sight(
    new_root: NewRoot, size: tuple[int, int], points: int
) -> None:
    root = new_root(size)
    app = server_gui.App(root, Wanted({"host": "0.0.0.0"}, ()), "light", lambda: False)
    app.appear()
    see(root, root.winfo_viewable, "the window")
    enlarge(root, app.theme, points)
    page = app.page
    parts = [*page.fields.values(), page.start_button, page.stop_button, page.tls_box]
    parts += [vars(page)["_menu_button"], page.disconnect_button]
    for part in parts:
        see(root, lambda part=part: is_on_screen(part, root), str(part))  # type: ignore[misc]
    see(root, lambda: "Online" in figures_in_sight(app), "a figure")
    page.want_tls()
    for name in TLS_FIELDS:
        see(root, lambda name=name: is_on_screen(page.tls.fields[name], root), name)  # type: ignore[misc]
    app.close()


@pytest.mark.parametrize("points", [10, 20, 28])
def test_whatever_gets_the_keyboard_is_in_sight_in_the_servers_window(
    new_root: NewRoot, points: int
) -> None:
    root = new_root((1366, 768))
    app = server_gui.App(root, Wanted({"host": "0.0.0.0"}, ()), "light", lambda: False)
    app.appear()
    see(root, root.winfo_viewable, "the window")
    enlarge(root, app.theme, points)
    page = app.page
    page.want_tls()
    assert_all_come_into_sight(page)
    page.show_state("Running on 192.168.100.100:12345", can_start=False, can_stop=True)
    page.tls.show_fingerprint("192.168.100.100:12345", "SHA256:" + ":".join(["AB"] * 32))
    page.show_selected("Ann")
    see(root, lambda: is_on_screen(vars(page)["_state"], vars(page)["_head"]), "all of the state")
    page.show_bar("Something is wrong, which takes a sentence of some length to be said. " * 2)
    see(root, lambda: is_on_screen(page.bar, vars(page)["_scroll"]), "the bar")
    assert_all_come_into_sight(page)
    page.questions.stop(lambda: 2, "Stop the server", lambda: None)
    for part in page.questions.bar.winfo_children():
        see(root, lambda part=part: is_on_screen(part, root), str(part))  # type: ignore[misc]
    app.close_at_once()


def test_the_servers_window_comes_to_rest_after_each_change_of_size(
    new_root: NewRoot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a scrollbar its figures need one row more, and with one row less no scrollbar."""
    root, fits, fit = new_root((1366, 768)), [0.0], ServerPage._fit

    def noted(page: ServerPage) -> None:
        fits.append(time.monotonic())
        fit(page)

    monkeypatch.setattr(ServerPage, "_fit", noted)
    app = server_gui.App(root, Wanted({"host": "0.0.0.0"}, ()), "light", lambda: False)
    app.appear()
    see(root, root.winfo_viewable, "the window")
    app.page.room.grid()  # as while a server runs
    for points in range(BASE_POINTS + 1, 27):
        app.theme.zoom(1)
        began, since = len(fits), time.monotonic()
        while time.monotonic() - max(since, fits[-1]) < 0.1:
            root.tk.dooneevent(0b10)  # one event, without waiting: update() would never return
            assert len(fits) - began < 300, f"with {points} points it goes on for ever"
    app.close_at_once()


def assert_all_come_into_sight(page: ServerPage) -> None:
    """Go round with Tab; the page may scroll, but not by hand."""
    root, scrolled = page.winfo_toplevel(), vars(page)["_scroll"]
    reached: list[tk.Misc] = []
    part = page.log.text.tk_focusNext()
    while part is not None and part not in reached:
        part.focus_force()
        see(root, lambda part=part: is_on_screen(part, scrolled), str(part))  # type: ignore[misc]
        reached.append(part)
        part = part.tk_focusNext()
    assert {page.people.tree, page.log.text} <= {*reached}


@pytest.mark.parametrize("points", [10, 20, 28])
def test_all_of_a_menu_is_on_the_screen(new_root: NewRoot, points: int) -> None:
    client = App(
        new_root((1366, 768)), Target("127.0.0.1", 1, "Ann", False), "light", lambda: False
    )
    server = server_gui.App(new_root((1366, 768)), Wanted({}, ()), "light", lambda: False)
    for app, page in ((client, client.chat_page.header), (server, server.page)):
        app.theme.zoom(points - BASE_POINTS)
        app.root.update()
        menu: tk.Menu = vars(page)["_menu"]
        assert menu.winfo_reqheight() <= menu.winfo_screenheight()
        assert menu.winfo_reqwidth() <= menu.winfo_screenwidth()
        assert menu.winfo_reqheight() > 20 * BASE_POINTS
    short = client._tabs.main.conversation.menu.menu
    short.add_command(label="Copy")
    client.theme.style_menu(short)  # which is as large as all text, however long others are
    assert short.winfo_reqheight() > client.theme.body.metrics("linespace")
    client.quit()
    server.close_at_once()


def figures_in_sight(app: server_gui.App) -> set[str]:
    labels = vars(app.page.counts)["_labels"]
    return {str(label.cget("text")) for label in labels if is_on_screen(label, app.root)}


def test_a_text_is_cut_to_the_space_that_there_is(new_root: NewRoot) -> None:
    used = font.Font(new_root((1024, 768)), family="TkDefaultFont", size=20)
    assert shortened("Ann", used, 1000) == "Ann"
    for pixels in (200, 100, 1):
        cut = shortened(WIDEST, used, pixels)
        assert cut.endswith("…")
        assert used.measure(cut) <= max(pixels, used.measure("…"))
