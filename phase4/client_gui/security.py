"""Whether others can listen in, as the window says it: in a word, or explained. No toolkit."""

from phase4.client.presence import Presence, State
from phase4.client_gui.target import Target
from phase4.transport.fingerprints import in_groups


def in_a_word(target: Target, presence: Presence) -> str:
    """For a line that is always in sight. Nothing where what is said stays on this machine.

    A word, and no sign or colour: not everybody can tell those.
    """
    if presence.state is not State.IN:
        return ""
    if secured := presence.secured:
        first = ", first time" if secured.is_first else ""  # nobody knows yet with whom
        return f"encrypted, {_readable(secured.version)}{first}"
    return "" if target.is_here else "not encrypted"


def explained(presence: Presence, vouching: str = "") -> tuple[str, ...]:
    """The answer to F7: a sentence, and the fingerprint to compare, in lines of its own.

    `vouching` is the file whose certificates vouch for the server; empty where none does.
    """
    if presence.state is not State.IN:
        return ("You are not connected.",)
    if presence.secured is None:
        return ("Not encrypted: anyone on the way can read what is said, and alter it.",)
    safe = (
        f"Encrypted with {_readable(presence.secured.version)}: nobody on the way can read or "
        "alter what is said"
    )
    known = (
        f". {vouching} vouches for the server's certificate, which has this fingerprint."
        if vouching
        else ", if the server's certificate has this fingerprint (its operator knows)."
    )
    return (f"{safe}{known} SHA256:", *in_groups(presence.secured.fingerprint))


def _readable(version: str) -> str:
    """What OpenSSL calls `TLSv1.3`, as people write it.

    >>> _readable("TLSv1.3")
    'TLS 1.3'
    """
    return version.replace("v", " ", 1)
