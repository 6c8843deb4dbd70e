"""The flaw of phase 3: one reader who stops reading freezes everybody.

The server's thread that hears a line also delivers it, to one after the other. The system keeps a
few megabytes for a client that does not read; then sendall() waits, and with it all who come later
in the list.

    python -m phase3.flaw
"""

import sys

from shared.demonstration import Person, running_server

MAX_MEGABYTES = 64  # a system that keeps more than this for one client would be a surprise
LINES_AT_ONCE = 25
FROZEN_SECONDS = 1.0  # a hundred times what these lines take
PADDING = "." * 4000


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = sys.argv[1] if len(sys.argv) > 1 else "phase3.server"
    with running_server(module) as port, Person(port) as alice, Person(port) as bob:
        for person in (alice, bob):
            person.next_line(5.0)  # the greeting: this one is in the list
        print("Alice, Bob and Carol are connected. From now on, Alice does not read.")
        with Person(port) as carol:
            carol.next_line(5.0)
            number = speak_until_silent(bob, carol)
            if number is None:
                print(f"Carol heard all of {MAX_MEGABYTES} MB: {module} does not have this flaw.")
                return 1
            print(f"Bob's line {number} does not reach Carol: she has read all that came, and")
            print(f"nothing more came for {FROZEN_SECONDS:g} s. Bob's thread waits for Alice.")
            alice.socket.close()
            print("Alice leaves.")
            if not carol.hears(f"{number} {PADDING}", 10.0):
                print("Carol still hears nothing. That is another flaw, and should not be.")
                return 1
            print(f"Carol hears Bob's line {number}.")
    print("THE FLAW: everybody waits for the slowest reader. Phase 4 gives each an outbox.")
    return 0


def speak_until_silent(speaker: Person, hearer: Person) -> int | None:
    """The number of the speaker's line that the hearer waits for in vain; None if all come."""
    for number in range(LINES_AT_ONCE, MAX_MEGABYTES * 1_000_000 // len(PADDING), LINES_AT_ONCE):
        for each in range(number - LINES_AT_ONCE + 1, number + 1):
            speaker.say(f"{each} {PADDING}")
        if not hearer.hears(f"{number} {PADDING}", FROZEN_SECONDS):
            print(f"Bob has said {number * len(PADDING) / 1e6:.1f} MB.")
            return number
    return None


if __name__ == "__main__":
    sys.exit(main())
