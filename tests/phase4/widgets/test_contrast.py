"""What shows where a control is, where the keyboard is, and which row is marked: it can be seen.

The colours are asked of the widgets of both windows, as Tk draws them; light and dark.
"""

import tkinter as tk
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tkinter import ttk

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.target import Target
from phase4.server_gui import app as server_gui
from phase4.server_gui.form import Wanted
from phase4.widgets.colours import contrast
from phase4.widgets.editor import Editor
from phase4.widgets.theme import Theme
from phase4.widgets.transcript import Transcript
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, see

pytestmark = pytest.mark.window

READABLE, SEEN = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11


@pytest.fixture(params=["client", "server"])
def opened(
    request: pytest.FixtureRequest, desktop: Desktop, tmp_path: Path
) -> Iterator[tuple[tk.Tk, Theme]]:
    """A window, with the conversation in front where it has one."""
    with new_window(desktop) as root:
        app: App | server_gui.App
        if request.param == "client":
            app = App(root, Target("127.0.0.1", 1, "Ann", False), "light", lambda: False)
            app._pages.show_chat()
            app.chat_page.show_people(("Ann", "Bob"))
            app.chat_page.question.show("Send?", [("Yes", print), ("No", print)])
            end = app.quit
        else:
            options = ("--log-dir", str(tmp_path))
            app = server_gui.App(root, Wanted({}, options), "light", lambda: False)
            end = app.close
        app.appear()
        see(root, root.winfo_viewable, "the window")
        yield root, app.theme
        with suppress(tk.TclError):
            end()


def parts(widget: tk.Misc) -> Iterator[tk.Misc]:
    for child in widget.winfo_children():
        yield child
        yield from parts(child)


def colour(widget: tk.Misc, option: str, *states: str) -> str:
    """What ttk draws a part of this widget with, in this state."""
    way = "Vertical." if isinstance(widget, ttk.Scrollbar) else ""
    style = str(widget.cget("style")) or way + widget.winfo_class()
    return str(ttk.Style(widget).lookup(style, option, states))


def is_field(widget: tk.Misc) -> bool:
    """Whether something is typed there: in one line, or in a Text with a frame that is drawn so."""
    return isinstance(widget, ttk.Entry) or (
        isinstance(widget, ttk.Frame) and str(widget.cget("style")) == "Field.TFrame"
    )


def around(widget: tk.Misc) -> str:
    """The colour that a widget lies on."""
    return colour(widget.nametowidget(widget.winfo_parent()), "background")


def in_both_themes(root: tk.Tk, theme: Theme) -> Iterator[list[tk.Misc]]:
    for _ in range(2):
        yield [*parts(root)]
        theme.toggle()
        root.update()


def test_fields_and_scrollbars_are_seen(opened: tuple[tk.Tk, Theme]) -> None:
    for widgets in in_both_themes(*opened):
        fields = [each for each in widgets if is_field(each)]
        thumbs = [each for each in widgets if isinstance(each, ttk.Scrollbar)]
        assert fields
        assert thumbs
        for field in fields:
            edge = colour(field, "bordercolor")
            assert contrast(edge, around(field)) >= SEEN, field
            assert contrast(edge, colour(field, "fieldbackground")) >= SEEN, field
        for thumb in thumbs:
            for state in ((), ("active",)):
                now = colour(thumb, "background", *state)
                assert contrast(now, colour(thumb, "troughcolor")) >= SEEN, thumb


def test_what_is_selected_in_a_field_can_be_read_also_when_the_keyboard_is_elsewhere(
    opened: tuple[tk.Tk, Theme],
) -> None:
    for widgets in in_both_themes(*opened):
        for field in widgets:
            if is_field(field):
                for state in ("focus", "!focus"):
                    pair = [
                        colour(field, f"select{x}", state) for x in ("foreground", "background")
                    ]
                    assert contrast(*pair) >= READABLE, (field, state)


def test_names_can_be_read_on_every_row_of_a_list_and_on_the_marked_one(
    opened: tuple[tk.Tk, Theme],
) -> None:
    for widgets in in_both_themes(*opened):
        lists = [each for each in widgets if isinstance(each, ttk.Treeview)]
        assert lists
        for each in lists:
            page = colour(each, "background")
            for row in each.get_children():
                for tag in each.item(row, "tags"):
                    assert contrast(str(each.tag_configure(tag, "foreground")), page) >= READABLE
            for state in (("selected",), ("selected", "focus")):
                marked = colour(each, "background", *state)
                # Not the tag's colour: what the style says of a marked row goes before it.
                assert contrast(colour(each, "foreground", *state), marked) >= READABLE, state
            assert contrast(colour(each, "background", "selected", "focus"), page) >= SEEN


def test_where_the_keyboard_is_can_be_seen(opened: tuple[tk.Tk, Theme]) -> None:
    root, _ = opened
    for widgets in in_both_themes(*opened):
        for each in widgets:
            if is_field(each):
                ring = colour(each, "lightcolor", "focus")
                assert contrast(ring, colour(each, "lightcolor")) >= SEEN, each
                assert contrast(colour(each, "bordercolor", "focus"), around(each)) >= SEEN, each
            elif isinstance(each, ttk.Checkbutton):
                assert contrast(colour(each, "focuscolor"), around(each)) >= SEEN, each
            elif isinstance(each, ttk.Button | ttk.Menubutton):
                assert colour(each, "relief") == "raised", each  # clam draws no ring on a flat one
                inner = colour(each, "lightcolor", "focus")
                assert contrast(inner, colour(each, "background", "focus")) >= SEEN, each
                assert contrast(colour(each, "bordercolor", "focus"), around(each)) >= SEEN, each
            elif isinstance(each, ttk.Treeview | Transcript) and each.winfo_viewable():
                assert_has_ring(root, each)


def test_a_field_of_several_lines_has_the_colours_of_the_others(
    opened: tuple[tk.Tk, Theme],
) -> None:
    root, _ = opened
    for widgets in in_both_themes(*opened):
        for each in widgets:
            if isinstance(each, Editor):
                frame, hint = each.frame, vars(each)["_hint"]
                each.focus_force()
                see(root, lambda frame=frame: frame.instate(["focus"]), "the ring")  # type: ignore[misc]
                root.focus_force()
                see(root, lambda frame=frame: frame.instate(["!focus"]), "no ring")  # type: ignore[misc]
                page = str(each.cget("background"))
                assert page == colour(frame, "fieldbackground")
                assert contrast(str(each.cget("foreground")), page) >= READABLE
                assert contrast(str(hint.cget("foreground")), str(hint.cget("background"))) >= 4.5
                marked = str(each.cget("selectbackground"))
                assert contrast(str(each.cget("selectforeground")), marked) >= READABLE
                assert str(each.cget("inactiveselectbackground")) == marked


def assert_has_ring(root: tk.Tk, part: tk.Misc) -> None:
    """A frame around it changes its colour when the keyboard comes."""
    ring = part
    while ring.winfo_class() != "TFrame" or not str(ring.cget("style")).endswith("Ring.TFrame"):
        ring = ring.nametowidget(ring.winfo_parent())
        assert ring is not root, f"{part} has no ring"
    root.focus_force()
    see(root, lambda: root.focus_get() is root, "the keyboard elsewhere")
    idle = colour(ring, "background")
    part.focus_force()
    see(root, lambda: root.focus_get() is part, "the keyboard there")
    assert contrast(colour(ring, "background"), idle) >= SEEN, part
