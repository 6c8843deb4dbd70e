"""What a client tells the program that uses it.

Each event is a plain object that nobody changes, so any thread may hold it.
"""

from dataclasses import dataclass

from shared import message


@dataclass(frozen=True, slots=True)
class Connected:
    """The connection stands; over TLS, with a server that is trusted. No name is given yet."""


@dataclass(frozen=True, slots=True)
class Secured:
    """Over TLS, right after Connected: the server is the right one, as far as can be told.

    `version` is TLS's, as `TLSv1.3`. `is_first`: nobody vouches for the certificate, and it was not
    known: this time is not protected. A line that says so comes once the person is in.
    """

    version: str
    fingerprint: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class NameRefused:
    """The server refused the name; `reason` is its sentence. Answer with `send_name`.

    `needs_tls`: the name is registered, and others could read its password on the way.
    """

    reason: str
    needs_tls: bool = False


@dataclass(frozen=True, slots=True)
class PasswordAsked:
    """The name is registered, and its password is not known, or was refused: `reason` says so.

    Answer with `send_password`, or with `send_name` and another name.
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    """In, under this name. Comes again with the new name when it has changed."""

    name: str


@dataclass(frozen=True, slots=True)
class Received:
    """A line to show. Every text in it is cleaned: no control character can reach a screen."""

    message: message.Message


@dataclass(frozen=True, slots=True)
class PeopleChanged:
    """The people online now, the own name included, sorted without regard to case."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Only with `reconnect`: the server has the first `count` of all lines that were sent."""

    count: int


@dataclass(frozen=True, slots=True)
class Recalled:
    """The answer to `Client.recall`: what was said, oldest first, and the server's remarks on it.

    Where there are older ones, they come `before` this number. `refusal`: the server's sentence,
    where it does not answer; else empty. All of it is cleaned.
    """

    question: str
    said: tuple[message.Earlier, ...] = ()
    remarks: tuple[str, ...] = ()
    before: int | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """Away for a while, for `reason` (a sentence). The next try is in `seconds`, all by itself."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Disconnected:
    """It is over: always the last event, and there is always one. `reason` is a sentence.

    Where it has several lines, the others are the fingerprint of a server that was not trusted.
    `was_wished` tells the end that the person asked for (`close`, `/quit`) from any other.
    `wants_tls`: the server was spoken to without TLS, and takes nothing else.
    """

    reason: str
    was_wished: bool = False
    wants_tls: bool = False


Event = (
    Connected
    | Secured
    | NameRefused
    | PasswordAsked
    | Welcomed
    | Received
    | PeopleChanged
    | Arrived
    | Recalled
    | ConnectionLost
    | Disconnected
)


class SendError(Exception):
    """The line was not sent; the text is a sentence for the person who typed it."""


class SendQueueFull(SendError):
    """The server takes what is sent more slowly than it comes. Try again in a moment."""


class Ended(Exception):
    """Ends the conversation from within; the text is the sentence for the last event.

    `is_final`: no use to connect again.
    """

    def __init__(
        self,
        reason: str,
        *,
        was_wished: bool = False,
        is_final: bool = False,
        wants_tls: bool = False,
    ) -> None:
        super().__init__(reason)
        self.was_wished = was_wished
        self.is_final = is_final or was_wished
        self.wants_tls = wants_tls

    def as_event(self) -> Disconnected:
        """The last event, where this is the end."""
        return Disconnected(str(self), self.was_wished, self.wants_tls)
