"""What breaks when names and a log are added to phase 3 without much thought: both are forged.

python -m phase4.forgery                  # phase4.naive: one speaks as another, and writes the log
python -m phase4.forgery phase4.server    # and that one?
"""

from shared.console import exit_with
from shared.demonstration import Wire, on_the_wire, server_to_ask
from shared.message import NICKNAME_PROMPT

RESIGNS, AGREES = "I resign.", "So do I."


def main() -> int:
    """Show the flaw. The exit status is 0 when it is there, 1 when it is not."""
    module = server_to_ask("phase4.forgery", "phase4.naive")
    with on_the_wire("Names and a log, forged", module) as wire:
        entries = fool_bob(wire)
    if any(entry.endswith((f" Alice: {RESIGNS}", f"Bob: {AGREES}")) for entry in entries):
        print("THE FLAW: Alice said good morning, and no more. Bob said nothing at all.")
        return 0
    print(f"{module} does not have this flaw.")
    return 1


def fool_bob(wire: Wire) -> list[str]:
    """Let Mallory speak as Alice, and Eve write an entry of Bob's; gives the entries of the log."""
    alice, bob, mallory, eve = map(wire.connect, ("Alice", "Bob", "Mallory", "Eve"))
    alice.joins()
    bob.joins()
    alice.says("Good morning.")
    bob.hears("Good morning.")
    print("Mallory comes, and says that her name is Alice:")
    mallory.joins("Alice")
    mallory.says(RESIGNS)
    bob.hears(RESIGNS)
    print("Eve's name is a whole entry of the log, and the beginning of another:")
    eve.joins(f"Alice: {RESIGNS}\rBob")
    eve.says(AGREES)
    wire.wait(lambda: mallory.has_heard(AGREES) or eve.heard.count(NICKNAME_PROMPT) == 3)
    print("messages.txt, read by Python line by line:")
    with (wire.logs / "messages.txt").open(encoding="utf-8") as log:
        entries = log.read().splitlines()
    for entry in entries:
        print(f"    {entry}")
    return entries


if __name__ == "__main__":
    exit_with(main)
