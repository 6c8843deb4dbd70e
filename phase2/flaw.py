"""The flaw of phase 2: everybody talks with the server, and nobody with each other.

python -m phase2.flaw                  # shows it
python -m phase2.flaw phase3.server    # does that server have it, too?
"""

import sys

from shared.demonstration import SILENCE_SECONDS, Person, Wire, on_the_wire, server_to_ask

QUESTION, ANSWER = "Is anybody here?", "Yes, Bob is"


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = server_to_ask("phase2.flaw", "phase2.server")
    with on_the_wire("The flaw of phase 2, on purpose", module) as wire:
        if not they_hear_each_other(wire):
            print("THE FLAW: clients cannot hear each other. Phase 3 sends a line to all others.")
            return 0
    print(f"They hear each other: {module} does not have this flaw.")
    return 1


def they_hear_each_other(wire: Wire) -> bool:
    """Let Alice ask whether anybody is here, when Bob is."""
    alice = arrive(wire, "Alice")
    bob = arrive(wire, "Bob")
    print("Both are connected, and served at once. Alice asks:")
    alice.says(QUESTION)
    if bob.hears_nothing():
        return False
    bob.says(ANSWER)
    return alice.hears(ANSWER)


def arrive(wire: Wire, name: str) -> Person:
    """Somebody who is served: welcomed, or answered where a server welcomes nobody."""
    person = wire.connect(name)
    if not person.hears_something(SILENCE_SECONDS):
        person.says("Hello Server!")
        person.hears_something()
    return person


if __name__ == "__main__":
    sys.exit(main())
