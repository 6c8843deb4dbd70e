"""What stands above the conversation, in the title of the window. No toolkit here."""

from phase4.client.presence import State
from phase4.client_gui.attention import counted


def title_of(state: State, me: str, unread: int, called: int, place: str) -> str:
    """Who talks where, with how many messages that nobody has seen; so many of them call.

    >>> title_of(State.IN, "Ann", 2, 0, "127.0.0.1:12345")
    '(2) Ann on 127.0.0.1:12345'
    >>> title_of(State.IN, "Ann", 2, 1, "127.0.0.1:12345")
    '(@1 of 2) Ann on 127.0.0.1:12345'
    """
    me = f"({counted(unread, called)}) {me}" if unread else me
    match state:
        case State.IN:
            return f"{me} on {place}"
        case State.AWAY:
            return f"{me}, connecting again to {place} …"
        case State.CONNECTING | State.ASKING:
            return f"Connecting to {place} …"
        case State.OVER:
            return f"{me}, not connected"
