"""The server's window: its process, its parts on a real screen, and as a person uses it."""

import os
import re
import signal
import socket
import sys
import threading
import tkinter as tk
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pytest

from phase4.server_gui import app as app_module
from phase4.server_gui import process as process_module
from phase4.server_gui.app import BATCH_LINES, BROKEN, KILLED, App, State
from phase4.server_gui.feed import MAX_WAITING_LINES, Feed
from phase4.server_gui.form import Wanted
from phase4.server_gui.page import PRIVATE
from phase4.server_gui.people_table import PeopleTable
from phase4.server_gui.process import Ended, ServerProcess, Stray
from phase4.server_gui.reports import (
    Answer,
    News,
    Report,
    Started,
    Stopped,
    format_report,
    parse_report,
)
from phase4.widgets.theme import Theme
from shared.listener import open_listener
from shared.message import DISCONNECTED_BY_OPERATOR
from shared.status import Person as Online
from shared.status import Snapshot
from tests.kit.chat import NO_MEMORY, PROMPT, TIME, Person
from tests.kit.desktop import MODULES, Desktop, Window, WindowProgram
from tests.kit.harness import SECONDS, STOPS, Peer, Program, run, wait_until
from tests.kit.windows import see

LAST_WORDS = f"! {DISCONNECTED_BY_OPERATOR}\n".encode()
YES = ("Right", "Return")
"""The keys that answer a question with its second answer: the first one changes nothing."""
QUIET = ("--flood-rate", "0", *NO_MEMORY)


def join(port: int, name: str, *, receive_buffer_bytes: int = 0) -> Person:
    """Somebody who has joined under this name."""
    person = Person("127.0.0.1", port, receive_buffer_bytes=receive_buffer_bytes)
    person.expect(PROMPT)
    person.send(name)
    person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
    return person


# --- the process ------------------------------------------------------------------------------


class Child(Program):
    """The server's process, with this check in the place of the window."""

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        super().__init__(
            "phase4.server_gui.child",
            *("--port", "0", "--status-port", "0", "--log-dir", str(logs), *QUIET),
        )
        self.port = int(self.expect(r'"Started".*:(\d+)"')[1])

    def reports(self) -> list[Report | None]:
        """All that it told."""
        return [parse_report(line.encode()) for line in self.rest_of_output()]

    def disconnect(self, name: str) -> str:
        """Disconnect somebody; the answer."""
        self.type(f"/kick {name}\n")
        return self.expect(r'"Answer": {"text": "(.*)", "is_refused"')[1]


@pytest.fixture
def child(tmp_path: Path) -> Iterator[Child]:
    """A server's process, listening."""
    with Child(tmp_path / "logs") as process:
        yield process


def test_who_is_disconnected_reads_all_then_why_then_the_end(child: Child) -> None:
    with join(child.port, "Alice") as alice, join(child.port, "Bob") as bob:
        alice.hear("* Bob joined")
        alice.send(*[f"line {number}" for number in range(50)], "/pm Alice fence")
        alice.hear("Alice -> Alice: fence")
        assert child.disconnect("BOB") == "BOB was disconnected."
        for number in range(50):
            bob.hear(f"Alice: line {number}")
        assert bob.read_bytes_until_end() == LAST_WORDS
        alice.hear("* Bob left (disconnected by the operator)")
        entries = (child.logs / "connections.txt").read_text().splitlines()
        assert entries[-1].endswith(" Bob left (disconnected by the operator)")
        assert child.disconnect("Bob").startswith("Bob was not here any more")
        with join(child.port, "Bob"):  # the name is free at once
            alice.hear("* Bob joined")


def test_what_somebody_says_while_being_disconnected_resets_nothing(child: Child) -> None:
    with join(child.port, "Alice") as alice, join(child.port, "Bob") as bob:
        alice.hear("* Bob joined")
        child.disconnect("Bob")
        alice.hear("* Bob left (disconnected by the operator)")
        bob.send("I was just saying", "this and that")
        assert bob.read_bytes_until_end() == LAST_WORDS  # a reset would raise
        alice.fence()  # nobody hears any of it


