"""The monitor and the server that it was made for, as a person would run them."""

from pathlib import Path

from tests.kit.harness import Server
from tests.kit.terminal import Terminal


def test_it_shows_what_happens_in_the_chat(tmp_path: Path) -> None:
    flags = ("--status-port", "0", "--log-dir", str(tmp_path), "--quit-key", "off")
    with Server("phase4.server", *flags) as server:
        status = server.expect(r"Status on ([^\s,]+)")[1]
        with Terminal("-m", "monitor", "--status", status, "--interval", "0.2") as terminal:
            terminal.until("LIVE")
            terminal.until("peak 0 of 1,000")
            with server.connect() as alice, server.connect() as bob:
                alice.send("Alice")
                alice.skip_to(r".*Welcome, Alice!.*")
                bob.send("Bob")
                bob.skip_to(r".*Welcome, Bob!.*")
                terminal.until(r"peak 2 of 1,000")
                terminal.until(r"Alice +127\.0\.0\.1:\d+ ")
                alice.send("hello", "/pm Bob psst")
                bob.skip_to(r".*Alice -> Bob: psst")
                terminal.until("public 1 · private 1")
            terminal.until(lambda: "127.0.0.1:" not in terminal.text.partition("people")[2])
            terminal.until("Alice left")
            server.interrupt()
            assert server.wait() == 0
            terminal.until("Gone since .*Nothing listens there")
            terminal.until("public 1 · private 1")
            terminal.press("q")
            assert terminal.wait() == 0
            terminal.assert_restored()
