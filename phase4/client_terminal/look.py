"""What a line of the conversation looks like.

No terminal here: a look is a list of (style, text) pairs, which prompt_toolkit draws. Text from
people stands in the second place only, so no markup in it means anything; the core of the client
has replaced its control characters already.
"""

import itertools

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.styles import Style
from prompt_toolkit.utils import get_cwidth

from phase4.client.mentions import mentions
from phase4.client.name_colours import NameColours
from phase4.client_terminal.colours import Colours
from shared import message
from shared.defaults import MAX_LINE_BYTES, MAX_NAME_CHARACTERS
from shared.request import action_of

Fragments = StyleAndTextTuples

NAME_COLOURS = (
    "#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787",
    "#0087af", "#005fff", "#5f5fff", "#875fd7", "#d700d7", "#d70087",
)  # fmt: skip
"""Each is one of the 256 that terminals have, with a contrast of at least 4 to 1 on black and on
white: a program cannot ask a terminal, reliably, which of the two it shows."""

MAX_SHOWN_CHARACTERS = 2 * MAX_LINE_BYTES
"""Of one line. No honest server's is longer than that; what is, is cut, and says so."""

FEW_NAME_COLOURS = ("", "ansired", "ansimagenta")
"""Of the eight that every terminal with colours has, those that can be read on black and on white,
with a contrast of at least 3 to 1; names are bold. "" is the terminal's own."""

_WITHOUT_COLOUR = {
    "time": "",
    "notice": "italic",
    "error": "bold",
    "private": "italic",
    "own": "italic",
    "waiting": "italic",
    "name": "bold",
    "mention": "bold",
    "mention-name": "reverse",
    "prompt": "bold",
    "bottom-toolbar": "reverse",
    "bottom-toolbar.name": "bold",
    "bottom-toolbar.error": "bold",
    "bottom-toolbar.hint": "",
}
_FEW = {
    "error": "ansired",
    "private": "ansimagenta",
    **{f"name{index}": colour for index, colour in enumerate(FEW_NAME_COLOURS)},
}
_MANY = {
    "time": "#767676",
    "notice": "#767676",
    "error": "#ff0000",
    "private": "#af5faf noitalic",
    "waiting": "#767676",
    "bottom-toolbar": "noreverse bg:#30343c #d7dae0",
    "bottom-toolbar.name": "#ffffff",
    "bottom-toolbar.error": "#ff8787",
    "bottom-toolbar.hint": "#9aa0aa",
    **{f"name{index}": colour for index, colour in enumerate(NAME_COLOURS)},
}
_ADDED = {Colours.NONE: {}, Colours.FEW: _FEW, Colours.MANY: _MANY}
_NAME_LOOKS = {Colours.NONE: 1, Colours.FEW: len(FEW_NAME_COLOURS), Colours.MANY: len(NAME_COLOURS)}


def style(colours: Colours) -> Style:
    """The looks by their names. Without colours they differ by bold, italics and reverse."""
    both = [*_WITHOUT_COLOUR.items(), *_ADDED[colours].items()]
    return Style(both)  # a later one adds to an earlier one of the same name


# --- the conversation ---------------------------------------------------------------------------


class NameStyles:
    """The steady style of each person, in a terminal with so many colours."""

    def __init__(self, colours: Colours) -> None:
        self._numbers = NameColours(_NAME_LOOKS[colours])
        self.show_people = self._numbers.show_people
        self.rename = self._numbers.rename

    def __call__(self, name: str) -> str:
        """The same however the name is written."""
        return f"class:name class:name{self._numbers.number(name)}"


def short_name(name: str) -> str:
    """A name where there is little space. No honest server gives one that has to be cut."""
    return shortened(name, 2 * MAX_NAME_CHARACTERS)  # columns: some characters take two


def concerns(shown: message.Message, own_name: str) -> bool:
    """Whether somebody else speaks to this person: in private, or by saying their name."""
    match shown:
        case message.Public(sender=sender, text=text):
            return sender != own_name and mentions(text, own_name)
        case message.Private(sender=sender) | message.Kept(sender=sender):
            return sender != own_name
    return False


def fragments(shown: message.Message, own_name: str, name_style: NameStyles) -> Fragments:
    """A message as it is shown, without a newline."""
    match shown:
        case message.Public(time, sender, text, number):
            stamp = f"{time} #{number} " if number else f"{time} "
            return [("class:time", stamp), *_public(shown, own_name, name_style)]
        case message.Private(time, sender, recipient, text):
            return [
                ("class:time", f"{time} "),
                (name_style(sender), sender),
                ("class:private", " -> "),
                (name_style(recipient), recipient),
                ("class:private", f" (private){_said(text)}"),
            ]
        case message.Earlier(at, _, sender, text):
            return [("class:time", f"{at} "), (name_style(sender), sender), ("", f": {text}")]
        case message.Kept(at, sender, recipient, text):
            private = message.Private("", sender, recipient, text)
            return [("class:time", at), *fragments(private, own_name, name_style)]
        case message.Error(text=text) | message.Registered(text=text):
            return [("class:error", f"! {text}")]
        case message.Other(text):
            return [("", text)]
        case message.Prompt():
            return []
    return [("class:time", f"{shown.time} "), ("class:notice", message.format(shown)[11:])]


def _public(shown: message.Public, own_name: str, name_style: NameStyles) -> Fragments:
    name, text = name_style(shown.sender), _said(shown.text)
    if concerns(shown, own_name):
        return [(f"{name} class:mention-name", shown.sender), ("class:mention", text)]
    return [(name, shown.sender), ("class:own" if shown.sender == own_name else "", text)]


def _said(text: str) -> str:
    """What stands behind the speaker. An action begins with the name, and a notice with a star.

    >>> _said("hello"), _said("/me waves")
    (': hello', ' * waves')
    """
    return f" * {done}" if (done := action_of(text)) else f": {text}"


def without_tail(line: Fragments) -> Fragments:
    """The line, cut if it is longer than an honest server's can be."""
    left = MAX_SHOWN_CHARACTERS
    kept: Fragments = []
    for each in line:
        kept.append((each[0], each[1][:left]))
        left -= len(kept[-1][1])
    if cut := sum(len(each[1]) for each in line) - (MAX_SHOWN_CHARACTERS - left):
        kept.append(("class:error", f" ({cut:,} characters are left out)"))
    return kept


def notice(text: str) -> Fragments:
    """Words of the client's own that have no time."""
    return [("class:notice", f"* {text}")]


def error(text: str) -> Fragments:
    """Why something was not done."""
    return [("class:error", f"! {text}")]


# --- words that both the conversation and the bar need ------------------------------------------


def count(number: int, thing: str) -> str:
    """A number of things, in words.

    >>> count(1, "line"), count(2000, "line")
    ('1 line', '2,000 lines')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def shortened(text: str, columns: int) -> str:
    """`text`, cut to so many columns: some characters take two.

    >>> shortened("3 online: Ann, Bob", 12)
    '3 online: A…'
    """
    if get_cwidth(text) <= columns:
        return text
    widths = itertools.accumulate(map(get_cwidth, text))
    fitting = itertools.takewhile(lambda width: width < columns, widths)
    return text[: len(list(fitting))] + "…"
