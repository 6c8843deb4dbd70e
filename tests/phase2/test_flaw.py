"""The command that shows the flaw of phase 2."""

from tests.harness import run


def test_it_shows_the_flaw() -> None:
    status, output = run("phase2.flaw")
    assert status == 0
    assert output.splitlines()[-2:] == [
        "Alice hears: Is anybody here? It is her own line, sent back.",
        "THE FLAW: clients cannot hear each other. Phase 3 sends each line to all the others.",
    ]


def test_it_says_so_when_a_server_does_not_have_it() -> None:
    status, output = run("phase2.flaw", "phase3.server")
    assert status == 1
    assert output.endswith("So phase3.server does not have this flaw.")
