"""The demonstration: it shows all that it promises, and whatever ends it, nothing is left of it."""

import contextlib
import os
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from phase4.demo.play import EXPECTED
from tests.kit.harness import SECONDS, Program, run
from tests.kit.terminal import Terminal

# A round in a few seconds. Dan may paste so fast that Eve's outbox is full long before the ten
# seconds are over after which she is cut off by default.
QUICKLY = ("--seconds", "50", "--speed", "20", "--", "--flood-rate", "150")


ROUND_SECONDS = 50.0  # as QUICKLY has it, though it takes five
START_SECONDS = 30.0  # twenty programs begin at once


class Evening(Terminal):
    """The demonstration on a terminal of its own, and what it puts into its directory."""

    def __init__(self, directory: Path, **env: str) -> None:
        self.directory = directory
        env["TMPDIR"] = str(directory)
        super().__init__("-m", "phase4.demo", columns=100, rows=36, env=env)

    def __exit__(self, *failure: Any) -> None:
        """Where a check has failed: end the children too, which live in groups of their own."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        super().__exit__(*failure)

    def until_alive(self) -> list[int]:
        """Until the monitor shows people; the ports of the server and the relay."""
        self.until(r"Alice +127\.0\.0\.1:\d+ ", START_SECONDS)
        return ports_in(self.directory)

    def processes(self) -> dict[int, str]:
        """What runs in this session, in whatever process group: number and command line."""
        found = {}  # on Linux; elsewhere nothing tells
        for path in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                fields = (path / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid and fields[0] != "Z":
                    found[int(path.name)] = (path / "cmdline").read_text().replace("\0", " ")
        return found

    def assert_nothing_is_left(self, ports: list[int]) -> None:
        """No child, no port, no file."""
        assert not self.processes()
        assert not any(map(is_open, ports))
        assert not list(self.directory.iterdir())


def ports_in(directory: Path) -> list[int]:
    """Where the server and the relay listen that log into `directory`."""
    outputs = [each.read_text() for each in directory.glob("chat-demo-*/*.txt")]
    found = [re.search(r"Listening on 127\.0\.0\.1:(\d+)", each) for each in outputs]
    ports = [int(each[1]) for each in found if each]
    assert len(ports) == 2, outputs
    assert all(map(is_open, ports))
    return ports


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


WAYS_TO_END: dict[str, Callable[[Evening], None]] = {
    "q": lambda evening: evening.press("q"),
    "Ctrl-C": lambda evening: evening.press("\x03"),
    "SIGTERM": lambda evening: evening.signal(signal.SIGTERM),
    "closed": lambda evening: evening.close(),
}


@pytest.fixture(scope="module")
def evenings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Evening]]:
    """One for each check that wants one; all begin at once, as a beginning takes seconds."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(Evening(tmp_path_factory.mktemp("evening")))
            for name in (*WAYS_TO_END, "killed")
        }


@pytest.fixture(scope="module")
def quick_round(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Program, Path]]:
    """One round without a monitor, and where its logs are. It plays while other checks run."""
    directory = tmp_path_factory.mktemp("round")
    arguments = ("--rounds", "1", "--keep-logs", *QUICKLY)
    with Program("phase4.demo", *arguments, env={"TMPDIR": str(directory)}) as program:
        yield program, directory


# --- on a terminal -------------------------------------------------------------------------------


def test_the_monitor_shows_the_people(
    evenings: dict[str, Evening], quick_round: tuple[Program, Path]
) -> None:
    for name in ("Alice", "Bob", "Carol"):
        evenings["q"].until(rf"{name} +127\.0\.0\.1:\d+ ", START_SECONDS)


@pytest.mark.parametrize("way", WAYS_TO_END)
def test_nothing_is_left_of_it_after(evenings: dict[str, Evening], way: str) -> None:
    evening = evenings[way]
    ports = evening.until_alive()
    if Path("/proc/self/stat").exists():
        # The archive's comes when somebody has spoken.
        lines = [each for each in evening.processes().values() if "phase4.archive" not in each]
        assert len(lines) == 4  # with the server, the relay and the monitor
    WAYS_TO_END[way](evening)
    if way == "closed":
        assert evening.process.wait(SECONDS) == 0
    else:
        assert evening.wait() == 0
        evening.assert_restored()
        assert re.search(r"^It ran for \d+ s\. People came \d times", evening.text, re.MULTILINE)
    evening.assert_nothing_is_left(ports)