def test_who_is_behind_and_speaks_while_being_disconnected_reads_all(child: Child) -> None:
    lines = [f"{number:04} {'x' * 1000}" for number in range(100)]
    with (
        join(child.port, "Alice") as alice,
        join(child.port, "Bob", receive_buffer_bytes=16 * 1024) as bob,
    ):
        alice.hear("* Bob joined")
        alice.send(*lines, "/pm Alice fence")
        alice.hear("Alice -> Alice: fence")
        child.disconnect("Bob")
        alice.hear("* Bob left (disconnected by the operator)")
        bob.send("I was just saying")  # a reset would drop what still waits for him
        heard = bob.read_bytes_until_end().decode().splitlines(keepends=True)
    assert [line.partition(": ")[2].strip() for line in heard[:-1]] == lines
    assert heard[-1].encode() == LAST_WORDS


def test_who_stays_and_is_silent_or_does_not_read_is_hung_up_on(child: Child) -> None:
    child.disconnect("Nobody")  # once it answers, all of its own threads run
    threads = child.expect(r'"threads": (\d+)')[1]
    with (
        join(child.port, "Silent") as silent,
        join(child.port, "Stuck", receive_buffer_bytes=4096),
        join(child.port, "Alice") as alice,
    ):
        silent.hear("* Stuck joined")
        silent.hear("* Alice joined")
        alice.send(*["x" * 4000] * 200)  # below what an outbox holds, over what the kernel does
        child.disconnect("Silent")
        child.disconnect("Stuck")
        alice.hear("* Silent left (disconnected by the operator)")
        alice.hear("* Stuck left (disconnected by the operator)")
        assert silent.read_bytes_until_end().endswith(LAST_WORDS)
        alice.send("/quit")
        child.expect(rf'"threads": {threads}\b')  # each connection has one


def test_the_end_of_its_input_stops_it_in_order(child: Child) -> None:
    with join(child.port, "Alice") as alice:
        child.end_of_input()
        alice.hear("* The server is stopping.")
        alice.expect_end()
    assert child.wait() == 0
    assert child.reports()[-1] == Stopped(is_broken=False)


def test_it_tells_what_is_public_and_nothing_that_is_private(child: Child) -> None:
    with join(child.port, "Alice") as alice, join(child.port, "Bob") as bob:
        bob.send("/pm Alice a secret", "said to all")
        alice.hear("* Bob joined")
        alice.hear("Bob -> Alice: a secret")
        alice.hear("Bob: said to all")
    child.expect("Bob: said to all")
    child.end_of_input()
    text = "\n".join(child.rest_of_output())
    assert "* Alice joined from 127.0.0.1:" in text
    assert "secret" not in text


def read_reports(descriptor: int) -> list[Report | None]:
    with open(descriptor, "rb") as pipe:
        return [parse_report(line) for line in pipe]


def test_a_window_that_does_not_read_makes_nobody_wait_and_is_told_what_it_missed() -> None:
    reading_end, writing_end = os.pipe()
    feed = Feed(writing_end)
    told = 0
    while not feed.dropped:  # the pipe is full, and then the list
        feed.append([b"2026-11-21T14:03:05+01:00 Bob: %d\n" % n for n in range(told, told + 1000)])
        told += 1000
    feed.report(Answer("after all that"))
    got: list[Report | None] = []
    reader = threading.Thread(target=lambda: got.extend(read_reports(reading_end)))
    reader.start()
    feed.close()
    os.close(writing_end)
    reader.join(10)
    news = [each for each in got if isinstance(each, News)]
    assert news[-1].lines[-1] == f"[14:03:05] Bob: {told - 1}"
    assert max(len(each.lines) for each in news) <= MAX_WAITING_LINES
    assert sum(each.left_out for each in news) == feed.dropped
    assert sum(len(each.lines) + each.left_out for each in news) == told
    assert got[-1] == Answer("after all that")


