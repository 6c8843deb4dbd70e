"""The sequence diagrams of the lessons show what passes: runs through the relay are drawn again.

The relay sees no SYN, and draws no notes; those of the lessons are left out of the comparison, and
so are addresses, which each run has anew.
"""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.kit.harness import ROOT, Peer, Server, run

Arrows = dict[str, list[str]]
"""What passes between each client and the server, in its order."""


def arrows(diagram: str) -> Arrows:
    """The arrows of a Mermaid diagram, by client; alike, whoever has drawn it."""
    found: Arrows = {}
    for source, sink, label in re.findall(r"^ +(\w+)-+(?:>>|\)|x)(\w+): (.*)$", diagram, re.M):
        if "SYN" in label or label == "ACK":
            continue
        client = sink if source == "S" else source
        text = label.replace("#92;", "\\")
        text = re.sub(r"^[\d,]+ bytes: ", "", text)
        text = re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", text)
        text = re.sub(r"^((?:altered to: )?\[)\d\d:\d\d:\d\d\]", r"\1TIME]", text)
        way = "to" if sink == "S" else "from"
        found.setdefault(client, []).append(f"{way} server: {text}")
    return found


def in_lesson(phase: str) -> Arrows:
    """The first diagram of a lesson."""
    return all_in_lesson(phase)[0]


def all_in_lesson(phase: str) -> list[Arrows]:
    """All diagrams of what passes, in their order."""
    page = (ROOT / phase / "README.md").read_text(encoding="utf-8")
    found = re.findall(r"```mermaid\nsequenceDiagram\n(.*?)```", page, re.DOTALL)
    assert found
    return [arrows(each) for each in found]


def say_hello(connect: Callable[[], Peer]) -> dict[str, str]:
    """Phase 1: one line, and one answer. Gives who of the lesson is which client of the run."""
    with connect() as client:
        client.send("Hello Server!")
        client.expect("Hello Client!")
        client.half_close()
        client.expect_end()
    return {"C": "C1"}


def say_hello_to_all(connect: Callable[[], Peer]) -> dict[str, str]:
    """Phase 3: Alice speaks, and Bob leaves."""
    with contextlib.ExitStack() as all_stay:
        people = []
        for here in range(1, 4):
            people.append(all_stay.enter_context(connect()))
            people[-1].skip_to(rf"\* You are .*, {here} here.*")
            for each in people[:-1]:
                each.skip_to(rf"\* .* joined, {here} here")
        alice, bob, carol = people
        alice.send("hello")
        bob.expect("hello")
        carol.expect("hello")
        bob.send("/exit")
        bob.expect_end()
        for each in (alice, carol):
            each.expect(r"\* .* left, 2 here")
    return {"A": "C1", "B": "C2", "C": "C3"}


@pytest.mark.parametrize(("phase", "play"), [("phase1", say_hello), ("phase3", say_hello_to_all)])
def test_the_lesson_shows_what_passes(
    phase: str, play: Callable[[Callable[[], Peer]], dict[str, str]], tmp_path: Path
) -> None:
    file = tmp_path / "run.mmd"
    with (
        Server(f"{phase}.server") as server,
        Server(
            *("phase4.relay", "--upstream", f"127.0.0.1:{server.port}"),
            *("--trace-diagram", str(file)),
        ) as relay,
    ):
        who = play(relay.connect)
        for _ in who:
            relay.expect(r" (closed|was cut off): ")
    run = arrows(file.read_text(encoding="utf-8"))
    for name, shown in in_lesson(phase).items():
        seen = run[who[name]]
        start = seen.index(shown[0])  # the lesson of phase 3 begins when all are there
        assert seen[start : start + len(shown)] == shown


def test_the_lesson_on_tls_shows_what_passes_without_it_and_with_it(
    tmp_path: Path, need: Need
) -> None:
    need(modules=["cryptography"])
    file = tmp_path / "run.mmd"
    status, printed = run("phase4.eavesdropper", "--trace-diagram", str(file))
    assert status == 0, printed
    seen = arrows(file.read_text(encoding="utf-8"))
    shown = all_in_lesson("phase4/transport")
    assert [list(each) for each in shown] == [["C1"], ["C2"]]
    for diagram in shown:
        for client, passed in diagram.items():
            assert seen[client][: len(passed)] == passed
