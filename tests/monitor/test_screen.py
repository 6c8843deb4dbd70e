"""The dashboard on a real terminal: what a person sees, presses, and gets back at the end."""

import re

import pytest

from shared.status import Person, Snapshot
from tests.kit.harness import free_port
from tests.kit.terminal import Terminal
from tests.monitor.on_screen import OFTEN, RARELY, age_of, dashboard, without_controls
from tests.monitor.samples import QUIET, changed, crowd
from tests.monitor.status_server import StatusServer, gives, once, sends, stalls

PATIENT = """
import sys, monitor.source
monitor.source.Source.__init__.__kwdefaults__["seconds"] = 3600.0
from monitor.__main__ import main
sys.exit(main())
"""
"""The monitor, but it waits for an answer as long as a check wants it to."""


# --- figures -------------------------------------------------------------------------------------


def test_the_figures_are_live(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.until("LIVE")
        terminal.until(r"peak 8 of 1,000 ")
        terminal.until("Alice")
        server.show(changed(people_peak=9, people=(*QUIET.people, Person("Zora"))))
        terminal.until(r"peak 9 of 1,000 ")
        terminal.until("Zora")


def test_rates_follow_the_counters(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.press("f")
        # The first reading has no rate: where the second is in the next slot, that one is empty.
        terminal.until(r"delivered +0\.0/s +300 +×*▁+ max 0\.0/s")
        server.show(changed(deliveries=QUIET.deliveries + 1000))
        terminal.until(r"delivered .* 1,300 .*█.* max [1-9][\d.,]*/s")  # that it was so, stays


def test_the_age_grows_and_nothing_else_is_written_while_nothing_changes(
    server: StatusServer,
) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("LIVE · (.|\n)*:50003 .* 30 +– +0 B +0 B")  # the last that is drawn
        before, age = len(terminal.output), age_of(terminal)
        terminal.until(lambda: age_of(terminal) > age)
        written, seconds = terminal.output[before:], age_of(terminal) - age
    # A digit or two, and the way there; not a row, not a screen.
    assert len(written) < 100 * seconds, written
    assert re.fullmatch(rb"\d+", without_controls(written))


def test_names_cannot_write_to_the_terminal(server: StatusServer) -> None:
    people = (Person("\x1b]0;owned\x07Eve", "\x9b31m\u202e"), Person("\x1b[2JMallory"))
    server.show(changed(server="\x1bcphase4", people=people))
    with dashboard(server, *RARELY) as terminal:
        terminal.until("�\\[2JMallory")
        for forged in (b"\x1b]0;owned", b"\x1bcphase4", b"\x1b[2JMallory", b"\x9b31m", b"\x07"):
            assert forged not in terminal.output


def test_wide_names_do_not_break_the_columns(server: StatusServer) -> None:
    names = ("Ann", "小明小明", "🙂🙂", "Zoe\u0308", "👨\u200d👩\u200d👧", "🇩🇪", "👍🏽")
    server.show(changed(people=tuple(Person(name, "HERE") for name in names)))
    with dashboard(server, *RARELY, rows=30) as terminal:
        terminal.until(lambda: len(re.findall("HERE", terminal.text)) == len(names))
        numbers = [n for n, row in enumerate(terminal.rows) if "HERE" in row]
        assert len({terminal.column_of(number, "HERE") for number in numbers}) == 1


# --- keys ----------------------------------------------------------------------------------------


def test_q_quits(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("LIVE")
        terminal.press("q")
        assert terminal.wait() == 0
        terminal.assert_restored()


def test_pause_stops_the_figures_and_not_the_reading(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.until("peak 8 ")
        terminal.press(" ")
        terminal.until("PAUSED")
        server.show(changed(people_peak=9))
        server.wait_for_connections(server.begun + 3)  # the new figures have been read
        terminal.press("?")  # the fence: whatever was to be drawn is drawn before the help is
        terminal.until("any key leaves it")
        terminal.press("x")
        terminal.until("peak 8 ")
        terminal.until(r"PAUSED · \d+ s old")
        terminal.press(" ")
        terminal.until("peak 9 ")
        terminal.until("LIVE")


def test_pause_waits_for_the_first_figures() -> None:
    with StatusServer(sends(b"what?\n")) as server, dashboard(server, *OFTEN) as terminal:
        terminal.until("UNREADABLE")
        terminal.press(" ")
        server.show(QUIET)
        terminal.until("LIVE")


def test_help_comes_and_goes(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("Alice")
        terminal.press("?")
        terminal.until("pause: the figures stand still")
        terminal.until(lambda: "Alice" not in terminal.text)
        terminal.press("\x1b")
        terminal.until("Alice")


def test_a_shorter_interval_counts_at_once(server: StatusServer) -> None:
    with dashboard(server, "--interval", "3600") as terminal:
        terminal.until("every 3600 s")
        terminal.press("-" * 4)
        terminal.until("every 10 s")
        terminal.press("-" * 4)
        terminal.until("every 0.5 s")
        server.wait_for_connections(2)
        terminal.press("+")
        terminal.until("every 1 s")


def test_arrows_and_pages_scroll_the_people(server: StatusServer) -> None:
    server.show(changed(people=crowd(50)))
    with dashboard(server, *RARELY) as terminal:
        terminal.until("people 1 to 6 of 50")
        terminal.press("\x1bOB")
        terminal.until("people 2 to 7 of 50")
        terminal.until(lambda: "Guest0000" not in terminal.text)
        terminal.press("\x1b[6~")
        terminal.until("people 8 to 13 of 50")
        terminal.press("\x1b[5~")
        terminal.until("people 2 to 7 of 50")
        terminal.press("\x1bOA\x1bOA")
        terminal.until("people 1 to 6 of 50")
        terminal.press("\x1b[4~")
        terminal.until("Guest0049")
        terminal.press("\x1b[1~")
        terminal.until("Guest0000")


def test_s_sorts_the_people(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("3 people, by name")
        terminal.press("s")
        terminal.until("3 people, by since")
        terminal.until("bob(.|\n)*Alice")


def test_the_filter_counts_letter_by_letter_and_escape_clears_it(server: StatusServer) -> None:
    server.show(changed(people=(*QUIET.people, Person("Quincy"), Person("Zoë")), people_now=5))
    with dashboard(server, *RARELY) as terminal:
        terminal.until("5 people, by name")
        terminal.press("/q")  # a letter now, and not the end
        terminal.until("1 of 5 people with 'q', by name")
        terminal.until(lambda: "Quincy" in terminal.text and "Alice" not in terminal.text)
        terminal.until(lambda: terminal.rows[-1].startswith(" /q  Enter keep  Esc clear"))
        terminal.press("\x7fO")
        terminal.until("2 of 5 people with 'O'")
        terminal.press("Ë")
        terminal.until("1 of 5 people with 'OË'")
        terminal.press("\r")
        terminal.until(lambda: terminal.rows[-1].startswith(" q quit"))
        terminal.press("?")
        terminal.until("any key leaves it")
        terminal.press("x")
        terminal.until("1 of 5 people with 'OË'")
        terminal.press("/\x7f\x7f小")
        terminal.until("1 of 5 people with '小'")
        terminal.press("\x1b")
        terminal.until("5 people, by name")
        terminal.press("/q\x03")
        assert terminal.wait() == 0
        terminal.assert_restored()


def test_what_a_locale_cannot_type_is_no_fault(server: StatusServer) -> None:
    with dashboard(server, *RARELY, env={"LC_ALL": "C"}) as terminal:
        terminal.until("3 people, by name")
        terminal.press("/ëb\r")
        terminal.until("people with .*b'")
        terminal.press("q")
        assert terminal.wait() == 0


def test_e_and_f_lead_to_what_happened_and_to_the_figures_and_back(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:
        terminal.until("LIVE")
        server.show(changed(people=QUIET.people[:2], people_now=2))
        terminal.until(lambda: "小明 left" in terminal.rows[1])
        terminal.press("e")
        terminal.until(r"what happened ─+\n \d\d:\d\d:\d\d  小明 left")
        terminal.press("f")
        terminal.until(r"memory +– ")
        terminal.press("f")
        terminal.until("2 people, by name")


def test_ctrl_l_draws_all_anew(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("q quit")
        before = len(terminal.output)
        terminal.press("\x0c")
        terminal.until(lambda: b"quit" in terminal.output[before:])


def test_a_key_works_while_the_server_stalls(server: StatusServer) -> None:
    with Terminal("-c", PATIENT, "--status", server.address, *RARELY) as terminal:
        terminal.until("LIVE")
        server.script = stalls(b'{"chat_status": 1')
        begun, ended = server.begun, server.ended
        terminal.press("-")
        terminal.until("every 300 s")
        terminal.press("-" * 8)
        server.wait_for_connections(begun + 1)
        terminal.press("?")
        terminal.until("pause: the figures stand still")
        assert server.ended == ended  # it still stalls: the help did not come after it
        terminal.press("xq")
        assert terminal.wait() == 0  # and so did not the end
        terminal.assert_restored()


# --- the truth about the server ------------------------------------------------------------------


def test_a_server_that_goes_and_returns() -> None:
    port = free_port()
    with StatusServer(QUIET, port=port) as server, dashboard(server, *OFTEN) as terminal:
        terminal.until("peak 8 ")
        server.__exit__(None, None, None)
        terminal.until(r"GONE \d+ s · \d+ s old")
        terminal.until(r"Gone since \d\d:\d\d:\d\d: Nothing listens there")
        assert "peak 8 " in terminal.text
        with StatusServer(changed(people_peak=9), port=port):
            terminal.until("LIVE")
            terminal.until("peak 9 ")
            terminal.until(r"the server is back after \d+ s")
            terminal.until("people +[█ ]*×")  # the gap stays in the chart
            terminal.until(lambda: "Gone since" not in terminal.text)
            assert "restarted" not in terminal.text


def test_a_server_that_was_not_there_yet_is_picked_up() -> None:
    port = free_port()
    with Terminal("-m", "monitor", "--status", f"127.0.0.1:{port}", *OFTEN) as terminal:
        terminal.until("Gone since .*Nothing listens there")
        with StatusServer(QUIET, port=port):
            terminal.until("LIVE")


def test_a_restart_is_said_and_gives_no_negative_rates(server: StatusServer) -> None:
    with dashboard(server, *OFTEN) as terminal:

        def shows(pattern: str) -> bool:
            assert not re.search(r"-\d", terminal.text)
            return re.search(pattern, terminal.text) is not None

        terminal.until(lambda: shows(r"delivered +0\.0/s"))
        new = Snapshot(pid=1, started=1_800_000_000.0, people_peak=1)
        server.script = once(server, gives(new), stalls())  # so that it is seen before the next
        terminal.until(lambda: shows("The server was restarted"))
        terminal.until(lambda: shows("peak 1 "))
        terminal.until(lambda: shows(r"delivered +– "))
        server.show(new)
        terminal.until(lambda: shows(r"delivered +0\.0/s"))


def test_what_is_no_status_port_is_said(server: StatusServer) -> None:
    with dashboard(server, *OFTEN, columns=150) as terminal:
        for answer, words in (
            (b"* Enter your nickname:\n", "not JSON: this is not a status port"),
            (b'{"chat_status": 2}\n', r"version 2; this reads 1\. This program is too old\."),
            (b'{"chat_status": 0}\n', r"version 0; this reads 1\. The server is too old\."),
            (b"", "hung up without an answer"),
        ):
            server.script = sends(answer)
            terminal.until(words)


# --- sizes ---------------------------------------------------------------------------------------


def test_it_follows_the_size_of_the_terminal(server: StatusServer) -> None:
    with dashboard(server, *RARELY) as terminal:
        terminal.until("in detail")
        terminal.resize(40, 10)
        terminal.until(lambda: terminal.rows[-1].startswith(" q quit") and len(terminal.rows) == 10)
        terminal.until(r"people +3 +peak 8")
        terminal.until(lambda: "in detail" not in terminal.text)
        terminal.resize(20, 3)
        terminal.until(lambda: terminal.rows[0].startswith("3 people"))
        terminal.resize(9, 1)
        terminal.until(lambda: terminal.rows == ["3 people"])
        terminal.resize(300, 80)
        terminal.until("what happened")
        terminal.until(lambda: terminal.rows[79].startswith(" q quit"))


@pytest.mark.parametrize(("columns", "rows"), [(20, 3), (1, 1)])
def test_it_starts_in_a_tiny_terminal_and_keys_work(
    server: StatusServer, columns: int, rows: int
) -> None:
    with dashboard(server, *RARELY, columns=columns, rows=rows) as terminal:
        terminal.until(lambda: b"3" in without_controls(terminal.output))
        terminal.press("q")
        assert terminal.wait() == 0
