"""The flaws of phase 3: one who stops reading freezes everybody, and nobody knows who speaks.

The server's thread that hears a line also delivers it, to one after the other. The system keeps a
few megabytes for a client that does not read; then sendall() waits, and with it all who come later
in the list. And a line is delivered as it was said, so anybody can say what the server says.

    python -m phase3.flaw                         # shows the first
    python -m phase3.flaw phase4.server           # does that server have it, too?
    python -m phase3.flaw --forge                 # shows the second
    python -m phase3.flaw --forge phase4.server
"""

import argparse
import sys

from shared.demonstration import Person, Wire, on_the_wire

MAX_LINES = 16_000  # 64 MB: a system that keeps more than this for one client would be a surprise
LINES_AT_ONCE = 25
FROZEN_SECONDS = 1.0  # a hundred times what these lines take
PADDING = "." * 4000


def main() -> int:
    """Show a flaw. The exit status is 0 when it is there, 1 when it is not."""
    parser = argparse.ArgumentParser(prog="phase3.flaw", description="Shows a flaw of phase 3.")
    parser.add_argument("--forge", action="store_true", help="the other flaw: who speaks?")
    parser.add_argument("module", nargs="?", default="phase3.server")
    options = parser.parse_args()
    show = forge if options.forge else freeze
    with on_the_wire("The flaw of phase 3, on purpose", options.module) as wire:
        has_flaw = show(wire)
    if not has_flaw:
        print(f"{options.module} does not have this flaw.")
    return 0 if has_flaw else 1


def three_people(wire: Wire) -> list[Person]:
    """Alice, Bob and Carol, each of whom has been welcomed and knows of the next."""
    people: list[Person] = []
    for name in ("Alice", "Bob", "Carol"):
        newcomer = wire.connect(name)
        newcomer.joins()
        for each in people:
            each.hears(f"{newcomer.known_as} joined")
        people.append(newcomer)
    return people


def freeze(wire: Wire) -> bool:
    """One who does not read, one who speaks, and one who wants to hear it."""
    alice, bob, carol = three_people(wire)
    print("From now on Alice does not read: her laptop is closed, say. Bob speaks.")
    alice.reads = False
    with wire.summed_up():
        number = speak_until_silent(bob, carol, f"* {alice.known_as} left")
        if number is None:
            bob.hears("left")  # as Carol did
    if number is None:
        print("Carol has heard every line of Bob's, and then:")
        print(next(line for line in reversed(carol.heard) if "left" in line))
        return False
    carol.hears_nothing(FROZEN_SECONDS)
    print("Some of Bob's lines are missing. His thread in the server waits in sendall() to Alice.")
    alice.vanishes()
    with wire.summed_up():
        is_thawed = wire.wait(lambda: carol.has_heard(f"line {number} ", "left"))
    print("Now Carol has the rest." if is_thawed else "Carol still hears nothing!")
    print("THE FLAW: everybody waits for the slowest reader. Phase 4 gives each an outbox.")
    return True


def speak_until_silent(speaker: Person, hearer: Person, goodbye: str) -> int | None:
    """The number of the line that is not heard in time; None if `goodbye` is heard before."""
    for first in range(1, MAX_LINES, LINES_AT_ONCE):
        last = first + LINES_AT_ONCE - 1
        for number in range(first, last + 1):
            speaker.says(f"line {number} {PADDING}")
        if not hearer.hears(f"line {last} ", FROZEN_SECONDS):
            return last
        if any(goodbye in line for line in hearer.heard[-LINES_AT_ONCE - 1 :]):
            return None
    raise RuntimeError("Somebody who reads nothing was sent 64 MB.")


def forge(wire: Wire) -> bool:
    """One who says what the server would say, and one who believes it."""
    alice, bob, carol = three_people(wire)
    notice = next(line for line in carol.heard + bob.heard if "joined" in line)
    forged = notice.partition("* ")[2].replace("joined", "left").replace("3 here", "2 here")
    forged = "* " + forged.replace(carol.known_as, alice.known_as)
    print("Alice is here. Bob says that she is not:")
    bob.says(forged)
    carol.hears("left")
    print("Then she does leave, and the server says so:")
    alice.ends()
    carol.hears("left")
    lie, truth = (line.partition("] ")[2] or line for line in carol.heard[-2:])
    if lie != truth:
        print("Carol can tell the two from each other.")
        return False
    print("THE FLAW: Carol has the same bytes twice, and cannot know which are the server's.")
    return True


if __name__ == "__main__":
    sys.exit(main())
