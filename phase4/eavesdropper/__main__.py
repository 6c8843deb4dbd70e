"""What breaks when nothing is encrypted: a program that carries the bytes can read and alter them.

    python -m phase4.eavesdropper    # the attack, before and after TLS; it ends by itself
    python -m phase4.eavesdropper --trace-diagram wire.mmd    # and draws it, for Mermaid

Alice and Bob talk through phase4.server. Bob is connected to it; between Alice and it stands
Mallory's relay, as the router of a café, of an office, of a provider does. Five acts, all of them
real: a server, a relay, and the core of our clients. #1, #2 and so on are Alice's connections.

New here: nothing but the play. The players are in mallory.py.
"""

import argparse
import contextlib
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from phase4.certificate import CertificateError
from phase4.client import Trust
from phase4.demo.people import Surprise
from phase4.demo.programs import Child, StartError
from phase4.eavesdropper.mallory import Mallory, Someone, certificate_and_key, shown
from phase4.relay.sides import ClientSide
from phase4.transport.contexts import fingerprint_of_file, server_context
from phase4.transport.fingerprints import in_groups
from shared.address import Address
from shared.arguments import file_path
from shared.console import accept_any_text, exit_with, is_of_output
from shared.message import Left
from shared.stopping import interrupt_on_stop_signals
from shared.wakeup import Wakeup

SAID, HEARD = "meet me at noon", "meet me at midnight"
REPLACED = (
    (f"/pm Bob {SAID}", f"/pm Bob {HEARD}"),  # on its way to the server
    (f"Bob: {HEARD}", f"Bob: {SAID}"),  # and back again, in what Alice is shown of it
)

COLUMNS = 108

SERVER = (
    *("phase4.server", "--port", "0", "--tls-port", "0", "--status-port", "0"),
    *("--quiet", "--quit-key", "off", "--flood-rate", "0", "--on-duplicate", "reject"),
)


@dataclass(frozen=True)
class Place:
    """Where it all happens."""

    directory: Path
    plain_port: int  # the server's
    tls_port: int
    cert: Path
    mallory: Mallory
    bob: Someone

    @property
    def known_hosts(self) -> Path:
        """Alice's."""
        return self.directory / "known_hosts"


def main(arguments: list[str] | None = None) -> int:
    """Show it. The exit status is 0 when all went as it should, 1 when not."""
    options = _parse(arguments)
    accept_any_text()
    interrupt_on_stop_signals()  # as Ctrl-C: the server ends with us
    try:
        with prepared(options.trace_diagram) as place:
            play(place)
    except (CertificateError, StartError) as error:
        print(f"phase4.eavesdropper: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        if is_of_output(error):
            raise
        what = f"{error.filename} cannot be written" if error.filename else "No connection"
        print(f"phase4.eavesdropper: {what}: {error.strerror}.", file=sys.stderr)
        return 2
    except Surprise as surprise:
        print(f"This was not expected: {surprise}")
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m phase4.eavesdropper", description="The one in the middle, before and after."
    )
    parser.add_argument(
        "--trace-diagram",
        type=file_path,
        metavar="FILE",
        help="draw what passes, as the relay's --trace-diagram does",
    )
    return parser.parse_args(arguments)


@contextlib.contextmanager
def prepared(diagram: Path | None = None) -> Iterator[Place]:
    """A server with a certificate, a relay before it, and Bob at the server."""
    with contextlib.ExitStack() as stack:
        directory = Path(
            stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        )
        cert, key = certificate_and_key(directory, "server")
        files = ("--tls-cert", str(cert), "--tls-key", str(key), "--log-dir", str(directory))
        server = stack.enter_context(Child(directory / "server.txt", *SERVER, *files))
        never = stack.enter_context(contextlib.closing(Wakeup()))
        plain_port = Address.parse(server.address("Listening on", never)).port
        tls_port = Address.parse(server.address("The same with TLS on", never)).port
        mallory = stack.enter_context(Mallory(diagram).at_work())
        bob = Someone("Bob", tls_port, Trust(ca=cert))
        stack.callback(bob.vanishes)
        bob.comes_in()
        yield Place(directory, plain_port, tls_port, cert, mallory, bob)


def play(place: Place) -> None:
    """All acts. Raises Surprise."""
    print("The one in the middle. The server: phase4.server; before it: phase4.relay, Mallory's")
    rewritten(place)
    passed_on(place)
    pretended(place)
    believed(place)


def rewritten(place: Place) -> None:
    """Without TLS, Mallory alters what is said."""
    act("1. Without TLS. Mallory alters what Alice says, and alters it back in the answer:")
    place.mallory.rewrites(place.plain_port, *REPLACED)
    with alice_at(place) as alice:
        alice.comes_in(to="Bob")
        hears_midnight(place, alice)
        print("THE FLAW: it was private, Mallory has read it, and neither of the two can tell.")


