"""What in a text is a link, and what opens one in the web browser. No toolkit.

**A link leads to the host that the eye sees, or it is not a link.** A browser reads more into a
text than a person does: what stands before an `@` is a user's name, a backslash is a slash, a
Chinese full stop is a dot, 2130706433 is 127.0.0.1, and а (Cyrillic) is not a. So a host has to be
plain here; whatever is not plain stays text, which may still be copied.
"""

import ipaddress
import queue
import re
import threading
import unicodedata
import webbrowser
from collections.abc import Iterator

from phase4.client.scripts import script_of

# As far as a link may reach: no blanks, and none of the characters that RFC 3986 allows nowhere.
_CANDIDATE = re.compile(r"(?<![a-z0-9])https?://[^\s\x00-\x1f<>\"`\\^{|}]+", re.IGNORECASE)
_AUTHORITY = re.compile(r"https?://([^/?#]*)", re.IGNORECASE)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::[0-9]{1,5})?", re.IGNORECASE)
_NUMBER = re.compile(r"0x[0-9a-f]*|\d+", re.IGNORECASE)

_AFTER_A_LINK = ".,;:!?'*_~)]"
"""What ends a sentence, or ends what is set off, and is not the link's."""

_OPENED_BY = {")": "(", "]": "["}
_JOINERS = "\u200c\u200d"  # they spell words, in Persian and in scripts of India

_LOOK_LIKE_LATIN = {"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LISU"}
"""Whole words of these can look like a Latin one: сосо. So they do not stand beside Latin."""

_WRITTEN_TOGETHER = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"})

_LIKE_ANOTHER_LETTER = frozenset("ıĸŀŋſƅƍƨƽɑɡɩꞌ")
"""Latin letters that are drawn like another one, or nearly; beside those of the next line."""

_NEITHER_CAPITAL_NOR_SMALL = "LATIN LETTER "
"""So begin the names of small capitals (ᴄ is drawn like c) and of clicks (ǁ, like two slashes)."""

_MARKS_OF_NO_SCRIPT = {"COMBINING", "VARIATION"}
"""A stroke through an l is drawn like a slash. What is an ordinary accent, NFKC has joined."""


def split_links(text: str) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is a link (http and https only).

    >>> split_links("see http://a.example/b, ok")
    [('see ', False), ('http://a.example/b', True), (', ok', False)]
    """
    pieces: list[tuple[str, bool]] = []
    done = 0
    for found in _CANDIDATE.finditer(text):
        link = _without_tail(found[0][: _length(found[0])])
        if not _is_plain(link):
            continue
        pieces += [(text[done : found.start()], False), (link, True)]
        done = found.start() + len(link)
    pieces.append((text[done:], False))
    return [piece for piece in pieces if piece[0]]


def _length(candidate: str) -> int:
    """How far it goes on in letters, digits and ASCII: a link ends before a Chinese full stop."""
    return next((at for at, each in enumerate(candidate) if _ends(each)), len(candidate))


def _ends(character: str) -> bool:
    if character.isascii() or character in _JOINERS:
        return False
    return unicodedata.category(character)[0] not in "LMN"


def _without_tail(link: str) -> str:
    """The link without the full stop that ends the sentence, or a bracket that it did not open."""
    while link[-1] in _AFTER_A_LINK:
        bracket = _OPENED_BY.get(link[-1])
        if bracket and link.count(bracket) >= link.count(link[-1]):
            break
        link = link[:-1]
    return link


# --- the host -------------------------------------------------------------------------------------


def _is_plain(link: str) -> bool:
    """Whether it leads to the host that a person reads in it."""
    authority = _AUTHORITY.match(link)
    host = _HOST.fullmatch(authority[1]) if authority else None
    return host is not None and _is_plain_host(host[1].casefold())


def _is_plain_host(host: str) -> bool:
    if host.startswith("["):
        return _is_address(host[1:-1], ipaddress.IPv6Address)
    labels = host.split(".")
    if not all(labels) or not all(map(_is_plain_sign, "".join(labels))):
        return False
    if _NUMBER.fullmatch(labels[-1]):  # then browsers take all of it for a number
        return _is_address(host, ipaddress.IPv4Address)
    return host.isascii() or _is_plain_name(labels)


def _is_plain_sign(character: str) -> bool:
    return character in "-_" or unicodedata.category(character) in (
        "Ll",
        "Lo",
        "Lm",
        "Mn",
        "Mc",
        "Nd",
    )


def _is_address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_plain_name(labels: list[str]) -> bool:
    """Whether nothing in a name of other letters is drawn elsewhere, or like another name."""
    name = "".join(labels)
    if unicodedata.normalize("NFKC", name) != name:
        return False
    if any(map(_is_drawn_like_another, name)):
        return False
    if any(unicodedata.bidirectional(each) in ("R", "AL", "AN") for each in name):
        return False  # what stands beside it would be drawn on the other side of it
    scripts = [_scripts(label) for label in labels]
    if not all(_go_together(each) for each in scripts):
        return False
    used = set().union(*scripts)
    return len(used) < 2 or not used & _LOOK_LIKE_LATIN


def _is_drawn_like_another(sign: str) -> bool:
    if sign in _LIKE_ANOTHER_LETTER or script_of(sign) in _MARKS_OF_NO_SCRIPT:
        return True
    return unicodedata.name(sign, "").startswith(_NEITHER_CAPITAL_NOR_SMALL)


def _scripts(label: str) -> set[str]:
    letters = (each for each in label if unicodedata.category(each)[0] == "L")
    return {script_of(each) for each in letters}


def _go_together(scripts: set[str]) -> bool:
    return len(scripts) < 2 or any(scripts <= together for together in _WRITTEN_TOGETHER)


# --- opening --------------------------------------------------------------------------------------


class LinkOpener:
    """Opens links without waiting: to start a browser may take seconds, which no window has."""

    def __init__(self) -> None:
        self._failures: queue.SimpleQueue[str] = queue.SimpleQueue()

    def open(self, link: str) -> None:
        """Have `link` opened soon; it must be one of split_links(), so http or https."""
        threading.Thread(target=self._open, args=(link,), daemon=True).start()

    def failures(self) -> Iterator[str]:
        """The links for which no browser could be started, each told once."""
        while not self._failures.empty():
            yield self._failures.get()

    def _open(self, link: str) -> None:
        if not webbrowser.open(link):
            self._failures.put(link)
