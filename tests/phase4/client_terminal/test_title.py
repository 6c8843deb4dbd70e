"""The title of the terminal's window: how many lines are new, and nothing of what they say."""

import re
import shlex
import sys

import pytest

from tests.conftest import Need
from tests.kit.chat import Chat
from tests.kit.chat_terminal import CLIENT, ChatTerminal
from tests.kit.harness import wait_until
from tests.kit.tmux import running_tmux

TITLE = re.compile(rb"\x1b\]2;([^\x07\x1b]*)\x1b\\")
KEPT, BROUGHT_BACK = b"\x1b[22;2t", b"\x1b[23;2t"


def title_of(client: ChatTerminal) -> str:
    """The latest."""
    titles: list[bytes] = TITLE.findall(client.output)
    return titles[-1].decode() if titles else ""


def test_the_title_counts_what_is_new_since_the_last_key(chat: Chat) -> None:
    place = f"Chat at 127.0.0.1:{chat.port}"
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann") as ann,
        chat.join("Bob") as bob,
    ):
        ann.until(lambda: title_of(ann) == place)
        ann.shows("^Ann>$")  # the title comes first, and what is said before would not be hers
        bob.send("one", "/pm Ann secretive", "two, Ann")
        ann.until(lambda: title_of(ann) == f"(3, 2 for you) {place}")
        ann.press("x")
        ann.until(lambda: title_of(ann) == place)
        ann.press("\x7fmine\r")  # one's own lines are not new
        bob.skip_to(r"\[.*\] Ann: mine")
        bob.send("three")
        ann.until(lambda: title_of(ann) == f"(1) {place}")
        ann.press("\x04")
        assert ann.wait() == 0
        titles = b"".join(TITLE.findall(ann.output))
        assert b"Bob" not in titles
        assert b"secretive" not in titles
        assert ann.output.count(KEPT) == ann.output.count(BROUGHT_BACK) == 1
        assert title_of(ann) == ""  # where nothing is kept, nothing is left


@pytest.mark.parametrize("way", ["linux", "vt100", "--no-title"])
def test_a_terminal_that_has_no_title_or_is_to_have_none_is_left_alone(
    chat: Chat, way: str
) -> None:
    terminal, options = ("xterm", [way]) if way.startswith("--") else (way, [])
    with (
        ChatTerminal("--port", str(chat.port), "--name", "Ann", *options, TERM=terminal) as ann,
        chat.join("Bob") as bob,
    ):
        ann.shows("^Ann>$")
        bob.send("one")
        ann.shows("Bob: one$")
        ann.press("\x04")
        assert ann.wait() == 0
        assert b"\x1b]2;" not in ann.output
        assert KEPT not in ann.output


@pytest.mark.tmux
def test_in_tmux_the_title_comes_back_also_while_it_is_stopped(chat: Chat, need: Need) -> None:
    need("tmux")
    command = [sys.executable, "-m", CLIENT, "--port", str(chat.port), "--name", "Ann"]
    with running_tmux() as tmux, chat.join("Bob") as bob:

        def title_becomes(expected: str) -> None:
            def is_so() -> bool:
                return tmux.run("display-message", "-p", "#{pane_title}").strip() == expected

            wait_until(is_so, f"the title {expected!r}")

        tmux.run("select-pane", "-T", "as it was")
        tmux.press(shlex.join(command), "Enter")
        tmux.until(r"(?m)^Ann>")
        bob.send("hello")
        tmux.until("Bob: hello")
        title_becomes(f"(1) Chat at 127.0.0.1:{chat.port}")
        tmux.press("C-z")
        tmux.until(r"(?m)^ready\$")
        title_becomes("as it was")
        tmux.press("fg", "Enter")
        tmux.until(r"(?m)^Ann>\n[^$]*\Z")
        title_becomes(f"Chat at 127.0.0.1:{chat.port}")
        tmux.press("C-d")
        tmux.until(r"You left the conversation\.\n+ready\$")
        title_becomes("as it was")
