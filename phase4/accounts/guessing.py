"""What a thief does with a stolen file of passwords. Run it: python -m phase4.accounts.guessing

It has a dictionary of passwords that people take, and tries them against the same four people's
passwords, kept in three ways. Nothing is stolen here: the people are made up.
"""

import hashlib
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from phase4.accounts import passwords
from shared.console import accept_any_text, exit_with

PEOPLE = {
    "Alice": "dragon2019",
    "Bob": "sunshine1",
    "Carol": "sunshine1",
    "Dora": "k7#Lq wet 92 moon",
}

_WORDS = ("password", "sunshine", "princess", "football", "baseball", "superman", "dragon")
_ENDS = ("", "1", "12", "123", "!", "2018", "2019", "2020")

MEASURED_SECONDS = 0.3
_MILLION = 1_000_000


def dictionary() -> Iterator[str]:
    """What people take: a word, and something behind it. A thief has a thousand million of them."""
    for word, end in itertools.product(_WORDS, _ENDS):
        yield f"{word}{end}"


@dataclass(frozen=True)
class Way:
    """A way to keep passwords: `keep` gives what is kept, `is_right` compares a guess with it."""

    title: str
    keep: Callable[[str], str]
    is_right: Callable[[str, str], bool]
    # Equal passwords are kept alike: then one guess is compared with everybody's at once.
    is_alike: bool = False


def _sha256(password: str) -> str:
    return hashlib.sha256(password.encode()).hexdigest()


WAYS = (
    Way("as it is", str, lambda guess, kept: guess == kept, is_alike=True),
    Way("SHA-256", _sha256, lambda guess, kept: _sha256(guess) == kept, is_alike=True),
    Way("as our server does", passwords.keep, passwords.is_right),
)


def main() -> int:
    """Try the dictionary against each way; always 0."""
    accept_any_text()
    guesses = [*dictionary()]
    for way in WAYS:
        stolen = {name: way.keep(password) for name, password in PEOPLE.items()}
        print(f"{way.title}: Bob's is {_short(stolen['Bob'])}")
        print(f"  Carol has the same password: {_seen_of(stolen)}")
        found = [name for name, kept in stolen.items() if _guess(way, kept, guesses)]
        print(f"  found with {len(guesses)} guesses: {', '.join(found)}")
        each = _seconds_a_guess(way, stolen["Dora"])
        people = len(PEOPLE) * (not way.is_alike) or 1
        print(f"  a million guesses against all four: {_duration(each * people * _MILLION)}")
    return 0


def _short(kept: str) -> str:
    return f"{kept[:40]}..." if len(kept) > 40 else kept


def _seen_of(stolen: dict[str, str]) -> str:
    is_seen = stolen["Bob"] == stolen["Carol"]
    return "anybody can see that" if is_seen else "nobody can see that"


def _guess(way: Way, kept: str, guesses: list[str]) -> bool:
    return any(way.is_right(guess, kept) for guess in guesses)


def _seconds_a_guess(way: Way, kept: str) -> float:
    """How long one guess takes, of a thief with one processor and this program."""
    count, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < MEASURED_SECONDS or not count:
        way.is_right("a wrong guess", kept)
        count += 1
    return taken / count


def _duration(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.0f} {name}"
    return f"{seconds:.1f} seconds"


if __name__ == "__main__":
    exit_with(main)
