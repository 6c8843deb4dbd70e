"""What is typed and not sent survives the end of the window; or one is asked before it ends."""

import json
import stat
import sys
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from phase4.client_gui.app import App
from phase4.client_gui.drafts import (
    MAX_DRAFTS,
    MAX_FILE_BYTES,
    MAX_SERVERS,
    DraftFile,
    _checked,
    drafts_beside,
)
from phase4.client_gui.target import Target
from phase4.client_gui.typing_aids import MAX_TYPED_CHARACTERS, Draft, History
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, new_window, press, see, shows, tab_of, tabs_of, type_line

# --- the file ----------------------------------------------------------------------------------

HERE = "127.0.0.1:12345"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """In a directory that is not there yet."""
    return tmp_path / "config" / "client_gui_drafts.json"


def test_it_is_beside_the_settings_or_nowhere() -> None:
    assert drafts_beside(Path("/x/client_gui.json")) == Path("/x/client_gui_drafts.json")
    assert drafts_beside(None) is None


def test_what_is_written_is_there_for_this_server_alone(path: Path) -> None:
    drafts = {"": "to all\n\n    y()", "Боб": "to one"}
    assert DraftFile(path).write(HERE, drafts)
    assert DraftFile(path).of(HERE) == drafts
    assert DraftFile(path).of("127.0.0.1:12346") == {}


