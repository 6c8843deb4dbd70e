"""Newcomers are let in no faster than they can be announced to everybody."""

import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from shared.status import parse_snapshot
from tests.kit.chat import PROMPT, Person
from tests.kit.faulty import listens, start_server
from tests.kit.harness import SECONDS, Peer, wait_until

pytestmark = [
    pytest.mark.own_server,
    pytest.mark.skipif(sys.platform == "win32", reason="a signal that Windows does not know"),
]

TURNSTILE = (
    "import shared.defaults as it;it.ANNOUNCEMENTS_BURST = 0; it.ANNOUNCEMENTS_PER_SECOND = {rate}"
)


def test_newcomers_wait_while_those_before_them_cannot_be_announced_and_nobody_else_does(
    tmp_path: Path,
) -> None:
    """The rate is so low here that the second person would wait for hours."""
    process, port, _ = start_server(tmp_path, TURNSTILE.format(rate=0.0001))
    with process:
        try:
            wait_until(lambda: listens(port), "it listens")
            with Person("127.0.0.1", port) as alice, Person("127.0.0.1", port) as bob:
                alice.send("Alice")
                alice.skip_to(r".*Welcome, Alice!.*")
                bob.expect(PROMPT)
                bob.send("Bob", "hello")
                for _ in range(20):  # a newcomer is let in at the next of them, or not at all
                    alice.send("/ping")
                    alice.hear("* Pong")
                with Person("127.0.0.1", port) as carol:  # and waits behind Bob
                    carol.expect(PROMPT)
                    carol.send("Carol")
                    alice.send("/who")
                    alice.hear("* 1 online: Alice")
                process.send_signal(signal.SIGTERM)
                bob.expect_end()
                output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
    assert process.returncode == 0
    assert "Bob" not in output


def test_those_who_give_up_waiting_make_nobody_wait_longer(tmp_path: Path) -> None:
    """Each newcomer has 4 s here, and fifty who come and go would make it 200."""
    process, port, status_port = start_server(tmp_path, TURNSTILE.format(rate=0.5))
    with process:
        try:
            wait_until(lambda: listens(port), "it listens")
            with Person("127.0.0.1", port) as alice:
                alice.send("Alice")
                alice.skip_to(r".*Welcome, Alice!.*")
                visitors = [Person("127.0.0.1", port) for _ in range(50)]
                for visitor in visitors:
                    visitor.expect(PROMPT)
                    visitor.send("Visitor")
                wait_until(lambda: _threads(status_port) > 50, "all of them are served")
                for visitor in visitors:
                    visitor.reset()
                wait_until(lambda: _threads(status_port) < 20, "all of them are gone")
                with Person("127.0.0.1", port) as carol:
                    carol.send("Carol")
                    carol.skip_to(r".*Welcome, Carol!.*")
        finally:
            process.kill()


def _threads(status_port: int) -> int:
    with Peer("127.0.0.1", status_port) as reader:
        return parse_snapshot(reader.read_bytes_until_end()).threads


def test_everybody_who_waits_to_be_let_in_is_let_in(tmp_path: Path) -> None:
    process, port, _ = start_server(tmp_path, TURNSTILE.format(rate=200))
    with process, ExitStack() as stack:
        try:
            wait_until(lambda: listens(port), "it listens")
            people = [stack.enter_context(Person("127.0.0.1", port)) for _ in range(15)]
            for number, each in enumerate(people):
                each.send(f"P{number}")
            for number, each in enumerate(people):
                each.skip_to(rf".*Welcome, P{number}!.*")
        finally:
            process.kill()
