"""What one may do here: by a password, and by an operator's right. Main thread only."""

from collections.abc import Iterable, Sequence

from phase4.client_gui.accounts import AccountCalls, Accounts
from phase4.client_gui.chat_page import ChatPage
from phase4.client_gui.connect_page import ConnectPage
from phase4.client_gui.contact import Contact
from phase4.client_gui.entrance import Entrance
from phase4.client_gui.operating import Operating
from phase4.client_gui.person_menu import Choice, PersonMenu
from phase4.client_gui.routing import Router
from phase4.client_gui.sending import Sender
from phase4.widgets.actions import Action
from phase4.widgets.theme import Theme
from shared import message


class Standing:
    """Makes `accounts` and `operating`, and tells them what they have to know."""

    def __init__(
        self,
        theme: Theme,
        contact: Contact,
        entrance: Entrance,
        router: Router,
        sender: Sender,
        person_menu: PersonMenu,
        connect_page: ConnectPage,
        page: ChatPage,
    ) -> None:
        self._page, self._contact, self._router = page, contact, router
        self._sender = sender
        self.accounts = Accounts(
            page,
            theme,
            contact,
            AccountCalls(
                self._send,
                entrance.ask_password,
                entrance.show_waiting,
                self._complain,
                connect_page.password.cannot_keep,
                lambda text: entrance.show_form(text, field="name"),
            ),
        )
        self.operating = Operating(page, theme, self._send)
        person_menu.more_for_person = self._choices_for

    def heard(self, received: Sequence[message.Message]) -> None:
        """The server said this."""
        self._contact.heard(received)
        self.accounts.heard(received)
        self.show()

    def show(self) -> None:
        """Show what holds in the room now."""
        self._page.show_room(self._contact.room)

    def actions(self) -> tuple[Action, ...]:
        """For the menu of the window."""
        return (*self.accounts.actions(), *self.operating.actions())

    def _choices_for(self, name: str) -> Iterable[Choice]:
        is_own = name == self._page.me
        return self.accounts.choices() if is_own else self.operating.choices_for(name)

    def _send(self, line: str) -> bool:
        return self._sender.send(self._page.tabs.current, [line]) == 1

    def _complain(self, text: str) -> None:
        self._router.say(message.Error(text))
