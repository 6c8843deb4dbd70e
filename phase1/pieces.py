"""What breaks in the server that everybody writes first: it takes what recv() gives for a line.

python -m phase1.pieces                  # phase1.naive: it does
python -m phase1.pieces phase1.server    # and does that one?
"""

import sys

from shared.demonstration import SILENCE_SECONDS, on_the_wire, server_to_ask

ANSWER = "Hello Client!"


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = server_to_ask("phase1.pieces", "phase1.naive")
    with on_the_wire("A line in pieces, and two lines in one", module) as wire:
        alice = wire.connect("Alice")
        alice.says("Hello Server!")
        if not alice.hears(ANSWER):
            print("Alice is not answered at all. That is another flaw, and should not be.")
            return 1
        print("Now the same line in two pieces, as a network may deliver it:")
        alice.sends(b"Hello Ser")
        too_early = alice.hears_something(SILENCE_SECONDS)
        alice.sends(b"ver!\n")
        alice.hears_something()
        print("And twice the same line, so soon after each other that they arrive as one piece:")
        alice.sends(b"Hello Server!\nHello Server!\n")
        alice.hears_something()
        alice.hears_something()
        is_right = not too_early and alice.heard == [ANSWER] * 4
    if is_right:
        print(f"Four lines, four answers: {module} does not have this flaw.")
        return 1
    print("THE FLAW: what one recv() gives is not a line. TCP keeps the bytes, not the pieces.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
