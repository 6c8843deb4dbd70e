"""The flaw of phase 2: everybody talks with the server, and nobody with each other.

python -m phase2.flaw                  # shows it
python -m phase2.flaw phase3.server    # does that server have it, too?
"""

import sys

from shared.demonstration import Person, running_server

SECONDS_OF_SILENCE = 0.5  # a line on one machine takes less than a thousandth of that


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = sys.argv[1] if len(sys.argv) > 1 else "phase2.server"
    with running_server(module) as port, Person(port) as alice, Person(port) as bob:
        bob.say("Hello Server!")
        if bob.next_line(5.0) is None:
            print("Bob is not answered. That is another flaw, and should not be.")
            return 1
        print("Alice and Bob are connected, both at once, and the server answers Bob.")
        alice.say("Is anybody here?")
        print("Alice says: Is anybody here?")
        if bob.hears("Is anybody here?", SECONDS_OF_SILENCE):
            print(f"Bob hears: Is anybody here? So {module} does not have this flaw.")
            return 1
        print(f"Bob has heard nothing for {SECONDS_OF_SILENCE:g} s.")
        if alice.hears("Is anybody here?", 5.0):
            print("Alice hears: Is anybody here? It is her own line, sent back.")
    print("THE FLAW: clients cannot hear each other. Phase 3 sends each line to all the others.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