def test_what_is_no_longer_there_is_out_of_the_file_and_an_empty_file_is_gone(path: Path) -> None:
    file = DraftFile(path)
    file.write(HERE, {"": "a secret", "Bob": "more"})
    file.write("other:1", {"": "theirs"})
    assert file.write(HERE, {"Bob": "more"})
    assert "a secret" not in path.read_text()
    assert file.write(HERE, {})
    assert file.of("other:1") == {"": "theirs"}
    assert file.write("other:1", {})
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_may_read_it(path: Path) -> None:
    DraftFile(path).write(HERE, {"": "one"})
    path.chmod(0o644)
    DraftFile(path).write(HERE, {"": "two"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_where_nothing_is_remembered_it_says_so_only_if_there_is_something(path: Path) -> None:
    assert DraftFile(None).write(HERE, {})
    assert not DraftFile(None).write(HERE, {"": "one"})
    assert DraftFile(None).of(HERE) == {}
    path.mkdir(parents=True)  # a directory where the file should be
    assert not DraftFile(path).write(HERE, {"": "one"})
    assert [*path.parent.iterdir()] == [path]


def test_servers_and_drafts_and_their_size_have_bounds(path: Path) -> None:
    file = DraftFile(path)
    for number in range(MAX_SERVERS + 2):
        assert file.write(f"server:{number}", {"": f"text {number}"})
    assert (file.of("server:1"), file.of("server:2")) == ({}, {"": "text 2"})
    assert not file.write(HERE, {f"N{number}": "x" for number in range(MAX_DRAFTS + 1)})
    assert len(file.of(HERE)) == MAX_DRAFTS
    assert not file.write(HERE, {"": "x" * (MAX_TYPED_CHARACTERS + 1), "Bob": "kept"})
    assert file.of(HERE) == {"Bob": "kept"}
    large = {f"N{number}": "字" * MAX_TYPED_CHARACTERS for number in range(MAX_DRAFTS)}
    assert not file.write(HERE, large)
    assert not path.exists() or path.stat().st_size <= MAX_FILE_BYTES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "\x00\xff",
        "[" * 20_000,
        json.dumps({HERE: "x"}),
        json.dumps({HERE: {"": 1, "Bob": None, "A\x1b": "x", "x" * 21: "y", "Ann": ""}}),
        json.dumps({"x" * 301: {"": "text"}}),
        json.dumps({HERE: {"": "text"}}) + " " * MAX_FILE_BYTES,
    ],
)
def test_a_broken_file_is_as_if_there_were_none(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    assert DraftFile(path).of(HERE) == {}
    assert DraftFile(path).write(HERE, {"": "new"})
    assert DraftFile(path).of(HERE) == {"": "new"}


@limits(max_examples=50)
@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_no_value_of_any_kind_is_an_error(value: object) -> None:
    assert _checked(value) == {}
    assert _checked({HERE: value}) == {}
    held = _checked({HERE: {"": value}})
    assert not held or isinstance(held[HERE][""], str)


# --- drafts ------------------------------------------------------------------------------------


def test_what_comes_back_at_up_disturbs_nobody_who_walks_through_the_lines() -> None:
    history = History(limit=3)
    for line in ("one", "two", "three"):
        history.add(line)
    assert [history.earlier("draft"), history.earlier("three")] == ["three", "two"]
    history.keep("came back")
    assert history.later("two") == "three"
    assert history.later("three") == "came back"
    assert history.later("came back") == "draft"
    history.keep("again")
    assert history.earlier("draft") == "again"


def test_a_draft_is_what_was_typed_and_not_a_line_that_up_shows() -> None:
    draft = Draft()
    draft.history.add("sent")
    draft.text = "typed"
    draft.text = draft.history.earlier(draft.text)
    assert (draft.text, draft.typed) == ("sent", "typed")
    draft.text += ", and changed"
    assert draft.typed == "sent, and changed"


def test_lines_that_come_back_one_by_one_are_one_text_again() -> None:
    draft = Draft()
    assert draft.give_back("one", "\n".join)
    assert draft.give_back("  two", "\n".join)
    assert draft.text == "one\n  two"
    draft.text = "something else"
    assert not draft.give_back("three", "\n".join)
    assert draft.text == "something else"
    assert draft.history.earlier(draft.text) == "three"


# --- in a window -------------------------------------------------------------------------------

window = pytest.mark.window


@pytest.fixture
def opened(desktop: Desktop, chat: Chat, tmp_path: Path) -> Iterator[Callable[..., App]]:
    """Opens one window after the other, of the same person at the same server."""
    apps: list[Apps] = []
    roots = []

    def start(*, remembers: bool = True, connects: bool = True) -> App:
        root = new_window(desktop)
        roots.append(root)
        apps.append(Apps(root.__enter__()))
        memory = tmp_path / "client_gui.json" if remembers else None
        app = apps[-1](chat.port, memory=memory)
        if connects:
            app.connect_at_once()
            see(app.root, lambda: "Alice on" in app.root.title(), "the conversation")
        return app

    yield start
    for each in apps:
        each.close()
    for root in reversed(roots):
        root.__exit__(None, None, None)


def is_closed(app: App) -> bool:
    try:
        return not app.root.winfo_exists()
    except tk.TclError:
        return True


def left(tmp_path: Path) -> dict[str, dict[str, str]]:
    file = tmp_path / "client_gui_drafts.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


@window
def test_what_is_typed_is_there_again_after_ctrl_q(
    opened: Callable[..., App], chat: Chat, tmp_path: Path
) -> None:
    first = opened()
    first.chat_page.entry.put("to all\n\n    y()")
    first.open_person("Bob")
    first.chat_page.entry.put("a secret")
    press(first.chat_page.entry, "<Control-q>")
    assert is_closed(first)
    assert left(tmp_path) == {
        f"127.0.0.1:{chat.port}": {"": "to all\n\n    y()", "Bob": "a secret"}
    }
    second = opened()
    shows(second, "is in the entry again: to everybody, to Bob.")
    entry = second.chat_page.entry
    assert entry.get() == "to all\n\n    y()"
    tabs_of(second).go(1)
    assert (tabs_of(second).current.person, entry.get()) == ("Bob", "a secret")
    press(entry, "<Escape>")
    press(entry, "<Control-z>")
    assert entry.get() == "a secret"


@window
def test_a_draft_that_comes_back_is_asked_about_for_the_name_may_be_somebody_elses(
    opened: Callable[..., App], chat: Chat
) -> None:
    first = opened()
    first.chat_page.entry.put("/pm Bob hidden")
    first.open_person("Bob")
    first.chat_page.entry.put("a secret")
    first.ask_to_quit()
    with chat.join("Bob") as bob:
        second = opened()
        bob.skip_to(".*Alice joined")
        for go in (0, 1):
            tabs_of(second).go(go)
            press(second.chat_page.entry, "<Return>")
            asked = second.chat_page.question.text
            assert asked == "Bob may be somebody else now. Send this all the same?"
            press(second.chat_page.question.winfo_children()[1], "<Return>")
        bob.fence()
        press(second.chat_page.entry, "<Return>")
        press(second.chat_page.question.winfo_children()[2], "<Return>")
        bob.hear("Alice -> Bob: a secret")


@window
@pytest.mark.parametrize("way", ["<Return>", "<Escape>"])
def test_what_was_sent_or_cleared_is_out_of_the_file_while_the_window_is_open(
    opened: Callable[..., App], tmp_path: Path, way: str
) -> None:
    app = opened()
    app.chat_page.entry.put("half a thou")
    see(app.root, lambda: left(tmp_path), "the draft in the file")
    press(app.chat_page.entry, way)
    see(app.root, lambda: not left(tmp_path), "no draft in the file")


@window
def test_what_is_typed_before_the_server_lets_one_in_is_not_overwritten(
    opened: Callable[..., App], chat: Chat, tmp_path: Path
) -> None:
    place = f"127.0.0.1:{chat.port}"
    DraftFile(tmp_path / "client_gui_drafts.json").write(place, {"": "from last time"})
    app = opened(connects=False)
    app.chat_page.entry.put("typed now")
    app.ask_to_quit()  # it is for no server yet, and would be lost
    assert "cannot be remembered" in app.chat_page.question.text
    press(app.chat_page.question.winfo_children()[1], "<Escape>")
    app.connect(Target("127.0.0.1", chat.port, "Alice"))
    shows(app, "is at Up: to everybody.")
    assert app.chat_page.entry.get() == "typed now"
    press(app.chat_page.entry, "<Up>")
    assert app.chat_page.entry.get() == "from last time"


@window
def test_on_another_server_what_is_typed_goes_along(
    opened: Callable[..., App], chat: Chat, start: Callable[..., Chat], tmp_path: Path
) -> None:
    other = start()
    app = opened()
    app.chat_page.entry.put("half a thou")
    see(app.root, lambda: left(tmp_path), "the draft in the file")
    app.connect(Target("127.0.0.1", other.port, "Alice"))
    place = f"127.0.0.1:{other.port}"
    see(app.root, lambda: left(tmp_path) == {place: {"": "half a thou"}}, "the draft there alone")
    type_line(app, "/who")
    see(app.root, lambda: not left(tmp_path), "no draft")


@window
def test_where_nothing_is_remembered_one_is_asked_before_the_window_closes(
    opened: Callable[..., App], tmp_path: Path
) -> None:
    app = opened(remembers=False)
    app.open_person("Bob")
    app.chat_page.entry.put("a secret")
    tabs_of(app).go(0)
    press(app.chat_page.entry, "<Control-q>")
    question = app.chat_page.question
    assert question.text == "What you are typing cannot be remembered. Quit all the same?"
    press(question.winfo_children()[1], "<Return>")
    assert question.text == ""
    assert tab_of(app, "Bob").draft.text == "a secret"
    app.ask_to_quit()
    press(question.winfo_children()[1], "<Right>")
    press(question.winfo_children()[2], "<Return>")
    assert is_closed(app)
    assert not left(tmp_path)


@window
def test_where_the_file_cannot_be_written_one_is_asked(
    opened: Callable[..., App], tmp_path: Path
) -> None:
    (tmp_path / "client_gui_drafts.json").mkdir()
    app = opened()
    app.chat_page.entry.put("half a thou")
    app.ask_to_quit()
    assert "cannot be remembered" in app.chat_page.question.text
    press(app.chat_page.question.winfo_children()[1], "<Escape>")
    app.chat_page.entry.clear()
    app.ask_to_quit()
    assert is_closed(app)


@window
def test_lines_that_could_not_be_delivered_come_back_as_the_block_they_were(
    opened: Callable[..., App], chat: Chat
) -> None:
    app = opened()
    with chat.join("Bob"):
        shows(app, "Bob joined")
    shows(app, "Bob left")
    app.open_person("Bob")
    entry = app.chat_page.entry
    type_line(app, "if x:\n    y()\nz()")
    see(app.root, lambda: entry.get() == "if x:\n    y()\nz()", "the block")
    entry.clear()
    type_line(app, "late")
    entry.put("something else")
    shows(app, "Not delivered: late (Up brings it back)", "Bob")
    assert entry.get() == "something else"
    press(entry, "<Up>")
    assert entry.get() == "late"
    press(entry, "<Down>")
    assert entry.get() == "something else"
