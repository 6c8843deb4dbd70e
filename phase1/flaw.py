"""The flaw of phase 1: while the server talks to one client, it does not hear another.

python -m phase1.flaw                  # shows it
python -m phase1.flaw phase2.server    # does that server have it, too?
"""

import sys

from shared.demonstration import Person, running_server

SECONDS_OF_SILENCE = 0.5  # an answer on one machine takes less than a thousandth of that


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = sys.argv[1] if len(sys.argv) > 1 else "phase1.server"
    with running_server(module) as port, Person(port) as alice:
        alice.say("I am Alice")
        alice.hears("I am Alice", 5.0)
        print("Alice has connected, and was answered. She stays.")
        with Person(port) as bob:
            print("Bob has connected: the system did that, and put him into the server's queue.")
            bob.say("Hello Server!")
            print("Bob says: Hello Server!")
            if bob.hears("Hello Client!", SECONDS_OF_SILENCE):
                print(f"Bob hears: Hello Client! So {module} does not have this flaw.")
                return 1
            print(f"Bob has heard nothing for {SECONDS_OF_SILENCE:g} s: the server is with Alice.")
            alice.socket.close()
            print("Alice leaves.")
            if not bob.hears("Hello Client!", 5.0):
                print("Bob still hears nothing. That is another flaw, and should not be.")
                return 1
            print("Bob hears: Hello Client!")
    print("THE FLAW: one client at a time. Phase 2 gives each a thread.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