@pytest.mark.parametrize(
    "report",
    [Started("[::1]:5"), News(("[14:03:05] Анна: hi 🥶",), 3), Stopped(True), Snapshot(pid=5)],
    ids=lambda each: type(each).__name__,
)
def test_a_report_reads_as_it_was_written(report: Report) -> None:
    assert parse_report(format_report(report)) == report


@pytest.mark.parametrize("line", [b"Traceback:", b"[]", b"1", b"{}", b'{"News": 1}', b'{"X": {}}'])
def test_what_is_no_report_is_none_and_raises_nothing(line: bytes) -> None:
    assert parse_report(line) is None


# --- the window's parts, in this process ----------------------------------------------------------


@pytest.fixture
def open_app(root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]) -> Callable[..., App]:
    """Put a window up; its server, if one runs at the end, is ended with it."""

    def build(*, port: int = 0, logs: Path | None = None, command: Sequence[str] = ()) -> App:
        options = ("--log-dir", str(logs or tmp_path / "logs"), *QUIET)

        def new_process(arguments: Sequence[str]) -> ServerProcess:
            return ServerProcess([], command) if command else ServerProcess(arguments)

        fields = {"host": "127.0.0.1", "port": str(port), "status_port": "0"}
        return put_up(App(root, Wanted(fields, options), "light", lambda: False, new_process))

    return build


def port_of(app: App) -> int:
    """Where its server listens; waits until it does."""
    see(app.root, lambda: app.state is State.RUNNING, "a running server")
    found = re.search(r":(\d+) – \d+ online", app.root.title())
    assert found
    return int(found[1])


def bar(app: App) -> str:
    """What the bar says; nothing where it is hidden."""
    return str(app.page.bar.cget("text")) if app.page.bar.winfo_ismapped() else ""


@pytest.mark.window
def test_a_window_that_appears_has_the_keyboard_already(open_app: Callable[..., App]) -> None:
    """Keys that are pressed as soon as it can be seen are not lost."""
    app = open_app()
    app.appear()
    assert app.root.winfo_ismapped()
    assert app.root.focus_lastfor() is app.page.start_button


