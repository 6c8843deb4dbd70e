"""A client trusts no server: what a hostile one does to the core, the terminal and the window.

The attacks are in hostile.py. What a client promises under each of them: it stays usable, what it
holds has a bound, it says what it leaves out, and nothing that the server sends acts on the screen.
"""

import contextlib
import dataclasses
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from phase4.client import (
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PeopleChanged,
    Received,
    Welcomed,
)
from phase4.client.dialogue import MAX_PEOPLE
from phase4.client.event_queue import EVENT_QUEUE_SIZE
from phase4.client_terminal import backlog
from phase4.client_terminal.backlog import without_excess
from phase4.client_terminal.colours import Colours
from phase4.client_terminal.look import MAX_SHOWN_CHARACTERS, NameStyles, fragments, without_tail
from shared import message
from tests.kit import hostile
from tests.kit.chat_terminal import CLIENT, PATIENT, ChatTerminal
from tests.kit.desktop import Desktop, Window
from tests.kit.harness import ROOT, SECONDS, Program, environment, wait_until
from tests.kit.hostile import ATTACKS_THAT_LAST, Attack, Hostile
from tests.kit.scripted import WELCOME, Connect, ScriptedServer, Speaker

MEGABYTE = 1_000_000


def _name(attack: Attack) -> str:
    return attack.__name__


# --- the core ----------------------------------------------------------------------------------


def _texts(thing: Any) -> Iterator[str]:
    """Every text in an event, wherever it stands."""
    if isinstance(thing, str):
        yield thing
    elif isinstance(thing, tuple):
        for part in thing:
            yield from _texts(part)
    elif dataclasses.is_dataclass(thing):
        for field in dataclasses.fields(thing):
            yield from _texts(getattr(thing, field.name))


def test_nothing_in_any_event_can_forge_a_screen_or_a_line(connect: Connect) -> None:
    with Hostile(hostile.forgeries) as server:
        client = connect(server.port)
        texts: list[str] = []
        while not texts or "the end of the forgeries" not in texts[-1]:
            texts += _texts(client.next())
    assert len(texts) > 100
    assert [text for text in texts if not hostile.is_harmless(text)] == []
    assert hostile.is_harmless(client.name)


@pytest.mark.parametrize("attack", [hostile.flood, hostile.renamings], ids=_name)
def test_a_client_that_takes_no_events_makes_the_server_wait_and_can_be_closed(
    connect: Connect, attack: Attack
) -> None:
    with Hostile(attack) as server:
        client = connect(server.port, reconnect=True)
        client.until(PeopleChanged)
        assert server.victim.is_made_to_wait.wait(SECONDS)
        wait_until(lambda: client.events.qsize() > EVENT_QUEUE_SIZE / 2, "a queue that is full")
        assert client.events.qsize() <= EVENT_QUEUE_SIZE
        client.close(0.2)
        client.expect_end()
        while not isinstance(client.next(), Disconnected):
            pass


def test_a_crowd_is_cut_to_what_there_is_room_for(connect: Connect) -> None:
    with Hostile(hostile.crowd) as server:
        client = connect(server.port)
        while len(client.until(PeopleChanged).names) < MAX_PEOPLE:
            pass
    assert len(client.people) == MAX_PEOPLE


def test_ten_thousand_refusals_ask_for_one_other_name(connect: Connect) -> None:
    with Hostile(hostile.refusals) as server:
        client = connect(server.port)
        assert client.until(NameRefused).reason == "Not this one."
        server.victim.pour(f"{WELCOME}\n".encode())  # a fence
        assert client.next() == Welcomed("Ann")


def test_who_is_welcome_without_a_question_is_in(connect: Connect) -> None:
    with Hostile(hostile.welcome_without_question) as server:
        connect(server.port).until_in()


def _asks(speaker: Speaker) -> None:
    speaker.prompt()


def _refuses(speaker: Speaker) -> None:
    speaker.prompt()
    speaker.send("! No.", message.NICKNAME_PROMPT)


def _welcomes(speaker: Speaker) -> None:
    speaker.prompt()
    speaker.send(WELCOME)


def _lists_half(speaker: Speaker) -> None:
    _welcomes(speaker)
    speaker.expect("/who")
    speaker.send("[10:00:00] * 9 online: Ann,")


def _says_half(speaker: Speaker) -> None:
    speaker.let_in()
    speaker.send_bytes(b"[10:00:01] Bob: I owe you noth")


