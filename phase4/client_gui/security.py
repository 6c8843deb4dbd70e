"""What the window says about who can listen in, in a word and in a sentence. No toolkit here."""

from phase4.client import Secured
from phase4.client_gui.target import Target


def in_a_word(target: Target, secured: Secured | None) -> str:
    """For a line that is always in sight. Nothing where what is said stays on this machine.

    A word, and no sign or colour: not everybody can tell those.
    """
    if secured is not None:
        first = ", first time" if secured.is_first else ""  # nobody knows yet with whom
        return f"encrypted, {_readable(secured.version)}{first}"
    return "" if target.is_here else "not encrypted"


def in_a_sentence(secured: Secured | None) -> str:
    """For whoever asks, with the fingerprint to compare."""
    if secured is None:
        return "Not encrypted: whoever is on the way can read what is said, and alter it."
    return (
        f"Encrypted with {_readable(secured.version)}: nobody on the way can read or alter what is "
        "said, if the server's certificate has this fingerprint (its operator knows): SHA256 "
        f"{secured.fingerprint}"
    )


def _readable(version: str) -> str:
    """What OpenSSL calls `TLSv1.3`, as people write it.

    >>> _readable("TLSv1.3")
    'TLS 1.3'
    """
    return version.replace("v", " ", 1)
