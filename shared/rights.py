"""What the server says of the rights of people: who is logged in, who may write, and on what topic.

Each is a notice (message.py), and here is what stands behind its time.

    You are logged in as Alice.                 LoggedIn
    You are logged in as Alice, an operator.    LoggedIn
    You are logged out.                         LoggedOut
    The topic is: TEXT                          Topic
    There is no topic.                          Topic
    Alice set the topic: TEXT                   Topic, with `by`
    Alice removed the topic.                    Topic, with `by`
    The room is closed to writing.              Writing
    Alice opened the room to writing.           Writing, with `by`

>>> parse("14:03:05", "Alice set the topic: sockets")
Topic(time='14:03:05', text='sockets', by='Alice')
>>> text_of(Writing("14:03:05", is_open=False))
'The room is closed to writing.'
"""

import re
from dataclasses import dataclass

THE_OPERATOR = "The operator"
"""Whoever acts at the server itself, and not as a person in the room. It is no name."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The client that reads it has shown that the registered `name` is its own."""

    time: str
    name: str
    is_operator: bool = False


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """The client that reads it is not logged in any more."""

    time: str


@dataclass(frozen=True, slots=True)
class Topic:
    """What the conversation is about; empty: there is no topic.

    `by`: a name, or THE_OPERATOR, that has changed it just now; empty: nobody has.
    """

    time: str
    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """Whether everybody may say something to all, or operators alone; `by` as in Topic."""

    time: str
    is_open: bool
    by: str = ""


Right = LoggedIn | LoggedOut | Topic | Writing

_OPERATOR = ", an operator"
_LOGGED_OUT = "You are logged out."
_WRITING = ("closed the room to writing.", "opened the room to writing.")
_WRITING_IS = ("The room is closed to writing.", "The room is open to writing.")
_NO_TOPIC = "There is no topic."


def text_of(right: Right) -> str:
    """What stands behind the time."""
    match right:
        case LoggedIn(_, name, is_operator):
            return f"You are logged in as {name}{_OPERATOR * is_operator}."
        case LoggedOut():
            return _LOGGED_OUT
        case Topic(_, text, by) if by:
            return f"{by} set the topic: {text}" if text else f"{by} removed the topic."
        case Topic(_, text):
            return f"The topic is: {text}" if text else _NO_TOPIC
        case Writing(_, is_open, by):
            return f"{by} {_WRITING[is_open]}" if by else _WRITING_IS[is_open]


_NAME = r"[^\s:,*!()\[\]]+"  # as in message.py
_LOGGED_IN = rf"You are logged in as ({_NAME}?)({_OPERATOR})?\."
_TOPIC_IS = "(?s)The topic is: (.+)"
_TOPIC_SET = rf"(?s)({_NAME}|{THE_OPERATOR}) (?:set the topic: (.+)|removed the topic\.)"
_WRITING_BY = rf"({_NAME}|{THE_OPERATOR}) ({'|'.join(map(re.escape, _WRITING))})"


def parse(time: str, text: str) -> Right | None:
    """The right that a notice of this text tells of; None: it tells of none."""
    if found := re.fullmatch(_LOGGED_IN, text):
        return LoggedIn(time, found[1], is_operator=bool(found[2]))
    if text == _LOGGED_OUT:
        return LoggedOut(time)
    if text == _NO_TOPIC:
        return Topic(time, "")
    if found := re.fullmatch(_TOPIC_IS, text):
        return Topic(time, found[1])
    if found := re.fullmatch(_TOPIC_SET, text):
        return Topic(time, found[2] or "", found[1])
    if text in _WRITING_IS:
        return Writing(time, text == _WRITING_IS[True])
    if found := re.fullmatch(_WRITING_BY, text):
        return Writing(time, found[2] == _WRITING[True], found[1])
    return None
