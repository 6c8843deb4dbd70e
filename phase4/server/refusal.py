"""Why something that a person asked for is not done."""

from shared.message import Registered


class Refused(Exception):
    """What was asked for cannot be done; the text is a sentence for the person who asked.

    It may quote what they typed: it is cleaned where it is made a line (commands.handle).
    """


class NotHere(Refused):
    """Nobody here has that name."""


class NameRegistered(Refused):
    """The name belongs to somebody, who has to log in to have it."""

    def __init__(self, name: str) -> None:
        super().__init__(Registered(name).text)
        self.name = name


class RoomFull(Refused):
    """There are as many people as are allowed."""