@pytest.mark.window
def test_a_port_in_use_is_a_sentence_and_another_can_be_given(open_app: Callable[..., App]) -> None:
    with open_listener("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        app = open_app(port=port)
        app.start()
        see(app.root, lambda: bar(app), "the sentence")
        assert bar(app) == (
            f"Port {port} on 127.0.0.1 is in use: another program listens there. "
            "Stop it, or choose another port."
        )
        assert app.state is State.STOPPED
        field = app.page.fields["port"]
        see(app.root, lambda: app.root.focus_get() is field, "the field to mend")
        app.page.fill({"port": "0", "status_port": str(port)})
        app.start()
        see(app.root, lambda: bar(app), "the sentence about the other port")
        assert app.root.focus_get() is app.page.fields["status_port"]
        app.page.fill({"status_port": "0"})
        app.start()
        with join(port_of(app), "Alice"):
            assert not bar(app)


@pytest.mark.window
def test_logs_that_cannot_be_written_are_a_sentence(
    open_app: Callable[..., App], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    app = open_app(logs=tmp_path / "file")
    app.start()
    see(app.root, lambda: bar(app), "the sentence")
    assert bar(app).startswith(f"The logs cannot be written to {tmp_path / 'file'}")


@pytest.mark.window
def test_fields_that_cannot_be_right_start_nothing_and_say_why(
    open_app: Callable[..., App],
) -> None:
    app = open_app()
    for field, value, sentence in (
        ("host", "", "Which address"),
        ("port", "65536", "A port is a number"),
        ("status_port", "-1", "A port is a number"),
        ("port", "８０", "A port is a number"),
    ):
        app.page.fill({"host": "127.0.0.1", "port": "0", "status_port": "0", field: value})
        app.start()
        app.root.update()
        assert bar(app).startswith(sentence)
        assert app.state is State.STOPPED
        assert app.root.focus_get() is app.page.fields[field]
    app.page.fill({"host": "no such host.invalid", "port": "0"})
    app.start()
    see(app.root, lambda: "no such host" in bar(app), "the sentence from the server")
    assert app.root.focus_get() is app.page.fields["host"]


@pytest.mark.window
def test_people_and_figures_are_shown_as_they_are_and_the_log_without_what_is_private(
    open_app: Callable[..., App],
) -> None:
    app = open_app()
    app.start()
    page, port = app.page, port_of(app)
    with join(port, "Bob") as bob, join(port, "Alice") as alice:
        see(app.root, lambda: page.people.names() == ("Alice", "Bob"), "both, by their names")
        bob.send("hello", "/pm Alice a secret", "/nick Zoe")
        for heard in ("Bob: hello", "Bob -> Alice: a secret", "* Bob is now Zoe"):
            alice.hear(heard)
        see(app.root, lambda: page.people.names() == ("Alice", "Zoe"), "the new name")
        row = page.people.tree.item(page.people.tree.get_children()[1], "values")
        assert row[1] == f"127.0.0.1:{bob.socket.getsockname()[1]}"
        assert re.fullmatch(r"\d\d:\d\d:\d\d", row[2])
        see(app.root, lambda: "Bob is now Zoe" in page.log.shown(), "the log")
        assert re.search(r"^\d\d:\d\d:\d\d  Bob  hello$", page.log.shown(), re.MULTILINE)
        see(app.root, lambda: page.counts.shown()["Private"] == "1", "the figures")
        assert page.counts.shown()["Public"] == "1"
        assert page.counts.shown()["Online"] == "2"
        assert "2 online" in app.root.title()
    see(app.root, lambda: page.people.names() == (), "that both are gone")
    app.stop()
    assert app.state is State.STOPPING  # stop() has not waited for it
    see(app.root, lambda: app.state is State.STOPPED, "the end")
    assert "The server is stopping." in page.log.shown()
    assert "secret" not in page.log.shown()
    assert "Private messages are never shown" in PRIVATE
    assert page.counts.shown()["Most at once"] == "2"  # what was stays to be read


@pytest.mark.window
def test_it_starts_again_after_a_stop_and_after_a_server_that_was_killed(
    open_app: Callable[..., App],
) -> None:
    app = open_app()
    for _ in range(2):
        app.start()
        with join(port_of(app), "Alice") as alice:
            app.stop_at_once()
            see(app.root, lambda: app.state is State.STOPPED, "the end")
            alice.hear("* The server is stopping.")
        assert not bar(app)
    app.start()
    port_of(app)
    vars(app)["_process"].kill()
    see(app.root, lambda: "ended by itself (by signal 9)" in bar(app), "the sentence")
    app.start()
    port_of(app)
    assert not bar(app)


BREAK = """
import sys
from phase4.server.outbox import FanOut
from phase4.server_gui import child
def tick(self):
    if self._listening:
        raise ValueError('a bug')
FanOut._tick = tick
sys.modules['phase4.server.outbox']._TICK_SECONDS = 0.05
sys.exit(child.main(['--port', '0', '--status-port', '0', '--log-dir', sys.argv[1]]))
"""


@pytest.mark.window
def test_a_server_whose_writing_thread_broke_says_so(
    open_app: Callable[..., App], tmp_path: Path
) -> None:
    app = open_app(command=[sys.executable, "-c", BREAK, str(tmp_path)])
    app.start()
    with Peer("127.0.0.1", port_of(app)) as peer:
        peer.expect(PROMPT)
        peer.send("Alice")
        see(app.root, lambda: bar(app) == BROKEN, "the sentence")
    assert app.state is State.STOPPED
    assert "stopped the writing thread: ValueError('a bug')" in app.page.log.shown()


HANG = """
import sys, time
print('{"Started": {"address": "127.0.0.1:1"}}', flush=True)
print('a word of its own', file=sys.stderr, flush=True)
time.sleep(60)
"""


@pytest.mark.window
def test_a_server_that_does_not_stop_is_ended_and_the_window_lives_meanwhile(
    open_app: Callable[..., App], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "STOP_SECONDS", 0.5)
    app = open_app(command=[sys.executable, "-c", HANG])
    app.start()
    see(app.root, lambda: app.state is State.RUNNING, "the start")
    app.stop()
    beats: list[int] = []

    def beat() -> None:
        beats.append(1)
        app.root.after(10, beat)

    beat()
    see(app.root, lambda: app.state is State.STOPPED, "the end")
    assert len(beats) > 5  # Tk's loop went on
    assert bar(app) == KILLED
    see(app.root, lambda: "a word of its own" in app.page.log.shown(), "what it had printed")


GARBAGE = """
import os, sys
for pipe in 1, 2:
    os.write(pipe, b'[' * 100_000 + b'\\n' + bytes(range(256)) * 100 + b'{"Started": 5}\\n')
os.write(1, b'x' * 1_000_000)
sys.stdin.read()
"""


def test_whatever_the_process_prints_its_end_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON that is a trap, bytes that are no text, and a line that does not end."""
    monkeypatch.setattr(process_module, "_MAX_LINE_BYTES", 200_000)
    process = ServerProcess([], [sys.executable, "-c", GARBAGE])
    process.start()
    try:
        while process.events.get(timeout=SECONDS) != Stray("x" * 4096):
            pass
        process.stop()
        while (event := process.events.get(timeout=SECONDS)) != Ended(0):
            assert isinstance(event, Stray)
    finally:
        process.kill()
        process.leave()


def crowd(count: int, messages: int) -> list[Online]:
    return [Online(f"P{n:04}", f"10.0.0.1:{n}", 1.0, messages + n, n) for n in range(count)]


@pytest.mark.window
def test_a_thousand_rows_change_in_bounded_steps_and_nothing_jumps(root: tk.Tk) -> None:
    table = PeopleTable(root, Theme(root, "light"), lambda: None)
    table.pack(fill="both", expand=True)
    table.show(crowd(1000, 0))
    steps = 1
    while table.draw_some(100):
        steps += 1
    assert steps == 10
    see(root, table.winfo_viewable, "the table")
    tree = table.tree
    tree.yview_moveto(0.5)
    chosen = tree.get_children()[510]
    tree.selection_set(chosen)
    top = tree.identify_row(60)
    newcomers = [Online(f"A{n:03}", f"10.0.0.2:{n}", 2.0) for n in range(50)]  # all above
    table.show([*crowd(1000, 7)[20:], *newcomers])
    while table.draw_some(100):
        pass
    root.update()
    assert tree.identify_row(60) == top
    assert tree.selection() == (chosen,)
    assert table.selected() == "P0510"
    assert tree.item(chosen, "values")[3] == "517"
    assert list(table.names()) == sorted(table.names())
    assert len(tree.get_children()) == 1030


@pytest.mark.window
def test_a_flood_is_drawn_in_bounded_steps_and_what_is_left_out_is_told(
    open_app: Callable[..., App],
) -> None:
    app = open_app()
    draw = vars(App)["_draw"]
    vars(App)["_handle"](app, News(tuple(f"[14:03:05] Bob: {n}" for n in range(6000)), 1000))
    draw(app)
    shown = app.page.log.shown().splitlines()
    assert len(shown) == BATCH_LINES + 1
    assert "2,000 lines came faster than they can be shown" in shown[0]
    while draw(app):
        pass
    assert app.page.log.shown().splitlines()[-1].endswith("Bob  5999")


@pytest.mark.window
def test_everything_is_reached_with_the_keyboard(root: tk.Tk, open_app: Callable[..., App]) -> None:
    app = open_app()
    root.update()
    page = app.page
    widget: tk.Misc | None = page.fields["host"]
    reached: list[tk.Misc] = []
    while widget is not None and widget not in reached:
        reached.append(widget)
        widget = widget.tk_focusNext()
    parts = [*page.fields.values(), page.start_button, page.people.tree, page.log.text]
    assert [each for each in reached if each in parts] == parts
    before = app.theme.name
    page.log.text.focus_force()
    root.update()
    page.log.text.event_generate("<F2>")
    assert app.theme.name != before
    page.log.text.event_generate("<Alt-p>")
    root.update()
    assert root.focus_get() is page.fields["port"]


# --- the window, as a person uses it --------------------------------------------------------------


class ServerWindow(WindowProgram):
    """The program, with its window."""

    def __init__(self, desktop: Desktop, logs: Path, *arguments: str) -> None:
        options = ("--port", "0", "--status-port", "0", "--log-dir", str(logs))
        super().__init__(desktop, "phase4.server_gui", *options, *QUIET, *arguments)
        self.logs = logs

    def window(self, title: str = "Chat server|Running on 127") -> Window:
        """Its window, whatever it is called now."""
        return super().window(title)

    def port(self, window: Window) -> int:
        """Where its server listens; waits until it does."""
        window.expect_title("Running on 127.0.0.1:")
        found = re.search(r":(\d+) – ", window.title)
        assert found
        return int(found[1])

    def log_shows(self, window: Window, text: str) -> str:
        """Wait until the log holds `text`; the whole log."""
        return window.copied(lambda log: text in log, f"{text!r} in the log")


@pytest.mark.window
def test_start_watch_disconnect_stop_and_start_again_by_keyboard(
    desktop: Desktop, tmp_path: Path
) -> None:
    with ServerWindow(desktop, tmp_path / "logs") as server, ExitStack() as people:
        window = server.window()
        window.expect_title("Stopped")
        window.key("Return")  # the button has the keyboard
        port = server.port(window)
        alice, bob = (people.enter_context(join(port, name)) for name in ("Alice", "Bob"))
        alice.hear("* Bob joined")
        window.expect_title("2 online")
        bob.send("/pm Alice a secret", "hello")
        alice.hear("Bob -> Alice: a secret")
        alice.hear("Bob: hello")
        assert "secret" not in server.log_shows(window, "Bob  hello")
        window.key("b", "Delete", *YES)  # letters lead to a name
        bob.hear("Bob -> Alice: a secret")
        assert bob.read_bytes_until_end() == LAST_WORDS
        alice.hear("* Bob left (disconnected by the operator)")
        server.log_shows(window, "Bob left (disconnected by the operator)")
        window.expect_title("1 online")
        window.key("alt+o", *YES)
        alice.hear("* The server is stopping.")
        alice.expect_end()
        window.expect_title("Stopped")
        window.key("F5")
        with join(server.port(window), "Alice") as alice:
            window.expect_title("1 online")
            window.key("alt+F4", *YES)  # closed with somebody inside
            alice.hear("* The server is stopping.")
            alice.expect_end()
        assert server.wait() == 0
        assert server.rest_of_output() == []


@pytest.mark.window
@pytest.mark.parametrize("number", STOPS)
def test_a_signal_stops_the_server_and_closes_the_window_in_order(
    desktop: Desktop, tmp_path: Path, number: signal.Signals
) -> None:
    with ServerWindow(desktop, tmp_path, "--start") as server:
        with join(server.port(server.window()), "Alice") as alice:
            server.signal(number)
            alice.hear("* The server is stopping.")
            alice.expect_end()
        assert server.wait() == 0
        assert server.rest_of_output() == []


@pytest.mark.window
def test_a_window_that_is_killed_leaves_no_server_behind(desktop: Desktop, tmp_path: Path) -> None:
    with ServerWindow(desktop, tmp_path, "--start") as server:
        port = server.port(server.window())
        with join(port, "Alice") as alice:
            server.process.kill()
            alice.hear("* The server is stopping.")
            alice.expect_end()
        wait_until(lambda: is_refused(port), "that nobody listens any more")


def is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="no DISPLAY on this system")
def test_without_a_display_one_sentence_says_what_to_do(need: Callable[..., None]) -> None:
    need(modules=MODULES)
    with Program("phase4.server_gui", env={"DISPLAY": ""}) as server:
        assert server.wait() == 2
        (sentence,) = server.rest_of_output()
        assert "DISPLAY is not set" in sentence
        assert "python -m phase4.server" in sentence


def test_a_wrong_option_is_told_at_the_command_line() -> None:
    status, output = run("phase4.server_gui", "--max-clients", "none")
    assert status == 2
    assert "not a whole number" in output.splitlines()[-1]
