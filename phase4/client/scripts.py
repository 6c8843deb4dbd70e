"""In which script a character is written: what Python's tables lack, told from Unicode's names.

Names of characters never change (the stability policy of Unicode), and the first word of a letter's
name is its script: CYRILLIC SMALL LETTER A.
"""

import functools
import unicodedata

_SAME_AS = {
    "BOPOMOFO": "CJK",
    "HENTAIGANA": "HIRAGANA",
    "IDEOGRAPHIC": "CJK",
    "KANGXI": "CJK",
    "KATAKANA-HIRAGANA": "KATAKANA",
}


@functools.lru_cache(maxsize=4096)
def script_of(character: str) -> str:
    """The script of a letter or a mark; for anything else, a word that is the same for its kin.

    >>> script_of("a"), script_of("é"), script_of("а"), script_of("小"), script_of("ー")
    ('LATIN', 'LATIN', 'CYRILLIC', 'CJK', 'KATAKANA')
    """
    first = unicodedata.name(character, "").partition(" ")[0]
    return _SAME_AS.get(first, first)
