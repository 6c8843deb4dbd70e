"""Fonts, spacing and the look of the ttk widgets, light and dark. Main thread only.

ttk's `clam` is drawn by Tk itself and takes every colour that it is given, on every system. Sizes
are points and multiples of the font's height, never fixed pixels, so that a screen with small
pixels shows the same window and Ctrl+plus makes all of it grow.
"""

import contextlib
import ctypes
import sys
import tkinter as tk
from collections.abc import Callable
from tkinter import font, ttk
from typing import Any

from phase4.client.name_colours import NameColours
from phase4.widgets.colours import PALETTES, SYSTEM, Palette
from phase4.widgets.following import Following

BASE_POINTS = 10
SMALLEST_POINTS = 7
LARGEST_POINTS = 28

XFT_WITH_COLOURS = 20305
"""Xft 2.3.5 (2022) is the first that can draw fonts of coloured emoji, and survives them."""

_NO_COLOURS = (
    b"<fontconfig><selectfont><rejectfont><pattern><patelt name='color'><bool>true</bool>"
    b"</patelt></pattern></rejectfont></selectfont></fontconfig>"
)

_TK_FONTS = ("TkDefaultFont", "TkTextFont", "TkMenuFont", "TkHeadingFont")


class Theme:
    """What everything in the window looks like; `on_change` is called after each change."""

    def __init__(self, root: tk.Misc, choice: str, looked: str = "light") -> None:
        """`choice` is one of CHOICES (colours.py); `looked`, what the system looked like last time.

        With that it begins, and changes once the system has answered.
        """
        # What the person wishes, and what came of it.
        self.choice = choice
        self.name = looked if choice == SYSTEM else choice
        self.name_colours = NameColours()
        # What this window has said, and will not say again.
        self.told: set[str] = set()
        self._root = root
        self._style = ttk.Style(root)
        self._style.theme_use("clam")
        self._points = BASE_POINTS
        self._listeners: list[Callable[[], None]] = []
        # The system's own family: it exists, and it is what people read everywhere else.
        family = font.nametofont("TkDefaultFont", root).actual("family")
        self.body = font.Font(root, family=family)
        self.bold = font.Font(root, family=family, weight="bold")
        self.small = font.Font(root, family=family)
        self.title = font.Font(root, family=family, weight="bold")
        # What is compared sign by sign: a fingerprint, say.
        fixed = font.nametofont("TkFixedFont", root).actual("family")
        self.fixed = font.Font(root, family=fixed)
        self._family = family
        self._apply()
        self._following = Following(root, self._show)
        if choice == SYSTEM:
            self._following.follow()

    @property
    def palette(self) -> Palette:
        """The colours of the theme in use."""
        return PALETTES[self.name]

    @property
    def unit(self) -> int:
        """The distance between things, in pixels: a quarter of a line of text."""
        return max(3, self.body.metrics("linespace") // 4)

    def name_colour(self, name: str) -> str:
        """The colour of a person now."""
        return self.palette.names[self.name_colours.number(name)]

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call `listener` now, and after each change of colours or sizes."""
        self._listeners.append(listener)
        listener()

    def off_change(self, listener: Callable[[], None]) -> None:
        """Call it no more. A part of the window that is destroyed must say so before."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def toggle(self) -> None:
        """From light to dark, or back, whatever the system looks like."""
        self._following.stop()
        self.choice = self.name = "light" if self.name == "dark" else "dark"
        self._apply()

    def follow_system(self) -> None:
        """Light or dark as the system is, from now on."""
        self.choice = SYSTEM
        self._following.follow()
        self._apply()  # whoever remembers the choice hears of it, even if nothing looks different

    def _show(self, name: str) -> None:
        if name != self.name:
            self.name = name
            self._apply()

    def zoom(self, step: int) -> None:
        """Make text larger or smaller by `step` points; 0 returns to the size at the start."""
        wanted = self._points + step if step else BASE_POINTS
        self._points = min(max(wanted, SMALLEST_POINTS), LARGEST_POINTS)
        self._apply()

    def style_menu(self, menu: tk.Menu) -> None:
        """Give a menu its colours: it is not a ttk widget, and has to be told everything."""
        colours = self.palette
        menu.configure(
            background=colours.page,  # not the panel's, over which it opens
            foreground=colours.text,
            activebackground=colours.accent,
            activeforeground=colours.on_accent,
            disabledforeground=colours.muted,
            selectcolor=colours.text,
            relief="solid",
            borderwidth=1,
        )
        self._fit_menu(menu)

    def _fit_menu(self, menu: tk.Menu) -> None:
        """Where text is large, a long menu has smaller letters: all of it must be on the screen."""
        for points in range(self._points, SMALLEST_POINTS - 1, -1):
            border = self.unit * points // (2 * self._points)  # the space around an entry
            menu.configure(font=(self._family, points), activeborderwidth=border)
            menu.update_idletasks()
            is_narrow = menu.winfo_reqwidth() <= menu.winfo_screenwidth()
            if is_narrow and menu.winfo_reqheight() <= menu.winfo_screenheight():
                break

    def _apply(self) -> None:
        self._size_fonts()
        self._style_all()
        self._style_buttons()
        self._style_fields()
        self._style_lists()
        self._lay_out_fields(self._root)
        for listener in tuple(self._listeners):
            listener()

    def _lay_out_fields(self, parent: tk.Misc) -> None:
        """Tell each field that its font has another size: by itself it draws in the old place."""
        for child in parent.winfo_children():
            if isinstance(child, ttk.Entry):
                child.configure(font=child.cget("font"))
            self._lay_out_fields(child)

    def _size_fonts(self) -> None:
        points = self._points
        for each, size in (
            (self.body, points),
            (self.bold, points),
            (self.fixed, points),
            (self.small, points - 1),
            (self.title, points + 8),
        ):
            each.configure(size=size)
        for name in _TK_FONTS:  # what Tk's own dialogs and lists use
            font.nametofont(name, self._root).configure(size=points)

    def _style_all(self) -> None:
        colours = self.palette
        self._style.configure(
            ".",
            background=colours.panel,
            foreground=colours.text,
            bordercolor=colours.border,
            lightcolor=colours.panel,
            darkcolor=colours.panel,
            troughcolor=colours.panel,
            focuscolor=colours.accent,
            selectbackground=colours.selection,
            selectforeground=colours.text,
            font=self.body,
        )
        # Where the keyboard is elsewhere, clam would take greys of its own.
        self._style.map(".", selectbackground=[], selectforeground=[])
        for name, foreground, used in (
            ("Muted.TLabel", colours.muted, self.small),
            ("Bold.TLabel", colours.text, self.bold),
            ("Title.TLabel", colours.text, self.title),
            ("Error.TLabel", colours.error, self.body),
        ):
            self._style.configure(name, foreground=foreground, font=used)
        self._style.configure("Bar.TFrame", background=colours.error_page)
        self._style.configure("Bar.TLabel", background=colours.error_page, foreground=colours.text)
        self._style.configure("Line.TFrame", background=colours.border)
        self._style.configure("Card.TFrame", background=colours.panel)
        for name, background in (
            ("PageRing", colours.page),
            ("PanelRing", colours.panel),
            ("FocusRing", colours.accent),
        ):
            self._style.configure(f"{name}.TFrame", background=background)

    def _style_buttons(self) -> None:
        colours, unit = self.palette, self.unit
        self._style.layout("Menu.TMenubutton", self._style.layout("TButton"))  # without an arrow
        for name, background, over, foreground in (
            ("TButton", colours.panel, colours.border, colours.text),
            ("Accent.TButton", colours.accent, colours.accent_over, colours.on_accent),
            ("Menu.TMenubutton", colours.panel, colours.border, colours.text),
        ):
            self._style.configure(
                name,
                background=background,
                foreground=foreground,
                bordercolor=colours.edge if name == "TButton" else background,
                lightcolor=background,
                darkcolor=background,
                relief="raised",  # a flat one would show no edge, and no ring
                padding=(3 * unit, unit),
            )
            states = [("disabled", colours.panel), ("pressed", over), ("active", over)]
            # The ring is two pixels wide: one is seen against what is around, one on the button.
            ring = [("disabled", colours.panel), ("focus", foreground), *states[1:]]
            self._style.map(
                name,
                background=states,
                lightcolor=ring,
                darkcolor=ring,
                foreground=[("disabled", colours.muted)],
                bordercolor=[("disabled", colours.border), ("focus", colours.text)],
            )
            self._style.configure(name, focuscolor=background)  # clam's dotted line, beside it

    def _style_fields(self) -> None:
        colours, unit = self.palette, self.unit
        # A frame that is drawn as a field is: around one in which several lines are typed.
        self._style.layout("Field.TFrame", [("Entry.field", {"sticky": "nswe"})])
        for name in ("TEntry", "Field.TFrame"):
            self._style_field(name)
        for name in ("TCheckbutton", "TRadiobutton"):
            self._style.configure(
                name,
                indicatorbackground=colours.field,
                indicatorforeground=colours.text,
                upperbordercolor=colours.muted,
                lowerbordercolor=colours.muted,
                indicatorsize=self.body.metrics("linespace") * 3 // 4,
                indicatormargin=(0, 0, 2 * unit, 0),
                padding=unit // 2,
            )
            self._style.map(
                name,
                background=[],
                foreground=[("disabled", colours.muted)],
                indicatorbackground=[("disabled", colours.panel)],
                indicatorforeground=[("disabled", colours.muted)],
            )

    def _style_field(self, name: str) -> None:
        colours, unit = self.palette, self.unit
        self._style.configure(
            name,
            fieldbackground=colours.field,
            foreground=colours.text,
            insertcolor=colours.accent,
            insertwidth=max(2, unit // 2),
            bordercolor=colours.edge,
            lightcolor=colours.field,
            darkcolor=colours.field,
            padding=(2 * unit, unit + unit // 2),
        )
        self._style.map(
            name,
            fieldbackground=[("disabled", colours.panel)],
            foreground=[("disabled", colours.muted)],
            bordercolor=[("focus", colours.accent), ("disabled", colours.border)],
            lightcolor=[("focus", colours.accent), ("disabled", colours.panel)],
            darkcolor=[("focus", colours.accent), ("disabled", colours.panel)],
        )

    def _style_lists(self) -> None:
        colours, unit = self.palette, self.unit
        self._style.layout("Treeview", [("Treeview.treearea", {"sticky": "nswe"})])  # no frame
        # A list, not a tree: without the space for the signs that open and close branches.
        self._style.layout("Treeview.Item", [("Treeitem.text", {"sticky": "nswe"})])
        self._style.configure(
            "Treeview",
            background=colours.panel,
            fieldbackground=colours.panel,
            foreground=colours.text,
            borderwidth=0,
            indent=0,
            # Not by itself: the default is 20 pixels, in which a larger font overlaps.
            rowheight=self.body.metrics("linespace") + 2 * unit,
        )
        # Of a row that is marked, too: names in their colours cannot be read on all of these.
        self._style.map(
            "Treeview",
            background=[("focus", "selected", colours.accent), ("selected", colours.selection)],
            foreground=[("focus", "selected", colours.on_accent), ("selected", colours.text)],
        )
        # A bar without arrows: nobody clicks them.
        thumb = ("Vertical.Scrollbar.thumb", {"expand": "1", "sticky": "nswe"})
        layout: Any = [("Vertical.Scrollbar.trough", {"sticky": "ns", "children": [thumb]})]
        self._style.layout("Vertical.TScrollbar", layout)
        self._style.configure(
            "Vertical.TScrollbar",
            background=colours.edge,
            bordercolor=colours.page,
            lightcolor=colours.edge,
            darkcolor=colours.edge,
            troughcolor=colours.page,
            arrowsize=3 * unit,
            gripcount=0,
            relief="flat",
        )
        over = [("active", colours.muted), ("disabled", colours.page)]
        self._style.map("Vertical.TScrollbar", background=over, lightcolor=over, darkcolor=over)


def pad(widget: tk.Widget, padx: int | tuple[int, int], pady: int | tuple[int, int]) -> None:
    """Set the space around a widget in a grid; one that is hidden stays hidden."""
    is_shown = bool(widget.winfo_manager())
    widget.grid_configure(padx=padx, pady=pady)  # shows it
    if not is_shown:
        widget.grid_remove()


def prepare_screen() -> None:
    """Before the first window: have it drawn sharp, and in fonts that do not end the program."""
    use_real_pixels()
    if sys.platform not in ("win32", "darwin"):
        avoid_fonts_that_kill()


def use_real_pixels() -> None:
    """Before the first window: ask Windows not to draw it small and stretch the picture."""
    if sys.platform == "win32":
        with contextlib.suppress(AttributeError, OSError):  # before Windows 8.1
            ctypes.OleDLL("shcore").SetProcessDpiAwareness(1)


def avoid_fonts_that_kill(safe_since: int = XFT_WITH_COLOURS) -> bool:
    """Before the first window: on an old X11 library do without fonts of coloured emoji.

    Xft before 2.3.5 sends the X server a request that it refuses (BadLength), and with that the
    program is over, even if a stranger wrote the emoji. There is no error that could be caught. So
    the fonts are taken out of what this process knows; emoji then come from a font of one colour,
    or as a box. Whether that was needed.
    """
    try:
        xft, fonts = ctypes.CDLL("libXft.so.2"), ctypes.CDLL("libfontconfig.so.1")
        if xft.XftGetVersion() >= safe_since:
            return False
        fonts.FcInitLoadConfig.restype = ctypes.c_void_p
        config = ctypes.c_void_p(fonts.FcInitLoadConfig())
        fonts.FcConfigParseAndLoadFromMemory(config, _NO_COLOURS, 1)
        fonts.FcConfigBuildFonts(config)
        fonts.FcConfigSetCurrent(config)
    except (AttributeError, OSError):  # Tk without Xft, or a fontconfig before 2018
        return False
    return True
