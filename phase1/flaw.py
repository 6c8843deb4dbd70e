"""The flaw of phase 1: while the server talks to one client, it does not hear another.

python -m phase1.flaw                  # shows it
python -m phase1.flaw phase2.server    # does that server have it, too?
"""

import sys

from shared.demonstration import on_the_wire, server_to_ask


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = server_to_ask("phase1.flaw", "phase1.server")
    with on_the_wire("The flaw of phase 1, on purpose", module) as wire:
        alice = wire.connect("Alice")
        alice.says("I am Alice")
        alice.hears_something()
        print("Alice was answered, and stays. Now Bob comes:")
        bob = wire.connect("Bob")
        bob.says("Hello Server!")
        if not bob.hears_nothing():
            print(f"Bob is answered while Alice is there: {module} does not have this flaw.")
            return 1
        print("The system has connected Bob, and keeps his bytes. The server is with Alice.")
        alice.ends()
        if not bob.hears("Hello Client!"):
            print("Bob still hears nothing. That is another flaw, and should not be.")
            return 1
    print("THE FLAW: one client at a time. Phase 2 gives each a thread.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
