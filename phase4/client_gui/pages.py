"""The two pages of the one window: the form, and the conversation. Its keys, its size, its colours.

Main thread only.
"""

import functools
from collections.abc import Callable, Sequence
from tkinter import ttk

from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.connect_page import ConnectPage
from phase4.client_gui.memory import Memory
from phase4.widgets.actions import Action
from phase4.widgets.fit import set_minimum
from phase4.widgets.keys import bind_keys
from phase4.widgets.placing import Placing
from phase4.widgets.theme import Theme


class Pages:
    """Shows one of the two pages. `looked` is called when the conversation comes to be looked at.

    `escaped` is called at Escape in the form.
    """

    def __init__(
        self,
        theme: Theme,
        memory: Memory,
        connect_page: ConnectPage,
        chat_page: ChatPage,
        looked: Callable[[], None],
        escaped: Callable[[], None],
    ) -> None:
        self._root = connect_page.winfo_toplevel()
        self._theme = theme
        self._connect_page = connect_page
        self._chat_page = chat_page
        self._looked = looked
        self.is_chat = True
        """Whether the conversation is shown, and not the form."""
        self._root.bind("<FocusIn>", lambda _: looked())
        connect_page.bind_all("<Escape>", lambda _: None if self.is_chat else escaped(), add=True)
        line = theme.body.metrics("linespace")
        self._placing = Placing(
            *(self._root, memory.settings.window, (line * 46, line * 31)),
            note=lambda placement: memory.change(window=placement),
        )
        theme.on_change(self._restyle)

    def appear(self) -> None:
        """Put the window on the screen, where it was last time."""
        self._placing.appear()
        self._root.update_idletasks()

    def close(self) -> None:
        """Remember where it is. No page is shown after this."""
        self._placing.close()

    def show_chat(self) -> None:
        """Show the conversation; the keyboard is in its entry then."""
        self.is_chat = True
        self._show(self._chat_page, instead_of=self._connect_page)
        self._chat_page.entry.focus_set()
        self._looked()

    def show_form(self) -> None:
        """Show the form that asks where to connect."""
        self.is_chat = False
        self._show(self._connect_page, instead_of=self._chat_page)

    def _show(self, page: ttk.Frame, *, instead_of: ttk.Frame) -> None:
        instead_of.pack_forget()
        page.pack(fill="both", expand=True)
        if self._root.winfo_ismapped():
            # A widget that is not on the screen yet gets the keyboard only when it is, a moment
            # later; the keys that are pressed in between would go nowhere.
            self._root.update_idletasks()

    def is_looked_at(self) -> bool:
        """Whether the conversation is shown, and the window has the keyboard."""
        return self.is_chat and self.is_in_front()

    def is_in_front(self) -> bool:
        """Whether the window has the keyboard. (tkinter's own question fails in an open menu.)"""
        return bool(self._root.tk.call("focus", "-displayof", self._root))

    def set_actions(self, actions: Sequence[Action]) -> None:
        """Put them into the menu, and bind their keys."""
        self._chat_page.set_actions(actions)
        for action in actions:
            for sequence in action.sequences:
                self._bind(sequence, action.do, everywhere=action.everywhere)
        for number in range(9):
            go = functools.partial(self._chat_page.tabs.go, number)
            self._bind(f"<Alt-{number + 1}>", go)
        self._bind("<F10>", self._chat_page.header.open_menu)

    def _bind(self, sequence: str, do: Callable[[], object], *, everywhere: bool = False) -> None:
        """Let keys do something wherever in the conversation, or in the window, the keyboard is."""

        def answer(_: object) -> str | None:
            if not self.is_chat and not everywhere:
                return None
            do()
            return "break"  # and nothing else that the keys would mean

        bind_keys(self._root, sequence, answer)

    def _restyle(self) -> None:
        colours = self._theme.palette
        self._root.configure(background=colours.panel)
        # The line within a button that has the keyboard, in a colour that can be seen on it.
        ttk.Style(self._root).configure("Accent.TButton", focuscolor=colours.on_accent)
        line = self._theme.body.metrics("linespace")
        set_minimum(self._root, line * 26, line * 24)
