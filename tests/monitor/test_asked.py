"""The terminal is asked for its background, in time or late, and its mouse and bell are used."""

import signal

import pytest

from shared.status import Person
from tests.kit.terminal import Terminal
from tests.monitor.on_screen import OFTEN, RARELY, dashboard
from tests.monitor.samples import QUIET, changed, crowd
from tests.monitor.status_server import StatusServer

ASKED = b"\x1b]11;?\x1b\\\x1b[c"
WHITE, BLACK = (f"\x1b]11;rgb:{part}/{part}/{part}\x1b\\" for part in ("ffff", "0000"))
ATTRIBUTES = "\x1b[?62;22c"
LIGHT_PEOPLE, DARK_PEOPLE = b"38;5;25", b"38;5;81"  # the colours of the figure


def asked(server: StatusServer, *arguments: str, **options: object) -> Terminal:
    """The monitor on a terminal that it has asked, and that has not answered yet."""
    terminal = dashboard(server, "--background", "auto", *RARELY, *arguments, **options)
    terminal.until(lambda: ASKED in terminal.output)
    return terminal


@pytest.mark.parametrize(
    ("answer", "used", "other"),
    [(WHITE, LIGHT_PEOPLE, DARK_PEOPLE), (BLACK, DARK_PEOPLE, LIGHT_PEOPLE)],
)
def test_the_colours_are_those_for_the_background_that_the_terminal_tells(
    server: StatusServer, answer: str, used: bytes, other: bytes
) -> None:
    with asked(server) as terminal:
        terminal.press(answer + ATTRIBUTES)
        terminal.until("LIVE(.|\n)*q quit")
        terminal.until(lambda: used in terminal.output)  # on a busy machine it may come late
    assert other not in terminal.output


@pytest.mark.parametrize(("known", "used"), [("light", LIGHT_PEOPLE), ("dark", DARK_PEOPLE)])
def test_an_option_says_it_and_then_nobody_is_asked(
    server: StatusServer, known: str, used: bytes
) -> None:
    with dashboard(server, "--background", known, *RARELY) as terminal:
        terminal.until("LIVE(.|\n)*q quit")
    assert used in terminal.output
    assert b"]11;?" not in terminal.output


def test_a_terminal_that_answers_nothing_gets_figures_in_its_own_colour(
    server: StatusServer,
) -> None:
    with asked(server) as terminal:
        terminal.until("LIVE(.|\n)*q quit")
    assert LIGHT_PEOPLE not in terminal.output
    assert DARK_PEOPLE not in terminal.output


@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "vt100"}, {"TERM": "linux"}])
def test_nobody_is_asked_where_the_answer_is_of_no_use(
    server: StatusServer, env: dict[str, str]
) -> None:
    with dashboard(server, "--background", "auto", *RARELY, env=env) as terminal:
        terminal.until("LIVE(.|\n)*q quit")
    assert b"]11;?" not in terminal.output


def test_keys_that_are_typed_before_the_answer_are_not_lost(server: StatusServer) -> None:
    with asked(server) as terminal:
        terminal.press("s" + WHITE + "s" + ATTRIBUTES)
        terminal.until("3 people, by messages")


def test_a_signal_while_the_terminal_is_asked_leaves_it_as_it_was(server: StatusServer) -> None:
    with asked(server) as terminal:
        terminal.signal(signal.SIGTERM)
        terminal.wait()
        assert terminal.has_its_settings
        assert b"Traceback" not in terminal.output


def test_an_answer_that_comes_late_is_taken_and_is_no_key(server: StatusServer) -> None:
    with asked(server) as terminal:
        terminal.until("LIVE(.|\n)*q quit")
        assert LIGHT_PEOPLE not in terminal.output
        terminal.press("\x1b]11;rgb:fefe/f6f6/eeee\x1b\\" + ATTRIBUTES)  # e and f are keys
        terminal.until(lambda: LIGHT_PEOPLE in terminal.output)
        terminal.press("?")  # the fence
        terminal.until("any key leaves it")
        terminal.press("x")
        terminal.until("3 people, by name")


# --- the mouse -----------------------------------------------------------------------------------


def mouse(button: int, column: int, row: int) -> str:
    """What the terminal sends: xterm's control sequences, "Mouse Tracking", X11 protocol."""
    return "\x1b[M" + "".join(chr(32 + each) for each in (button, column + 1, row + 1))


def click(terminal: Terminal, word: str) -> None:
    """Press and release the left button on a word."""
    row = next(number for number, text in enumerate(terminal.rows) if word in text)
    column = terminal.column_of(row, word)
    terminal.press(mouse(0, column, row) + mouse(3, column, row))


def test_the_wheel_scrolls_and_a_click_sorts_presses_and_opens(server: StatusServer) -> None:
    server.show(changed(people=crowd(50), people_now=50))
    with dashboard(server, *RARELY) as terminal:
        terminal.until("people 1 to 6 of 50")
        terminal.press(mouse(65, 10, 18))
        terminal.until("people 4 to 9 of 50")
        terminal.press(mouse(64, 10, 18))
        terminal.until("people 1 to 6 of 50")
        click(terminal, "messages  messages/s")
        terminal.until("by messages ─")
        terminal.until("Guest0049")
        click(terminal, "f figures")
        terminal.until("log waiting")
        click(terminal, "the last 30 s")
        terminal.until("the last hour")
        click(terminal, "q quit")
        assert terminal.wait() == 0
        terminal.assert_restored()
    assert terminal.output.rfind(b"\x1b[?1000l") > terminal.output.rfind(b"\x1b[?1000h") > 0


def test_a_click_types_no_letter_into_the_filter(server: StatusServer) -> None:
    server.show(changed(people=crowd(50), people_now=50))
    with dashboard(server, *RARELY) as terminal:
        terminal.until("people 1 to 6 of 50")
        terminal.press("/Guest004")
        terminal.until("10 of 50 people with 'Guest004'")
        click(terminal, "30 s")  # as the key t
        terminal.press("9")
        terminal.until("1 of 50 people with 'Guest0049'")


# --- the alarm -----------------------------------------------------------------------------------


def test_the_bell_rings_once_when_somebody_is_cut_off_and_the_bar_says_so(
    server: StatusServer,
) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.until("LIVE")
        assert b"\x07" not in terminal.output
        server.show(changed(slow_disconnected=1))
        terminal.until(r"ALARM(.|\n)*: 1 disconnected: too slow\.")
        server.wait_for_connections(server.begun + 3)
        terminal.press("?")  # the fence
        terminal.until("any key leaves it")
    assert terminal.output.count(b"\x07") == 1


def test_the_bell_rings_when_the_server_goes_and_no_bell_keeps_silent() -> None:
    for arguments, bells in (((), 1), (("--no-bell",), 0)):
        with StatusServer(QUIET) as server:
            terminal = dashboard(server, *OFTEN, *arguments)
            terminal.until("LIVE")
        with terminal:
            terminal.until("Gone since ")
            terminal.until(r"GONE [1-9] s")
        assert terminal.output.count(b"\x07") == bells


def test_names_ring_no_bell(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.until("LIVE")
        server.show(changed(people=(Person("\x07Eve"),), people_now=1))
        terminal.until("Eve joined")
    assert b"\x07" not in terminal.output
