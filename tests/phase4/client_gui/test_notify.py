"""What calls somebody, and what a desktop is told of it: no window, no desktop."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.client_gui import notify
from phase4.client_gui.attention import (
    MAX_CONVERSATIONS,
    MAX_TOLD_CHARACTERS,
    PAUSE_SECONDS,
    Calls,
    Notice,
    calls,
    counted,
    notice_of,
)
from phase4.client_gui.levels import LEVELS, Level
from phase4.client_gui.notify import (
    HOW_TO_GET_IT,
    MAX_CHILDREN,
    Notifier,
    by_notify_send,
    by_osascript,
    by_powershell,
    find_way,
)
from phase4.widgets.lines import Line, line_of
from shared import message
from tests.kit.harness import wait_until

NEEDS_SHELL = pytest.mark.skipif(sys.platform == "win32", reason="the programs are scripts of sh")

HOSTILE = (
    "; touch /tmp/pwned; $(id) `id` %PATH% $env:PATH",
    "'; Remove-Item x; '",
    '" & (do shell script "id") & "',
    "<b>&amp;</b> \\074i\\n\\x1b",
    "-e --help --icon=/etc/passwd",
)


def said(sender: str, text: str = "hi", *words: str) -> Line:
    return line_of(message.Public("1", sender, text), "Ann", "2", words)


def private(sender: str, text: str = "hi", to: str = "Ann") -> Line:
    return line_of(message.Private("1", sender, to, text), "Ann", "2")


# --- which lines call --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "levels"),
    [
        (said("Bob"), ("on",)),
        (said("Bob", "ask ann"), ("on", "mentions")),
        (said("Bob", "the exam", "exam"), ("on", "mentions")),
        (private("Bob"), ("on",)),
        (private("Bob", "Ann?"), ("on", "mentions")),
        (said("Ann", "I am Ann"), ()),
        (private("Ann", "Ann here", "Bob"), ()),
        (line_of(message.Notice("1", "Ann must go"), "Ann", "2"), ()),
        (line_of(message.Joined("1", "Bob"), "Ann", "2"), ()),
        (line_of(message.Error("no Ann"), "Ann", "2"), ()),
    ],
)
def test_which_lines_call_is_what_the_conversation_is_set_to(
    line: Line, levels: tuple[Level, ...]
) -> None:
    assert tuple(level for level in LEVELS if calls(line, level, "Ann")) == levels


def test_a_count_says_by_a_sign_how_many_call() -> None:
    assert [counted(*each) for each in ((0, 0), (2, 0), (2, 2), (2, 1))] == [
        *("", "2", "@2", "@1 of 2")
    ]


# --- what is told, and how often ----------------------------------------------------------------


def test_one_conversation_is_told_once_in_a_while_and_then_of_all_that_came() -> None:
    waiting = Calls()
    waiting.add("", said("Bob", "Ann?"), 100)
    waiting.add("bob", private("Bob"), 100)
    assert [(line.kind, count) for line, count in waiting.due(100)] == [
        *(("mention", 1), ("private", 1))
    ]
    for second in range(3):
        waiting.add("", said("Bob", f"Ann {second}?"), 101 + second)
    assert not [*waiting.due(99.9 + PAUSE_SECONDS)]
    ((line, count),) = waiting.due(100 + PAUSE_SECONDS)
    assert (line.text, count) == ("Ann 2?", 3)
    assert not [*waiting.due(1000)]


def test_what_was_looked_at_is_not_told_afterwards() -> None:
    waiting = Calls()
    waiting.add("", said("Bob", "Ann?"), 100)
    waiting.forget()
    assert not [*waiting.due(1000)]


def test_the_number_of_conversations_that_are_told_of_has_a_bound() -> None:
    waiting = Calls()
    for number in range(5 * MAX_CONVERSATIONS):
        waiting.add(f"p{number}", private("Bob"), 100)
    assert len([*waiting.due(100)]) <= MAX_CONVERSATIONS


@pytest.mark.parametrize("count", [1, 5])
def test_what_a_private_message_says_is_told_only_where_that_is_wished(count: int) -> None:
    line = private("Bob", "a secret")
    told = notice_of(line, count, "here:1", with_private_text=False)
    assert "secret" not in told.title + told.text
    assert "Bob" in told.title
    assert told.text == "On here:1."
    assert notice_of(line, count, "here:1", with_private_text=True).text == "a secret"


def test_a_notice_says_in_one_bounded_line_who_said_what() -> None:
    told = notice_of(said("Bob", "the exam?", "exam"), 1, "here:1", with_private_text=False)
    assert told == Notice("Chat: Bob said “exam”", "the exam?")
    many = notice_of(said("Bob", "Ann!"), 1234, "here:1", with_private_text=False)
    assert many == Notice("Chat: 1,234 messages for you", "Bob: Ann!")
    for text in ("x" * 5000, "a\nb\x1b[2J\u202e\x00c"):
        for count in (1, 2):
            for line in (Line("mention", "1", text, text, text, calls=(text,)), private(text)):
                told = notice_of(line, count, "here:1", with_private_text=True)
                assert (told.title + told.text).isprintable()
                assert told.title.startswith("Chat: ")
                assert len(told.title) <= 2 * MAX_TOLD_CHARACTERS
                assert len(told.text) <= MAX_TOLD_CHARACTERS


# --- the programs of the systems ---------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_part_of_a_script_or_an_option(text: str) -> None:
    title = f"Chat: {text}"
    plain = Notice("Chat: x", "y")
    sent = by_notify_send("notify-send")(Notice(title, text)).arguments
    assert sent[:-2] == by_notify_send("notify-send")(plain).arguments[:-2]
    assert sent[-3:-1] == ("--", title)  # behind it nothing is an option
    apple = by_osascript("osascript")(Notice(title, text)).arguments
    assert apple[:-2] == by_osascript("osascript")(plain).arguments[:-2]
    assert apple[-2:] == (title, text)
    windows = by_powershell("powershell")(Notice(title, text))
    assert windows.arguments == by_powershell("powershell")(plain).arguments
    assert sorted(windows.environment.values()) == sorted((title, text))


def test_for_libnotify_no_text_is_markup_and_no_backslash_is_a_sign_of_c() -> None:
    sent = by_notify_send("notify-send")(Notice("Chat: <b>", "<b>&amp;\\074\\n")).arguments
    assert sent[-2:] == ("Chat: <b>", "&lt;b&gt;&amp;amp;\\\\074\\\\n")


def test_where_the_system_has_no_way_one_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("SYSTEMROOT", str(tmp_path))
    assert find_way("linux") == HOW_TO_GET_IT
    assert find_way("win32") == notify.NOT_HERE
    monkeypatch.setattr(notify, "_OSASCRIPT", str(tmp_path / "none"))
    assert find_way("darwin") == notify.NOT_HERE


# --- the children --------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "notify-send"
    path.touch(mode=0o700)
    return path


@pytest.fixture
def notifier(program: Path) -> Iterator[Notifier]:
    made = Notifier(by_notify_send(str(program)))
    yield made
    made.close()


@NEEDS_SHELL
@pytest.mark.parametrize("text", HOSTILE)
def test_the_program_gets_the_texts_as_they_are(
    program: Path, notifier: Notifier, tmp_path: Path, text: str
) -> None:
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{tmp_path}/got.part"\n')
    with program.open("a") as script:
        script.write(f'mv "{tmp_path}/got.part" "{tmp_path}/got"\n')
    assert notifier.show(Notice(f"Chat: {text}", "")) == ""
    wait_until((tmp_path / "got").exists, "the program's arguments")
    assert (tmp_path / "got").read_text().splitlines()[-2:] == [f"Chat: {text}", ""]
    wait_until(lambda: notifier.tend() == "" and not vars(notifier)["_children"], "its end")


@NEEDS_SHELL
def test_a_program_that_fails_is_told_of_and_one_that_hangs_is_ended(
    program: Path, notifier: Notifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    program.write_text("#!/bin/sh\nexit 3\n")
    notifier.show(Notice("Chat: x", "y"))
    assert "notify-send failed (exit status 3)" in _told(notifier)
    monkeypatch.setattr(notify, "CHILD_SECONDS", 0.05)
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    notifier.show(Notice("Chat: x", "y"))
    assert "did not end by itself" in _told(notifier)
    program.unlink()
    assert "No notification could be shown" in notifier.show(Notice("Chat: x", "y"))


def _told(notifier: Notifier) -> str:
    told: list[str] = []
    wait_until(lambda: told.append(notifier.tend()) or told[-1], "a sentence")  # type: ignore[func-returns-value]
    return told[-1]


@NEEDS_SHELL
def test_the_number_of_children_has_a_bound_and_none_outlives_its_owner(
    program: Path, notifier: Notifier
) -> None:
    program.write_text("#!/bin/sh\nexec sleep 100\n")
    for _ in range(MAX_CHILDREN):
        assert not notifier.is_busy
        notifier.show(Notice("Chat: x", "y"))
    assert notifier.is_busy
    children: list[subprocess.Popen[bytes]] = [each for each, _ in vars(notifier)["_children"]]
    notifier.close()
    assert all(child.returncode is not None for child in children)
