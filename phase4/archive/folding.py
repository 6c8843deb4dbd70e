"""When two spellings are the same to somebody who searches.

`munchen` finds München, and `strasse` Straße. Persian typed on an Arabic keyboard has other letters
that look the same (ي and ی, ك and ک). Its words may have a joint that is a blank, nothing, or a
character that nobody sees (U+200C, ZERO WIDTH NON-JOINER). So a text and what is looked for in it
are folded alike, and only then compared. (Unicode's UAX 15 has the forms NFKC, NFD and NFC.)

Pure. A change here changes what an index holds: count FOLDING up, and archives are indexed anew.
"""

import re
import unicodedata

FOLDING = f"1/{unicodedata.unidata_version}"
"""The rules by which a text was folded. Each Python has its own version of Unicode's tables."""

_ALIKE = str.maketrans(
    {
        **{"ي": "ی", "ى": "ی", "ك": "ک", "ة": "ه", "ۀ": "ه", "ہ": "ه"},
        **{"ı": "i", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"},
        **{"‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-"},
        **{chr(zero + n): str(n) for zero in (0x660, 0x6F0, 0x966) for n in range(10)},
    }
)

# What changes nothing for somebody who searches: accents of Latin, Greek and Cyrillic, the vowel
# marks of Hebrew and Arabic, the Arabic tatweel, and characters that nobody sees. Not the marks of
# other scripts: in those of India they are vowels, and in Japanese が is another sound than か.
_UNSEEN = re.compile(
    "[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"
    "\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
    "\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff]"
)

JOINTS = re.compile("[\u200b\u200c]")
"""Where a word has a joint that others type as a blank, or not at all."""


def fold(text: str) -> str:
    """The text as it is compared.

    >>> fold("Straße in MÜNCHEN")
    'strasse in munchen'
    """
    text = text.replace("\0", "\ufffd")  # where SQLite would see its end
    if text.isascii():  # much quicker, and the same
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    text = _UNSEEN.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text).translate(_ALIKE)


def sign_of(folded_name: str) -> str:
    """Three characters that stand for a name in an index of three characters each.

    They are of a range that Unicode leaves to private use, so no text is taken for them. Two names
    in 2**36 share a sign: whoever looks one up compares the names as well.
    """
    import hashlib  # not above: it loads OpenSSL, and a server's start needs no sign

    digest = hashlib.blake2b(folded_name.encode(), digest_size=8).digest()
    bits = int.from_bytes(digest, "big")
    return "".join(chr(0xF0000 + (bits >> shift & 0xFFF)) for shift in (24, 12, 0))