def test_a_monitor_that_is_killed_leaves_nothing_either(evenings: dict[str, Evening]) -> None:
    evening = evenings["killed"]
    ports = evening.until_alive()
    if not evening.processes():
        pytest.skip("no /proc here to find the monitor in")
    (monitor,) = [pid for pid, line in evening.processes().items() if "-m monitor" in line]
    os.kill(monitor, signal.SIGKILL)
    assert evening.wait() == 1
    evening.assert_restored()
    assert "monitor was killed by signal 9." in evening.text
    evening.assert_nothing_is_left(ports)


def test_it_can_be_ended_before_it_has_begun(tmp_path: Path) -> None:
    with Evening(tmp_path) as evening:
        evening.until("Starting a chat server")
        evening.signal(signal.SIGTERM)
        assert evening.wait() == 0
        evening.assert_nothing_is_left([])


def test_a_terminal_that_cannot_show_the_monitor_gets_another_way(tmp_path: Path) -> None:
    with Evening(tmp_path, TERM="dumb") as evening:
        assert evening.wait() == 2
        assert "cannot move its cursor" in evening.text
        assert "Without the monitor: python -m phase4.demo --seconds" in evening.text
        evening.assert_nothing_is_left([])


# --- without one ---------------------------------------------------------------------------------


def test_all_that_a_round_promises_happens(quick_round: tuple[Program, Path]) -> None:
    program, directory = quick_round
    assert program.wait(ROUND_SECONDS) == 0
    [people] = directory.glob("chat-demo-*/people.txt")
    told = people.read_text(encoding="utf-8")
    for line in (
        r"Dan +types +ALICE",
        r"Dan +sees +\[.{8}\] \* The name ALICE is taken; you are \w+\.",
        r"Bob +sees +\[.{8}\] Alice -> Bob: Carol's birthday is tomorrow\.",
        r"Carol +sees +! There is no command /pmm; .* Nothing was sent\.",
        r"Bob +sees +! A line may have 4096 bytes; this one was dropped\.",
        r"Eve +stops +reading",
        r"\w+ +sees +\[.{8}\] \* Eve left \(stopped reading\)",
        r"Carol +types +/quit",
    ):
        assert re.search(rf"s  {line}$", told, re.MULTILINE), line


def test_the_story_tells_each_scene_and_what_came_of_it_once(
    quick_round: tuple[Program, Path],
) -> None:
    program, _ = quick_round
    program.wait(ROUND_SECONDS)
    told = program.rest_of_output()
    assert len([line for line in told if re.match(r" *\d+ s  \S", line)]) == 8
    assert len([line for line in told if line.lstrip().startswith("=> ")]) == len(EXPECTED)
    for line in (
        "* Bob joined",
        "Bob:     Good morning, Alice! I come through the relay.",
        "Dan      asks for the name ALICE",
        "Alice:   (to Bob alone) Carol's birthday is tomorrow.",
        "Carol    types /pmm Dan I know what they are up to.",
        "Bob      reads ! A line may have 4096 bytes; this one was dropped.",
        "Eve      stops reading, and stays connected",
        "* Eve left (stopped reading)",
        "Carol    types /quit",
        "* Carol left",
    ):
        assert [each.strip() for each in told].count(line) == 1, line


def test_the_story_leaves_floods_out_and_fits_into_80_columns_without_colours_in_a_pipe(
    quick_round: tuple[Program, Path],
) -> None:
    program, _ = quick_round
    program.wait(ROUND_SECONDS)
    told = program.rest_of_output()
    story = told[: next(at for at, line in enumerate(told) if line.startswith("It ran for"))]
    assert max(len(line) for line in story[2:]) < 80  # the first two may name a long directory
    assert not [line for line in told if "\x1b" in line]
    assert not [line for line in told if "log 1." in line or "blah " * 20 in line]  # it is pasted


