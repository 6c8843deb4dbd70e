"""Why something that a person asked for is not done."""


class Refused(Exception):
    """What was asked for cannot be done; the text is a sentence for the person who asked.

    It may quote what they typed: it is cleaned where it is made a line (commands.handle).
    """


class NotHere(Refused):
    """Nobody here has that name."""


class RoomFull(Refused):
    """There are as many people as are allowed."""