@pytest.mark.parametrize(
    ("stage", "comes_back"),
    [
        (lambda speaker: None, False),
        (_asks, False),
        (_refuses, False),
        (_welcomes, True),
        (_lists_half, True),
        (_says_half, True),
    ],
)
def test_a_reset_at_any_stage_is_a_sentence(
    server: ScriptedServer, connect: Connect, stage: Callable[[Speaker], None], comes_back: bool
) -> None:
    client = connect(server.port, reconnect=True)
    with server.accept() as speaker:
        stage(speaker)
        if comes_back:
            client.until(Welcomed)
        speaker.reset()
    while not isinstance(event := client.next(), ConnectionLost | Disconnected):
        assert "noth" not in str(event)
    assert isinstance(event, ConnectionLost) == comes_back
    assert re.match(
        "(The connection was lost|.* cannot be reached|The server closed)", event.reason
    )


# --- the terminal ------------------------------------------------------------------------------

SAYS_WHAT_IS_LEFT_OUT: dict[Attack, str] = {
    hostile.flood: "[0-9,]+ lines are left out: they came faster than they can be shown",
    hostile.siren: "[0-9,]+ lines are left out: they came faster than they can be shown",
    hostile.crowd: "The list of people has space for 100,000; others are left out",
    hostile.comings_and_goings: "[0-9,]+ lines are left out",
    hostile.long_lines: "[0-9,]+ characters are left out",
}


@pytest.mark.parametrize("attack", ATTACKS_THAT_LAST, ids=_name)
def test_under_attack_one_can_type_and_be_heard(attack: Attack) -> None:
    with (
        Hostile(attack) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann") as client,
    ):
        client.until(lambda: "online" in client.rows[-1])
        if left_out := SAYS_WHAT_IS_LEFT_OUT.get(attack):
            client.until(lambda: _has_said(client, left_out))
        for typed in ("h", "ha", "hal", "half"):
            client.press(typed[-1])
            client.shows(rf"> {typed}$")
        assert client.text.count("> half") == 1
        client.press(" a line\r")
        client.until(lambda: server.victim.has_heard("half a line"))


def _has_said(client: ChatTerminal, pattern: str) -> bool:
    """Whether it wrote this lately; a flood may have taken it off the screen already."""
    return re.search(pattern.encode(), client.output[-1_000_000:]) is not None


@pytest.mark.parametrize(
    ("attack", "most"), [(hostile.flood, 100 * MEGABYTE), (hostile.long_lines, 300 * MEGABYTE)]
)
def test_a_terminal_that_shows_nothing_makes_the_server_wait(attack: Attack, most: int) -> None:
    """Nobody reads what the client writes, as with Ctrl-S: so it writes no more, nor reads."""
    with (
        Hostile(attack) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann") as client,
    ):
        assert server.victim.is_made_to_wait.wait(SECONDS)
        assert client.memory_bytes() < most


@pytest.mark.parametrize(
    ("attack", "keys"),
    [(hostile.flood, "\x15/quit\r"), (hostile.long_lines, "\x03")],
)
def test_one_can_leave_a_flood(attack: Attack, keys: str) -> None:
    with (
        Hostile(attack) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann", script=PATIENT) as client,
    ):
        client.until(lambda: _has_said(client, "are left out"))
        client.press(keys)
        assert client.wait() == 0
        assert client.is_restored()
        assert "You left the conversation." in client.text


def test_nothing_forged_reaches_the_terminal() -> None:
    with (
        Hostile(hostile.forgeries) as server,
        ChatTerminal(
            "--port", str(server.port), "--name", "Ann", script=PATIENT, rows=60
        ) as client,
    ):
        client.shows("Bob: the end of the forgeries$")
        client.press("\x04")
        client.wait()
    written = client.output.decode()
    own = r"\x1b\[[\d;?]*[A-LPXhlmn]|\x1b\[\d q|[\r\n\b\x07]"  # moves, erases, looks, modes
    place = rf"(\(\d+(, \d+ for you)?\) )?Chat at 127\.0\.0\.1:{server.port}"
    own += rf"|\x1b\]2;({place})?\x1b\\|\x1b\[2[23];2t"  # numbers alone; kept, and brought back
    assert [each for each in re.sub(own, "", written) if not hostile.is_harmless(each)] == []
    assert not re.search(r"\x1b\[(2J|31m)", written)
    assert "evil" in written  # it did come, as plain text


def test_bytes_that_are_no_text_are_said_and_the_rest_is_shown() -> None:
    with (
        Hostile(hostile.no_text) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann") as client,
    ):
        client.shows("not UTF-8")
        client.shows("Bob: the end of the bytes$")


def test_half_a_line_at_the_end_is_not_shown() -> None:
    with (
        Hostile(hostile.half_a_line) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann", script=PATIENT) as client,
    ):
        client.shows(r"^! The server closed the connection in the middle of a line\.")
        client.shows(r"^ Ann \| reconnecting in ")
        assert "owe" not in client.output.decode()


def test_a_line_without_end_is_a_loss_with_a_sentence() -> None:
    with (
        Hostile(hostile.line_without_end) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann", script=PATIENT) as client,
    ):
        client.shows("^! The server sent 64 KiB without an end of line")
        client.shows(r"^ Ann \| reconnecting in ")


