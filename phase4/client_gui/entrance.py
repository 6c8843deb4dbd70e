"""The way in, as the person sees it: the form, what is being waited for, what has to be mended.

Main thread only.
"""

from collections.abc import Callable

from phase4.client import PasswordAsked, SendError
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.connect_page import ConnectPage
from phase4.client_gui.contact import Contact
from phase4.client_gui.pages import Pages


class Entrance:
    """Shows the form of `connect_page`, and what comes of it."""

    def __init__(
        self,
        pages: Pages,
        connect_page: ConnectPage,
        chat_page: ChatPage,
        contact: Contact,
        show_title: Callable[[], None],
    ) -> None:
        self._pages, self._contact = pages, contact
        self._form, self._chat_page = connect_page, chat_page
        self._show_title = show_title

    def show_form(self, text: str = "", *, field: str = "") -> None:
        """Ask where to connect; `text` says what was wrong before."""
        if self._pages.is_chat:  # else what is being filled in would be overwritten
            self._form.fill(self._contact.target)
        self._pages.show_form()
        self._form.show_form(text, field=field, can_go_back=self._contact.presence.was_in)
        self._show_title()

    def choose_server(self) -> None:
        """Ask for everything: the server, and the name."""
        self._form.ask_everything()
        self.show_form()

    def ask_name(self, reason: str, *, needs_tls: bool = False) -> None:
        """The server wants another name, or TLS for the password of this one."""
        with_keyboard = "tls" if needs_tls else "name"
        self._ask_again(lambda: self.show_form(reason, field=with_keyboard))

    def ask_password(self, asked: PasswordAsked, can_keep: bool, is_kept: bool) -> None:
        """The server wants the password of a name; whether one can be kept, and is."""

        def show() -> None:
            self.show_form()
            self._form.ask_password(asked, can_keep=can_keep, is_kept=is_kept)

        self._ask_again(show)

    def try_name(self, name: str) -> None:
        """Give the server another name, which it waits for."""
        try:
            self._contact.try_name(name)
        except SendError as error:
            self.show_form(str(error), field="name")
        else:
            self.show_waiting("Asking for that name …")

    def show_waiting(self, text: str) -> None:
        """Say that this is being waited for."""
        if self._contact.is_away:
            self._chat_page.countdown.stop()
            self._chat_page.bar.say(text)  # the buttons stay: it may be stopped
        elif self._pages.is_chat:
            self._chat_page.show_bar(text)
        else:
            self._form.show_waiting(text)
        self._show_title()

    def _ask_again(self, show: Callable[[], object]) -> None:
        is_typing = self._pages.is_chat and self._chat_page.entry.get()
        show()
        if is_typing:  # the end of a sentence must not become a name, which all would hear
            self._form.focus_set()