def passed_on(place: Place) -> None:
    """With TLS, the relay can only pass on what it cannot read."""
    act("2. With TLS. Alice is here for the first time, and compares what her client shows:")
    place.mallory.passes_on(place.tls_port)
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        alice.comes_in(to="Bob")
        compared(place, alice)
        place.mallory.has_read()
        alice.says(f"/pm Bob {SAID}")
        heard(place, alice, SAID)
        show("Mallory has it as:", place.mallory.has_read().hex(" "))
        print("She sees that somebody speaks, when, and how much: 46 bytes are 24 of ours and 22")
        print("of TLS's. She cannot read a word.")

        act("3. The same connection. She alters one bit of what Alice says:")
        place.mallory.notebook.alters_the_next = True
        alice.says(f"/pm Bob {SAID}")
        why = alice.is_disconnected()
        news = place.bob.hears_next()  # and so nothing came before it
        place.mallory.sees_the_end()
        show_wire(place)
        show("Alice's client:", why)
        show("Bob hears:", shown(news))
        if not isinstance(news, Left):
            raise Surprise("Alice's words, altered, were taken for hers.")
        print("Nobody has heard a word that Alice did not say.")


def pretended(place: Place) -> None:
    """Mallory shows a certificate of her own to somebody who knows the server's."""
    act("4. Mallory is a server herself now, with a certificate of her own. Alice comes again:")
    pretend(place)
    place.mallory.has_read()
    with alice_at(place, Trust(known_hosts=place.known_hosts)) as alice:
        why = alice.is_refused()
        place.mallory.sees_the_end()
        place.mallory.notebook.take()
        show("Alice's client:", why)
        show("Mallory has got:", f"{len(place.mallory.has_read())} bytes from her, not even a name")


def believed(place: Place) -> None:
    """Mallory does the same to somebody who knows nothing and does not compare."""
    act("5. The same on a new computer of Alice's. She has no time to compare fingerprints:")
    with alice_at(place, Trust(known_hosts=place.directory / "nobody_known_yet")) as alice:
        alice.comes_in(to="Bob")
        compared(place, alice)
        hears_midnight(place, alice)
        print("THE FLAW THAT REMAINS: the first time, it is the person who must look. Or --ca.")


# --- what the acts have in common ----------------------------------------------------------------


@contextlib.contextmanager
def alice_at(place: Place, trust: Trust | None = None) -> Iterator[Someone]:
    """Alice, connected to what she takes for the server; and gone at the end."""
    alice = Someone("Alice", place.mallory.port, trust)
    try:
        yield alice
    finally:
        alice.vanishes()


def pretend(place: Place) -> None:
    """Let Mallory be the server to Alice, and Alice to the server."""
    cert, key = certificate_and_key(place.directory, "mallory")
    place.mallory.pretends(
        place.tls_port, Trust(ca=place.cert), ClientSide(server_context(cert, key)), *REPLACED
    )


def hears_midnight(place: Place, alice: Someone) -> None:
    """Alice says one thing and Bob hears another."""
    alice.says(f"/pm Bob {SAID}")
    heard(place, alice, HEARD)
    alice.leaves()
    place.bob.hears("Alice left")
    place.mallory.sees_the_end()
    place.mallory.notebook.take()


def heard(place: Place, alice: Someone, by_bob: str) -> None:
    """Wait until both have got a line, and show what passed and what they got."""
    by_alice, line = alice.hears("Bob: "), place.bob.hears("Bob: ")
    show_wire(place)
    show("Alice reads:", by_alice)
    show("Bob reads:", line)
    if (by_alice, line) != (f"Alice -> Bob: {SAID}", f"Alice -> Bob: {by_bob}"):
        raise Surprise("They should have read something else.")


def compared(place: Place, alice: Someone) -> None:
    """Show the two fingerprints that a person would compare."""
    right = fingerprint_of_file(place.cert)
    print("Alice's client:")
    for line in alice.told:
        show("   ", line)
    print("The operator:")
    for group in in_groups(right):
        show("   ", f"* {group}")
    print("They are the same." if alice.fingerprint == right else "They are NOT the same.")


def act(title: str) -> None:
    """Print the heading of an act."""
    print(f"\n{title}")


def show_wire(place: Place) -> None:
    """What has passed through the relay since the last time."""
    for line in place.mallory.notebook.take():
        print(line)


def show(label: str, what: str) -> None:
    """Print what somebody has: one line or a few for each of its own."""
    for number, each in enumerate(what.splitlines()):
        begins = " " * 4 if number else f"{label} "
        for line in textwrap.wrap(
            each,
            COLUMNS,
            initial_indent=begins,
            subsequent_indent=" " * 4,
            break_long_words=False,
            break_on_hyphens=False,
        ):
            print(line)


if __name__ == "__main__":
    exit_with(main)
