"""A name of one's own, in the window: to log in, to register, to change the password. Main thread.

What is filled in goes to the server as the line that one could type; no password is shown, or
written down. Where the person wishes it, the system's keyring holds it (keyring_store.py).
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from phase4.client import PasswordAsked, SendError
from phase4.client.account import READABLE
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.contact import Contact
from phase4.client_gui.keyring_store import KeyringStore
from phase4.client_gui.password_row import KEEP, Given
from phase4.client_gui.person_menu import Choice
from phase4.client_gui.short_names import short_name
from phase4.widgets.actions import Action
from phase4.widgets.ask_panel import AskPanel, Field, Form
from phase4.widgets.popup import Popup
from phase4.widgets.theme import Theme
from shared.message import Registered
from shared.rights import LoggedIn

TWO = "These two are not the same."
MISSING = "Fill in all of it."

ONCE_MORE = Field("Once more", is_hidden=True)


@dataclass(frozen=True, slots=True)
class AccountCalls:
    """What is asked of the window."""

    send: Callable[[str], bool]
    """Send this line; whether it was taken. If not, the conversation says why."""
    ask: Callable[[PasswordAsked, bool, bool], object]
    """Ask for a password; then, whether it can be remembered, and whether one is."""
    waiting: Callable[[str], object]
    """Say that this is being waited for."""
    complain: Callable[[str], object]
    """Show this sentence in the conversation."""
    no_keyring: Callable[[], object]
    """There is none, as it turns out: the form need not offer it."""
    refuse: Callable[[str], object]
    """Show it in the form, which asks again."""


class Accounts:
    """Serves `page`, and the client of `contact`."""

    def __init__(self, page: ChatPage, theme: Theme, contact: Contact, calls: AccountCalls) -> None:
        self._page, self._contact, self._calls = page, contact, calls
        self._popup = Popup(page, theme)
        self.menu = self._popup.menu
        self.keyring = KeyringStore()
        # What is to go to the keyring once the server has taken it: place, name and password.
        self._to_keep: tuple[str, str, str] | None = None
        # Of which place and name the keyring is known to have a password.
        self._kept: tuple[str, str] | None = None
        # Where the keyring was asked for the password of which name: once for each connection.
        self._looked_up: tuple[str, str] | None = None
        self.panel = AskPanel(page, theme, page.tabs, page.entry.focus_set)
        page.panels.add(self.panel)
        self._does_before, page.does = page.does, self.does
        self.keyring.gone = calls.no_keyring

    # --- on the way in --------------------------------------------------------------------------

    def connecting(self) -> None:
        """Another client begins to connect."""
        self._looked_up = self._to_keep = self._kept = None

    def asked(self, event: PasswordAsked) -> None:
        """The server asks for a password. The keyring may have it; else the person does."""
        place, name = self._contact.target.place, event.name
        self._to_keep = None
        is_kept = self._kept == (place, name)
        self._calls.ask(event, self.keyring.is_available, is_kept)
        if self._looked_up != (place, name):
            self._looked_up = place, name
            client = self._contact.client

            def found(password: str) -> None:
                if password and self._contact.client is client and self._contact.is_asked(name):
                    self._kept = place, name
                    self.give(Given(name, password, is_to_keep=False))

            self.keyring.find(place, name, found)

    def give(self, given: Given) -> None:
        """Log in with this, as the server has asked."""
        name = self._contact.asked_name
        try:
            self._contact.try_password(given.password)
        except SendError as error:
            self._calls.refuse(str(error))
            return
        if given.is_to_keep:
            self._to_keep = (self._contact.target.place, name, given.password)
        self._calls.waiting("Logging in …")

    def heard(self, received: Sequence[object]) -> None:
        """What the server said: it may be that the password was right."""
        for each in received:
            match each:
                case LoggedIn() if self._to_keep is not None:
                    self.keyring.keep(*self._to_keep, self._calls.complain)
                    self._kept, self._to_keep = self._to_keep[:2], None
                case Registered(name):
                    self._offer(name)

    def tend(self) -> None:
        """To be called often."""
        self.keyring.tend()

    def close(self) -> None:
        """Nothing is asked after this."""
        self.keyring.close()

    # --- in the conversation --------------------------------------------------------------------

    def actions(self) -> tuple[Action, ...]:
        """For the menu of the window."""
        return (Action("Your name and password …", "", (), self.show, starts_group=True),)

    def show(self) -> None:
        """Offer what can be done with the own name."""
        self.keyring.probe()
        self._popup.clear()
        for label, do in self.choices():
            self._popup.add(label, do)
        x, y = self._page.header.below_menu(self.menu)
        self._popup.post_by_key(x, y)

    def choices(self) -> Iterator[Choice]:
        """What can be done with the own name."""
        if self._contact.room.account:
            yield "Change the password …", lambda: self._ask("/password")
            yield "Log out", self._log_out
            yield "Give the name up …", lambda: self._ask("/unregister")
        else:
            yield "Register this name …", lambda: self._ask("/register")
            yield "Log in …", lambda: self._ask("/login")

    def does(self, line: str) -> bool:
        """Do what a command asks that came without its password. Whether it is one."""
        if line.strip().lower() in ("/register", "/login", "/password", "/unregister"):
            self._ask(line.strip().lower())
            return True
        return self._does_before(line)

    def _offer(self, name: str) -> None:
        """A name that was asked for is registered: it may be one's own."""
        bar = self._page.question
        if bar.text:  # it is about something that one is doing
            return

        def log_in() -> None:
            bar.hide()
            self._ask("/login", name)

        shown = short_name(name)
        answers = [(f"Log in as {shown} …", log_in), ("Close", bar.hide)]
        bar.show(f"{shown} is registered.", answers)

    def _ask(self, command: str, other: str = "") -> None:
        self.panel.close()
        client = self._contact.client
        if client is not None and not client.is_confidential:
            self._calls.complain(READABLE)
            return
        self.panel.prepare(self._form(command, other))
        self._page.panels.toggle(self.panel)

    def _form(self, command: str, other: str = "") -> Form:
        name = short_name(self._contact.room.account or self._page.me)
        hidden = Field("Password", is_hidden=True)
        fields: Sequence[Field]
        new = (Field("New password, 8 characters at least", is_hidden=True), ONCE_MORE)
        choice = KEEP if self.keyring.is_available and command != "/unregister" else ""
        match command:
            case "/register":
                what = f"Nobody else can be {name} here then, nor have a name that looks like it."
                title, fields, button = f"Register {name}", new, "Register"
            case "/login":
                what = "Under a name that is registered. If you are there already, you leave there."
                title, fields, button = "Log in", (Field("Name", other), hidden), "Log in"
            case "/password":
                what, title, fields, button = "", f"A new password for {name}", new, "Change"
            case _:
                what = "Then anybody can have it."
                title, fields, button = f"Give {name} up", (hidden,), "Give up"
        is_kept = self._kept == (self._contact.target.place, self._contact.room.account)
        done = functools.partial(self._done, command)
        return Form(title, fields, button, done, what, choice, is_kept and bool(choice))

    def _done(self, command: str, values: Sequence[str]) -> str:
        if not all(values):
            return MISSING
        if command in ("/register", "/password"):
            if values[0] != values[1]:
                return TWO
            values = values[:1]
        if not self._calls.send(" ".join((command, *values))):
            return "This was not sent; the conversation says why."
        place, name = self._contact.target.place, self._contact.room.account or self._page.me
        if self.panel.chosen:
            name = values[0] if command == "/login" else name
            self._to_keep = (place, name, values[-1])
        if command == "/unregister":
            self._forget(place, name)
        return ""

    def _log_out(self) -> None:
        """Whoever logs out wants to be asked the next time."""
        if self._calls.send("/logout"):
            self._forget(self._contact.target.place, self._contact.room.account)

    def _forget(self, place: str, name: str) -> None:
        self._kept = None
        self.keyring.keep(place, name, "", lambda _: None)
