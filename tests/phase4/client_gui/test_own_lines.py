"""The window shows what is not certain: a line waits until the server is known to have it."""

import re
import signal
import tkinter as tk
from collections.abc import Callable, Sequence

import pytest

from phase4.client import talk, unconfirmed
from phase4.client.pasting import UNSEEN
from phase4.client_gui.app import App
from phase4.client_gui.sending import Sender
from phase4.widgets.shown import ROW
from tests.kit.chat import Chat
from tests.kit.scripted import ScriptedServer
from tests.kit.windows import Apps, press, see, shows, tab_of, tabs_of, type_line

pytestmark = [pytest.mark.window, pytest.mark.own_server]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window that doubts sooner than it would."""
    for part in (unconfirmed, talk):
        monkeypatch.setattr(part, "SLOW_SECONDS", 0.3)
    monkeypatch.setattr(unconfirmed, "DOUBTFUL_SECONDS", 1.5)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that would wait for minutes until it tries again by itself."""
    monkeypatch.setattr("phase4.client.client.FIRST_PAUSE_SECONDS", 300.0)


def header(app: App) -> str:
    """What it says of lag and of lines that wait."""
    return str(app.chat_page.header.doubts.cget("text"))


def lines(app: App, person: str = "") -> list[str]:
    """What is shown, without what the server says."""
    tab = tab_of(app, person) if person else tabs_of(app).main
    return [line for line in tab.conversation.shown().splitlines() if "  Alice  " in line]


def texts(app: App) -> list[str]:
    """What Alice has said in public, as it is shown."""
    return [line.split("  ", 2)[2] for line in lines(app)]


def send_pasted(app: App, *several: str) -> None:
    """Send these as lines that were pasted."""
    sender: Sender = vars(app)["_sender"]
    assert sender.send(tabs_of(app).current, several) == len(several)


def are(app: App, expected: Sequence[str], what: str) -> None:
    see(app.root, lambda: texts(app) == [*expected], what)