def test_a_person_whom_no_name_suits_can_still_leave() -> None:
    with (
        Hostile(hostile.refusals) as server,
        ChatTerminal("--port", str(server.port), "--name", "Ann", script=PATIENT) as client,
    ):
        client.shows("^! Not this one.$")
        client.shows("^Another name:$")
        client.press("Bob\r")
        server.victim.expect("Bob")
        client.press("\x04")
        assert client.wait() == 0


def test_a_flood_into_a_pipe_that_nobody_reads_makes_the_server_wait() -> None:
    with (
        Hostile(hostile.flood) as server,
        subprocess.Popen(
            [sys.executable, "-m", CLIENT, "--port", str(server.port), "--name", "bot"],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as client,
    ):
        try:
            assert server.victim.is_made_to_wait.wait(SECONDS)
        finally:
            client.kill()


# --- the window --------------------------------------------------------------------------------


@pytest.fixture
def open_window(desktop: Desktop) -> Iterator[Callable[[Hostile], Window]]:
    """Open the window of a client that a hostile server has let in; it is closed with the check."""
    with contextlib.ExitStack() as stack:

        def open_at(server: Hostile) -> Window:
            port = str(server.port)
            arguments = ("phase4.client_gui", "--port", port, "--name", "Ann")
            stack.enter_context(Program(*arguments, env=desktop.env))
            return desktop.window(f" on 127.0.0.1:{port}")

        yield open_at


@pytest.mark.window
def test_in_a_window_under_attack_one_can_type_and_be_heard(
    open_window: Callable[[Hostile], Window],
) -> None:
    with Hostile(hostile.flood) as server:
        open_window(server).type("half a line\n")
        wait_until(lambda: server.victim.has_heard("half a line"), "what was typed")


@pytest.mark.window
def test_nothing_forged_reaches_the_window(open_window: Callable[[Hostile], Window]) -> None:
    with Hostile(hostile.forgeries) as server:
        window = open_window(server)
        shown = window.copied(lambda text: "the end of the forgeries" in text, "the end")
        lines = shown.splitlines()
    assert "evil" in "".join(lines)  # it did come, as plain text
    assert [line for line in lines if not hostile.is_harmless(line.replace("\t", " "))] == []
    assert [line for line in lines if not re.match(r"\d\d:\d\d:\d\d  ", line)] == []


# --- what is shown of too much -----------------------------------------------------------------


def _line(number: int, text: str = "x") -> Received:
    return Received(message.Public("10:00:00", f"P{number}", text))


def test_what_can_be_shown_is_shown_in_order() -> None:
    events: list[Event] = [
        _line(0),
        PeopleChanged(("Ann",)),
        *(_line(number) for number in range(4000)),
    ]
    assert without_excess(iter(events), "Ann", "12:00:00") == events


@pytest.mark.parametrize(("text", "shown"), [("x", 500), ("x" * 10_000, 4)])
def test_of_too_much_the_newest_and_what_concerns_the_person_is_shown(
    text: str, shown: int
) -> None:
    events: list[Event] = [
        PeopleChanged(("Ann",)),
        (called := _line(0, "Ann, look")),
        *(_line(number, text) for number in range(5500)),
        Disconnected("The end."),
    ]
    first, second, left_out, *newest, last = without_excess(iter(events), "Ann", "12:00:00")
    assert [first, second, last] == [events[0], called, events[-1]]
    assert newest == events[-1 - shown : -1]
    assert isinstance(left_out, Received)
    assert f"{5500 - shown:,} lines are left out" in message.format(left_out.message)


def test_a_siren_is_cut_as_well() -> None:
    events = (_line(number, "Ann!") for number in range(5500))
    assert len(without_excess(events, "Ann", "12:00:00")) == 2 * backlog.SHOWN_OF_EXCESS_LINES + 1


@pytest.mark.parametrize(
    "shown",
    [
        message.Public("10:00:00", "Bob", "x" * 16_000),
        message.Public("10:00:00", "B" * 16_000, "x"),
        message.Private("10:00:00", "B" * 6000, "A" * 6000, "x"),
        message.Error("x" * 16_000),
    ],
)
def test_a_line_longer_than_an_honest_one_is_cut_and_says_so(shown: message.Message) -> None:
    whole = fragments(shown, "Ann", NameStyles(Colours.MANY))
    *kept, note = without_tail(whole)
    before, after = ("".join(part[1] for part in parts) for parts in (whole, kept))
    assert before.startswith(after)
    assert len(after) == MAX_SHOWN_CHARACTERS
    assert note[1] == f" ({len(before) - len(after):,} characters are left out)"
    assert without_tail(kept) == kept
