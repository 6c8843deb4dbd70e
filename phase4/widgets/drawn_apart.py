"""What Tk cannot draw on X11, said where somebody meets it. No toolkit here.

There it draws character after character, from left to right. It joins no letters, moves no vowel to
where it belongs, and makes no one picture of the signs of an emoji. (Tried with Tk 8.6 and fonts
that have it all. Thai, Lao, Vietnamese and Ethiopic come out right.) What runs from right to left
is turned by `bidi`, but not in a field where it is being typed.
"""

import re
from collections.abc import Iterator

from phase4.widgets import bidi

UNSHAPED = (
    "Hindi, Bengali, Tamil, Khmer, Burmese and other scripts whose letters join or change places "
    "are drawn letter by letter here: Tk can do no better on X11. What you send and copy is right."
)
IN_PARTS = (
    "An emoji of several signs, such as a family, a flag or a colour of skin, is drawn in parts "
    "here: Tk can do no better on X11. What you send and copy is right."
)
BACKWARDS = (
    "While you type, text from right to left stands in the wrong order here: Tk can do no better "
    "on X11. It is sent, and shown above, as you write it."
)

_SHAPED = re.compile(
    "[\u0900-\u0dff\u1000-\u109f\u1780-\u17ff"  # Devanagari to Sinhala; Burmese; Khmer
    "\u0700-\u074f\u07c0-\u07ff\U0001e900-\U0001e95f"  # Syriac, N'Ko, Adlam
    "\u1900-\u194f\u1a20-\u1aaf\u1b00-\u1bff\u1c00-\u1c4f"  # Limbu, Tai Tham, Balinese to Lepcha
    "\ua8e0-\ua8ff\ua980-\ua9df\uaa00-\uaa7f\uabc0-\uabff"  # Javanese, Cham, Meetei
    "\U00011000-\U0001137f\U00011400-\U000114df]"  # of Brahmi's kin, Newa to Tirhuta
)
_OF_SEVERAL_SIGNS = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"  # the letters of a flag
    "|[\u261d-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]"  # a colour of skin
    "|[\u203c-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?\u200d[\u2190-\U0001faff]"  # joined
    "|[0-9#*]\ufe0f?\u20e3"  # a key
)


def in_words(text: str) -> Iterator[str]:
    """The sentences to say where `text` is drawn: none, most of the time.

    >>> [*in_words("hello 😀 é ไทย")], [*in_words("हिन्दी")] == [UNSHAPED]
    ([], True)
    """
    if text.isascii():
        return
    if _SHAPED.search(text):
        yield UNSHAPED
    if _OF_SEVERAL_SIGNS.search(text):
        yield IN_PARTS


def in_words_while_typed(text: str) -> Iterator[str]:
    """The same, where it is being typed.

    >>> [*in_words_while_typed("שלום")] == [BACKWARDS]
    True
    """
    yield from in_words(text)
    if bidi.is_needed(text):
        yield BACKWARDS