def test_it_ends_with_where_to_go_next(quick_round: tuple[Program, Path]) -> None:
    program, _ = quick_round
    program.wait(ROUND_SECONDS)
    told = program.rest_of_output()
    assert told[-4] == "Next:"
    for line, what in zip(
        told[-3:], ("phase4.demo ", "phase4.server ", "phase1/README.md "), strict=True
    ):
        assert what in line


def test_on_a_terminal_the_story_has_colours_and_a_later_round_only_its_sentences(
    tmp_path: Path,
) -> None:
    env = {"TMPDIR": str(tmp_path)}
    arguments = ("-m", "phase4.demo", "--seconds", "50", *QUICKLY)
    with Terminal(*arguments, columns=80, rows=24, env=env) as terminal:
        terminal.until("Again: Two of them talk in private", ROUND_SECONDS)
        terminal.signal(signal.SIGTERM)
        terminal.wait()
        told = terminal.output.decode()
    assert told.count("Hello Bob, hello Carol!") == 1
    assert told.count("I have a present for her.") == 1
    assert "\x1b[1m  0 s  Three people come in." in told
    assert re.search(r"\x1b\[38;5;\d+m +Bob: +Good morning", told)


def test_the_figures_are_those_of_the_logs(quick_round: tuple[Program, Path]) -> None:
    program, directory = quick_round
    program.wait(ROUND_SECONDS)
    found = re.search(
        r"People came (\d+) times, and sent (\d+) messages to everybody and (\d+) to one person",
        " ".join(program.rest_of_output()),
    )
    assert found
    (logs,) = directory.glob("chat-demo-*/logs")
    joined = re.findall(" joined ", (logs / "connections.txt").read_text())
    public = (logs / "messages.txt").read_text().splitlines()
    private = (logs / "private_messages.txt").read_text().splitlines()
    assert [int(each) for each in found.groups()] == [len(joined), len(public), len(private)]
    assert not any("what they are up to" in line for line in public + private)
    assert sum("blah" in line for line in public + private) == 0


def test_kept_logs_are_named(quick_round: tuple[Program, Path]) -> None:
    program, directory = quick_round
    program.wait(ROUND_SECONDS)
    told = program.rest_of_output()
    (kept,) = directory.iterdir()
    for name in ("logs/messages.txt", "server.txt", "relay.txt", "people.txt"):
        assert f"  {kept / name}" in told
        assert (kept / name).stat().st_size


def test_what_was_not_expected_is_said(tmp_path: Path) -> None:
    status, told = run("phase4.demo", *QUICKLY, "--max-clients", "3")
    assert status == 1
    assert "not expected: Dan was hung up on (the last error: The server is full" in told
    assert "* Eve left" not in told


def test_too_short_a_time_is_no_success() -> None:
    status, told = run("phase4.demo", "--seconds", "1")
    assert status == 1
    assert "Not all of it has happened." in told
    assert "not expected" not in told


def test_ended_early_it_leaves_nothing_and_is_no_success(tmp_path: Path) -> None:
    with Program("phase4.demo", "--seconds", "50", env={"TMPDIR": str(tmp_path)}) as program:
        program.expect(r"\* Alice joined")
        ports = ports_in(tmp_path)
        program.signal(signal.SIGTERM)
        assert program.wait() == 1
        assert "Not all of it has happened. In 40 seconds it should." in program.rest_of_output()
    assert not any(map(is_open, ports))
    assert not list(tmp_path.iterdir())


def test_a_server_that_does_not_start_is_said_with_its_words() -> None:
    status, told = run("phase4.demo", "--seconds", "1", "--", "--nonsense")
    assert status == 2
    assert "phase4.server did not start. It said:" in told
    assert "unrecognized arguments: --nonsense" in told


def test_without_a_terminal_it_says_what_to_do() -> None:
    status, told = run("phase4.demo")
    assert status == 2
    (sentence,) = told.splitlines()
    assert "This is not a terminal" in sentence
    assert "--seconds 60" in sentence