@pytest.mark.usefixtures("hasty")
def test_a_line_that_is_not_taken_waits_and_may_not_arrive_and_the_mark_goes_when_it_has(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start()
    app = start_app.talking(chat.port)
    with chat.join("Bob"):
        shows(app, "Bob joined")
        chat.signal(signal.SIGSTOP)
        type_line(app, "hello")
        assert re.fullmatch(r"\d\d:\d\d:\d\d  Alice  hello", lines(app)[0]), "at once, and plain"
        app.open_person("Bob")
        type_line(app, "secret")
        assert lines(app, "Bob") == []
        see(root, lambda: lines(app) == ["waiting  Alice  hello"], "that it waits")
        shows(app, "waiting  Alice  → Bob secret", "Bob")
        see(root, lambda: re.search("^lag [01] s, 2 lines waiting$", header(app)), "the header")
        see(root, lambda: lines(app) == ["waiting  Alice  hello (may not arrive)"], "the doubt")
        see(root, lambda: "2 lines may not arrive" in header(app), "the doubt in the header")
        chat.signal(signal.SIGCONT)
        see(root, lambda: "line" not in header(app), "no doubt any more")
        assert re.fullmatch(r"\d\d:\d\d:\d\d  Alice  hello", lines(app)[0])
        (secret,) = lines(app, "Bob")
        assert re.fullmatch(r"\d\d:\d\d:\d\d  Alice  → Bob secret", secret)
        see(root, lambda: header(app) == "", "that the lag is over")  # it is asked again soon


def test_a_line_that_is_taken_in_time_is_never_touched(
    root: tk.Tk, start_app: Apps, server: ScriptedServer
) -> None:
    app = start_app(server.port, name="Ann")
    app.connect_at_once()
    with server.accept() as speaker:
        speaker.let_in()
        shows(app, "Welcome, Ann!")
        type_line(app, "hello")
        text = tabs_of(app).main.conversation.text
        text.tag_add("sel", "end-2c linestart", "end-1c")  # to draw it again would end this
        assert speaker.answer_ping() == ["hello"]
        see(root, lambda: not len(vars(app.router.own)["_lines"]), "that it has arrived")
        assert text.get("sel.first", "sel.last").endswith("Ann\thello\n")
        assert header(app) == ""


def test_pasted_lines_appear_as_they_are_taken_each_once_and_in_order(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start("--flood-rate", "8")
    app = start_app.talking(chat.port)
    with chat.join("Bob"):
        shows(app, "Bob joined")
        pasted = [f"line {number}" for number in range(24)]
        send_pasted(app, *pasted)
        assert lines(app) == []
        type_line(app, "typed behind them")
        assert lines(app) == ["waiting  Alice  typed behind them"]
        see(root, lambda: "line 4" in texts(app), "the first of them")
        assert "line 23" not in texts(app)
        assert lines(app)[-1] == "waiting  Alice  typed behind them"
        see(root, lambda: re.search(r"^\d+ lines waiting$", header(app)), "how many wait")
        app.ask_to_quit()
        assert re.match(r"\d+ lines have not been sent yet", app.chat_page.question.text)
        see(root, lambda: "waiting" not in lines(app)[-1] and header(app) == "", "the last")
        assert texts(app) == [*pasted, "typed behind them"]
    taken = chat.log("messages.txt")
    assert [line.removeprefix("Alice: ") for line in taken] == [*pasted, "typed behind them"]


@pytest.mark.usefixtures("patience")
def test_what_was_not_taken_before_a_loss_waits_in_its_order_and_stands_below_the_return(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start()
    app = start_app.talking(chat.port)
    see(root, lambda: "Alice" in app.chat_page.people.names(), "the people")
    chat.signal(signal.SIGSTOP)
    type_line(app, "typed")
    send_pasted(app, "one", "two")
    type_line(app, "after")
    chat.process.kill()
    see(root, lambda: "connecting again" in root.title(), "the loss")
    see(root, lambda: texts(app) == ["typed", "one", "two", "after"], "all of them")
    assert all(line.startswith("waiting") for line in lines(app))
    type_line(app, "meanwhile")
    text = tabs_of(app).main.conversation.text
    text.tag_add("sel", "end-2c linestart", "end-1c")  # to draw it again would end this
    app.connect_again()
    see(root, lambda: "No server listens" in app.chat_page.bar.text, "a try that fails")
    assert text.get("sel.first", "sel.last").endswith("meanwhile\n")
    again = start(port=chat.port)
    app.connect_again()
    expected = ["typed", "one", "two", "after", "meanwhile"]
    see(root, lambda: [*map(str, texts(app))] == expected and "waiting" not in str(lines(app)), "")
    shown = tabs_of(app).main.conversation.shown()
    assert shown.index("Connected again.") < shown.index("Alice  typed")
    assert [line.removeprefix("Alice: ") for line in again.log("messages.txt")] == expected


@pytest.mark.usefixtures("patience")
def test_what_waited_is_said_by_the_name_that_one_has_after_the_return(
    root: tk.Tk, start_app: Apps, server: ScriptedServer
) -> None:
    app = start_app(server.port, name="Ann")
    app.connect_at_once()
    with server.accept() as speaker:
        speaker.let_in()
        shows(app, "Welcome, Ann!")
    see(root, lambda: "connecting again" in root.title(), "the loss")
    type_line(app, "hello")
    app.open_person("Bob")
    type_line(app, "are you there?")
    app.connect_again()
    with server.accept() as speaker:
        speaker.prompt()
        speaker.send("[10:00:01] * Welcome, Zoe! 1 online. Hello.", "! Nobody here is called Bob.")
        shows(app, "Not delivered: are you there?", "Bob")
        assert "waiting" not in tab_of(app, "Bob").conversation.shown(), "its answer is here"
        assert speaker.answer_ping() == ["/who", "hello", "/pm Bob are you there?"]
        shows(app, "  Zoe  hello")
        assert "  Ann  hello" not in tabs_of(app).main.conversation.shown()


@pytest.mark.usefixtures("patience")
def test_what_went_out_before_the_end_may_have_arrived_and_what_never_did_was_not_sent(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start()
    app = start_app.talking(chat.port)
    see(root, lambda: "Alice" in app.chat_page.people.names(), "the people")
    chat.signal(signal.SIGSTOP)
    type_line(app, "before")
    chat.process.kill()
    see(root, lambda: "connecting again" in root.title(), "the loss")
    type_line(app, "after")
    vars(app)["_contact"].stop_trying()
    shows(app, "These 2 lines may not have arrived.")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  Alice  before \(may not have arrived\)", lines(app)[0])
    assert lines(app)[1] == "not sent  Alice  after"
    assert app.router.own.count == 0


@pytest.mark.usefixtures("patience")
def test_what_the_server_will_refuse_does_not_wait_for_its_return(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start()
    app = start_app.talking(chat.port)
    see(root, lambda: "Alice" in app.chat_page.people.names(), "the people")
    chat.process.kill()
    see(root, lambda: "connecting again" in root.title(), "the loss")
    type_line(app, "/pmm Bob secret")
    shows(app, "There is no command /pmm")
    assert "waiting" not in tabs_of(app).main.conversation.shown()
    assert app.chat_page.entry.get() == "/pmm Bob secret"


def test_a_piece_of_ones_own_code_is_a_block_and_so_is_what_is_sent_to_one_person(
    start: Callable[..., Chat], root: tk.Tk, start_app: Apps
) -> None:
    chat = start()
    app = start_app.talking(chat.port)
    code = ["if x:", "    y()", UNSEEN, "z()"]
    shown_as = ["if x:", "    y()", "", "z()"]
    with chat.join("Bob") as bob:
        shows(app, "Bob joined")
        send_pasted(app, *code)
        are(app, shown_as, "the code")
        rows = [each.line.text for each in tabs_of(app).main.conversation.text.lines]
        assert rows[-5:] == ["", *shown_as], "below the name"
        bob.hear("Alice: if x:")
        app.open_person("Bob")
        send_pasted(app, *(f"/pm Bob {UNSEEN if line[:1] == ' ' else ''}{line}" for line in code))
        alone = tab_of(app, "Bob").conversation

        def block() -> list[str]:
            return [each.line.text for each in alone.text.lines if each.role == ROW]

        see(root, lambda: block() == shown_as, "the code for Bob")
        alone.select_all()
        press(alone.text, "<<Copy>>")
        assert root.clipboard_get() == "if x:\n    y()\n\nz()\n"
