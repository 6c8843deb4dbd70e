"""The command that shows the flaw of phase 1."""

from tests.harness import run


def test_it_shows_the_flaw() -> None:
    status, output = run("phase1.flaw")
    assert status == 0
    assert output.splitlines()[-3:] == [
        "Alice leaves.",
        "Bob hears: Hello Client!",
        "THE FLAW: one client at a time. Phase 2 gives each a thread.",
    ]


def test_it_says_so_when_a_server_does_not_have_it() -> None:
    status, output = run("phase1.flaw", "phase2.server")
    assert status == 1
    assert output.endswith("So phase2.server does not have this flaw.")
