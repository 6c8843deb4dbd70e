"""Names and people as the hub's operations have them. No I/O."""

import hashlib
from collections.abc import Iterable

from phase4.accounts import nicknames
from phase4.hub.operations import Enter, Resume
from phase4.server.member import Member

CANDIDATES = 24
"""Names that are offered at once: what is free here nearly always is everywhere."""


def as_offered(name: str) -> list[str]:
    """A name, what is the same, and what looks alike.

    >>> as_offered("Alice")
    ['Alice', 'alice', 'a1ice']
    """
    return [name, nicknames.fold(name), nicknames.look(name)]


def speaker_of(member: Member) -> str:
    """How operations call somebody who is here."""
    return member.arrival or nicknames.fold(member.name)


def proof_of(secret: str) -> str:
    """What shows that this is the same person, and tells nobody the secret; of none, nothing."""
    return hashlib.sha256(secret.encode()).hexdigest() if secret else ""


def resume_of(member: Member) -> Resume | None:
    """What goes before any Enter of somebody whose page counts private lines."""
    if member.unseen is None:
        return None
    return Resume(proof_of(member.secret), member.unseen.count)


def entry_of(member: Member, names: Iterable[str], wanted: str) -> Enter:
    """What asks for one of these names, for somebody who has not logged in."""
    offered = [as_offered(each) for each in names]
    return Enter(offered, member.host, wanted, proof_of(member.secret), "", [])
