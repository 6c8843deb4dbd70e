"""Finding what was said long ago: in the archive, from the find bar or by a key."""

import tkinter as tk
from collections.abc import Callable, Iterator

import pytest

from phase4.archive.reading import Archive
from phase4.client import Recalled, SendError
from phase4.client_gui.app import App
from phase4.client_gui.archive_search import HINT, NO_ANSWER, NOTHING, SEARCHING, ArchiveSearch
from shared.message import Earlier
from tests.kit.chat import Chat
from tests.kit.harness import wait_until
from tests.kit.windows import Apps, press, see, shows, tabs_of

HITS = tuple(Earlier("2026-11-21 14:03:00", n, "Bob", f"tea {n}") for n in (7, 30))


@pytest.fixture
def asked() -> list[str]:
    return []


@pytest.fixture
def search(asked: list[str]) -> ArchiveSearch:
    """A search that asks a server which a check plays."""
    return ArchiveSearch(asked.append)


def test_what_is_found_comes_newest_first_and_around_it_what_was_said(
    search: ArchiveSearch, asked: list[str]
) -> None:
    assert search.status == HINT
    search.search(" tea   from:Bob ")
    assert (asked, search.status) == (["/search tea from:Bob"], SEARCHING)
    search.answered(Recalled("/search tea", HITS[:1]))  # an older question's
    assert search.hits == ()
    search.answered(Recalled(asked[-1], HITS))
    assert (search.hits, search.status) == (HITS[::-1], "")
    came: list[object] = []
    search.came = lambda hit, around: came.append((hit, around))
    search.open(7)
    assert asked[-1] == "/history 21 before 18"
    search.answered(Recalled(asked[-1], HITS[:1]))
    assert came == [(HITS[0], HITS[:1])]


def test_what_goes_wrong_is_said(search: ArchiveSearch, asked: list[str]) -> None:
    search.search("tea")
    search.answered(Recalled(asked[-1], refusal="You ask too often."))
    assert search.status == "You ask too often."
    search.search("tea")
    search.answered(Recalled(asked[-1]))
    assert search.status == NOTHING
    search.search("tea")
    search.lost()
    assert search.status == NO_ANSWER
    search.search(" ")
    assert search.status == HINT
    assert len(asked) == 3


def test_without_a_connection_that_is_said() -> None:
    def ask(_: str) -> None:
        raise SendError("You are not connected.")

    search = ArchiveSearch(ask)
    search.search("tea")
    assert search.status == "You are not connected."


# --- in a window ------------------------------------------------------------------------------


@pytest.fixture
def alice(
    root: tk.Tk, start: Callable[..., Chat], monkeypatch: pytest.MonkeyPatch
) -> Iterator[App]:
    """The client as Alice, after Bob has said much."""
    chat = start("--history", "5", "--flood-rate", "0")
    with chat.join("Bob") as bob:
        bob.send(*(f"{'tea' if number in (10, 90) else 'line'} {number}" for number in range(100)))
        bob.fence()
    wait_until(lambda: Archive(chat.logs).last_number() == 100, "the historian")
    apps = Apps(root)
    app = apps.talking(chat.port)
    shows(app, "That was before you came.")
    yield app
    apps.close()


@pytest.mark.window
@pytest.mark.own_server
def test_the_find_bar_goes_on_into_the_archive_and_a_hit_is_read_in_its_place(alice: App) -> None:
    main, panels = tabs_of(alice).main.conversation, alice.past.panels
    main.find()
    bar = main.search.bar
    bar.field.insert("end", "TEA")
    assert bar.count.cget("text") == "Not found"
    found = panels.found
    press(bar.field, "<Control-Return>")
    see(alice.root, lambda: len(found.shown) == 2, "what was found")
    assert [found.tree.item(each, "text") for each in found.shown] == ["Bob: tea 90", "Bob: tea 10"]
    press(found.field, "<Down>")
    press(found.field, "<Return>")
    see(alice.root, lambda: panels.around.is_open, "what was said around it")
    around = panels.around.conversation
    lines = [line.split("  ")[-1] for line in around.shown().splitlines()]
    assert [each for each in lines if each.startswith(("line", "tea"))] == [
        *(f"line {number}" for number in range(10)),
        "tea 10",
        *(f"line {number}" for number in range(11, 21)),
    ]
    assert "tea 10" in around.text.get(*around.text.tag_ranges("here"))
    assert "2026" in lines[0], "the day is told"
    press(around.text, "<Escape>")
    assert found.is_open
    assert not panels.around.is_open
    alice.ignoring.ignore("Bob")
    alice.past.panels.look_for("")
    assert not found.shown
    assert "ignore, not shown: 2." in found.said.cget("text")
    press(found.field, "<Escape>")
    assert not found.is_open
