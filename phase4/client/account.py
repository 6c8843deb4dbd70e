r"""A person's password, over all connections of one client: when it is given, and when forgotten.

No I/O, and not for two threads at once. What is typed to log in is remembered here once the server
has said that it is right, and in memory only: so a client that comes back has its name again. It is
forgotten where the person logs out. What was refused is not tried again.

>>> account = Account("Ann", "correct horse")
>>> account.connected(is_confidential=True)
>>> account.login("Ann"), account.login("Bob")
('/login Ann correct horse', '')
>>> account.refused()
>>> account.login("Ann")
''
"""

from phase4.client.mentions import folded
from shared.message import Message
from shared.request import Command, parse
from shared.rights import LoggedIn, LoggedOut
from shared.secret import has_secret

READABLE = (
    "Others on the way could read a password: connect over TLS (--tls) to send one. "
    "Nothing was sent."
)
"""Of a connection that is neither encrypted nor within this machine."""

NOT_KEPT = "The connection is lost, and a password is not kept to be sent later. Nothing was sent."

UNUSED = "{name} is not registered here, and your password was not sent."

_SETS_PASSWORD = ("/login", "/register", "/password")


def name_and_password(typed: str, name: str = "") -> tuple[str, str]:
    """What was typed where a name is asked for: it may log in, under `name` if it has no other.

    >>> name_and_password("/login Ann correct horse"), name_and_password("Ann")
    (('Ann', 'correct horse'), ('Ann', ''))
    """
    match parse(typed):
        case Command("/login", rest) if rest:
            first, _, password = rest.partition(" ")
            return (first, password.strip()) if password.strip() else (name, rest)
    return typed, ""


class Account:
    """What proves that a name is this person's. Its repr shows no password."""

    def __init__(self, name: str = "", password: str = "") -> None:
        """`password` is that of `name`; both may be empty."""
        self.is_confidential = False
        """Whether nobody on the way can read what is sent."""
        self.is_unused = bool(name and password)
        """Whether there is a password that no server has asked for yet."""
        self._name = name
        self._password = password if name else ""
        self._was_refused = False
        # What was typed just now, after the command; the server has not said yet if it is right.
        self._typed = ""

    def connected(self, *, is_confidential: bool) -> None:
        """A connection begins."""
        self.is_confidential = is_confidential
        self._typed = ""

    def has_password_of(self, name: str) -> bool:
        """Whether there is, or was, a password of this name, right or not."""
        return bool(self._password) and folded(name) == folded(self._name)

    def login(self, name: str) -> str:
        """The line that logs in under this name; empty where that cannot be tried."""
        if not self.has_password_of(name) or self._was_refused or not self.is_confidential:
            return ""
        self.is_unused = False
        return f"/login {name} {self._password}"

    def refused(self) -> None:
        """The server does not take it: only the person knows another."""
        self._was_refused = True

    def give(self, name: str, password: str) -> None:
        """The person gives this password for `name`."""
        self._name, self._password, self._was_refused = name, password, False

    def typed(self, line: str) -> None:
        """The person sends this line. It may say what the password is from here on, if it is right.

        Whoever logs out wants to be logged out after a loss as well.
        """
        match parse(line):
            case Command(name, rest) if name in _SETS_PASSWORD and has_secret(line):
                self._typed = rest
            case Command("/logout"):
                self._forget()

    def heard(self, received: Message) -> None:
        """The server has said this."""
        match received:
            case LoggedIn(name=name):
                self._logged_in(name)
            case LoggedOut():
                self._forget()

    def _logged_in(self, name: str) -> None:
        typed, self._typed = self._typed, ""
        first, _, rest = typed.partition(" ")
        if rest.strip() and folded(first) == folded(name):
            typed = rest.strip()
        if typed:
            self.give(name, typed)
        self._name = name
        self.is_unused = False

    def _forget(self) -> None:
        self._password = self._typed = ""
        self.is_unused = False
