"""Two servers behind HAProxy carry a window, a terminal, a page and nc through each failure.

The clock of one of them is wrong by a day. Lines go on coming all the time. After each failure all
read the same lines, once, and in the order of both servers' messages.txt. It takes some minutes.
With WALK_TABLE=FILE it writes down what each of them read beside the lines: so the page knows it.
"""

import contextlib
import itertools
import os
import re
import signal
import subprocess
import threading
import time
import tkinter as tk
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from phase4.client import client as core
from shared.deadline import Deadline
from tests.conftest import Need
from tests.kit.browser import Browser
from tests.kit.cable import Cable
from tests.kit.chat import PROMPT
from tests.kit.chat_terminal import HASTY, ChatTerminal
from tests.kit.desktop import Desktop
from tests.kit.engines import EngineProcess, PostgresProcess, RedisProcess, find_programs
from tests.kit.harness import SECONDS, Peer, free_port, wait_until
from tests.kit.hub import HubChat
from tests.kit.hub_proxy import HubProxy
from tests.kit.story import MARK, AtPage, AtTerminal, Person, Story, Window
from tests.kit.windows import Apps, new_window

pytestmark = [pytest.mark.window, pytest.mark.browser, pytest.mark.timeout(1800)]

LEASE_SECONDS = 3.0
LOOK_SECONDS = 0.3

AWAY = "The room is away; what you say waits."
BACK = "The room is back."
UNREACHABLE = "The room cannot be reached now; try again later."

NOT_TOLD = re.compile(rf"{MARK.pattern}|Pong still-there|\w*>$|\| |Tab completes|\d+ online")
"""What of a program's screen is no news: lines of the story, and the bar of the terminal."""


_A_DAY_AHEAD = """
import runpy, sys, time
now = time.time
time.time = lambda: now() + 86_400
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


class AheadOfTime(HubChat):
    """A server whose clock is wrong by a day."""

    how = ("-c", _A_DAY_AHEAD)


class AtNc:
    """Nick, at nc. It ends when the connection does; then he starts it again.

    He looks what of his the room has, and types again what it lacks.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._typed: list[str] = []
        self._heard: list[str] = []
        self._questions = itertools.count(1)
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            ["nc", "127.0.0.1", str(self._port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()
        self._welcomed = len(self._heard)
        self._type("Nick")
        wait_until(self._is_in, f"Nick is in, under his name: {self._heard[-5:]}")
        assert self._is_answered()  # so what was said before he came is there as well

    def _is_in(self) -> bool:
        since = "\n".join(self._heard[self._welcomed :])
        assert "taken" not in since, since
        return "Welcome, Nick!" in since

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self._heard.append(line.decode().rstrip("\n"))

    def _type(self, text: str) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended: he will see
            self._process.stdin.write(f"{text}\n".encode())
            self._process.stdin.flush()

    def say(self, text: str) -> None:
        """See Person."""
        self._typed.append(text)
        self._heard.append(f"(typed) {text}")
        self._type(text)

    def shown(self) -> list[str]:
        """See Person. What was said before he came he has read already, or reads it now."""
        return [*dict.fromkeys(MARK.findall(self.view()))]

    def view(self) -> str:
        """See Person."""
        return "\n".join(self._heard)

    def come_back(self) -> None:
        """See Person."""
        if self._is_answered():
            return
        self.leave()
        self._start()
        heard = "\n".join(self._heard[self._welcomed :])
        for text in self._typed[-5:]:
            if text not in heard:
                self._type(text)

    def _is_answered(self) -> bool:
        """Ask until there is an answer, or nc has ended: by itself it does not tell."""
        question = f"still-there-{next(self._questions)}"
        deadline = Deadline(SECONDS)
        while self._reader.is_alive() and not deadline.has_passed:
            self._type(f"/ping {question}")
            self._reader.join(LOOK_SECONDS)
            if f"Pong {question}" in self.view():
                return True
        return False

    def come_anew(self) -> None:
        """Leave, and come in again: HAProxy gives whoever comes to the emptier server."""
        self._type("/quit")
        assert not self._is_answered()
        self.leave()
        self._start()

    def leave(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(SECONDS)
        self._reader.join(SECONDS)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class Fleet:
    """The engine, the two servers on ports that stay, and HAProxy."""

    def __init__(
        self, directory: Path, kind: type[EngineProcess], stack: contextlib.ExitStack
    ) -> None:
        self._directory = directory
        self._stack = stack
        self.engine = stack.enter_context(kind())
        self._chat = {"one": free_port(), "two": free_port()}
        self._web = {"one": free_port(), "two": free_port()}
        self.cables = {each: stack.enter_context(Cable(self.engine.port)) for each in self._chat}
        self.servers: dict[str, HubChat] = {}
        for each in self._chat:
            self.start(each)
        self.proxy = stack.enter_context(
            HubProxy(directory, self._chat, self._web, is_encrypted=False)
        )

    def start(self, name: str) -> None:
        """Begin, or go on with the logs that are there."""
        port = f":{self.engine.port}"
        url = self.engine.url.replace(port, f":{self.cables[name].port}")
        options: tuple[str, ...] = ("--history", "400", "--web-port", str(self._web[name]))
        options += ("--trusted-proxy", "127.0.0.1", "--hub-lease", f"{LEASE_SECONDS:g}")
        directory = self._directory / name
        directory.mkdir(exist_ok=True)
        kind = AheadOfTime if name == "two" else HubChat
        server = kind(directory, url, *options, port=self._chat[name])
        self.servers[name] = self._stack.enter_context(server)

    def by_people(self) -> list[str]:
        """The servers: the one through which most people are in the room comes last."""
        return sorted(self.servers, key=self.proxy.connections)

    def logged(self) -> list[str]:
        """The marks of the log that has most of them."""
        logs = [MARK.findall(each) for each in self.logs()]
        return max(logs, key=len)

    def logs(self) -> list[str]:
        """Each server's messages.txt."""
        files = [each.logs / "messages.txt" for each in self.servers.values()]
        return [each.read_text() if each.exists() else "" for each in files]


class Walk:
    """The failures, one after the other."""

    def __init__(self, root: tk.Tk, fleet: Fleet, people: dict[str, Person]) -> None:
        self.fleet = fleet
        self.people = people
        nick = people["N"]
        assert isinstance(nick, AtNc)
        self._nick = nick
        self.story = Story(root, fleet.logged, people)
        self.table: list[str] = []
        self._seen: dict[str, int] = {}  # of each one's view, when this step began

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[str]:
        """What goes wrong, at the server that is given; afterwards all is as it should be."""
        print(f"{time.strftime('%H:%M:%S')} {title}", flush=True)
        emptiest, victim = self.fleet.by_people()
        if not self.fleet.proxy.connections(emptiest):
            self._nick.come_anew()
            assert self.fleet.proxy.connections(emptiest)
        self._seen = {letter: len(each.view()) for letter, each in self.people.items()}
        self.story.each_says("before")
        yield victim
        self.story.wait_until_all_is_logged()
        self.story.each_says("after")
        self.story.wait_until_all_show_it()
        with contextlib.suppress(AssertionError):  # the difference says more
            wait_until(lambda: len({*self.fleet.logs()}) == 1, "one log")
        one, other = self.fleet.logs()
        assert one.splitlines() == other.splitlines()
        self._note(title)

    def _note(self, title: str) -> None:
        self.table.append(f"== {title}")
        for letter, each in self.people.items():
            lines = each.view()[self._seen[letter] :].splitlines()
            lines = [re.sub(r".*\d\d:\d\d:\d\d\]? +", "", each).strip() for each in lines]
            told = dict.fromkeys(each for each in lines if not NOT_TOLD.search(each))
            self.table += [f"{letter}: {line}" for line in told if line]

    def all_come_back(self) -> None:
        """Whoever has lost their server."""
        for each in self.people.values():
            each.come_back()

    def all_read(self, text: str) -> None:
        """Wait until everybody has read this, after what they had read before this step."""
        self.story.see(
            lambda: all(
                text in each.view()[self._seen[letter] :] for letter, each in self.people.items()
            ),
            f"everybody reads: {text}",
        )

    def refuses(self, name: str) -> None:
        """Somebody who wants to come in now is told why they cannot."""
        with Peer("127.0.0.1", self.fleet.proxy.port) as late:
            late.expect(PROMPT)
            late.send(name)
            late.expect(rf"! {re.escape(UNREACHABLE)}")

    def told_unsaid(self, letter: str) -> int:
        """How many lines of theirs were not said, as somebody was told in this step."""
        told = re.findall(
            r"(\d+) lines? of yours w\w+ not said", self.people[letter].view()[self._seen[letter] :]
        )
        return sum(map(int, told))


@pytest.fixture(params=[RedisProcess, PostgresProcess], ids=["redis", "postgres"])
def walk(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    desktop: Desktop,
    lossy_browser: Browser,
    need: Need,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Walk]:
    """Everybody in the room of two servers, with an engine of each kind."""
    find_programs()
    need("haproxy", "nc", *request.param.programs, modules=["redis", "psycopg"])
    monkeypatch.setattr(core, "FIRST_PAUSE_SECONDS", 0.3)
    monkeypatch.setattr(core, "LONGEST_PAUSE_SECONDS", 2.0)
    with contextlib.ExitStack() as stack:
        fleet = Fleet(tmp_path, request.param, stack)
        proxy = fleet.proxy
        root = stack.enter_context(new_window(desktop))
        apps = Apps(root)
        stack.callback(apps.close)
        options = ("--port", str(proxy.port), "--name", "Tess")
        terminal = ChatTerminal(
            *options, script=HASTY, columns=100, XDG_CONFIG_HOME=str(tmp_path / "config")
        )
        stack.enter_context(terminal).shows("Welcome, Tess")
        page = lossy_browser.visit(f"http://127.0.0.1:{proxy.web_port}/").join("Penny")
        window = Window(apps.talking(proxy.port))
        nick = AtNc(proxy.port)
        stack.callback(nick.leave)
        people: dict[str, Person] = {
            "W": window,
            "T": AtTerminal(terminal),
            "P": AtPage(page),
            "N": nick,
        }
        yield Walk(root, fleet, people)


def test_all_read_one_conversation_through_each_failure(walk: Walk) -> None:
    fleet, story = walk.fleet, walk.story
    engine = fleet.engine
    try:
        with walk.step("the engine is killed, and started again"):
            engine.kill()
            story.all_say("while the engine is dead")
            engine.start()
        with walk.step("the engine hangs for long"):
            engine.freeze()
            story.all_say("while the engine hangs")
            walk.all_read(AWAY)
            walk.refuses("Late")
            engine.thaw()
            walk.all_read(BACK)
        if isinstance(engine, RedisProcess):
            with walk.step("the engine is full"):
                engine.fill()
                story.all_say("while the engine is full")
                engine.drain()
        with walk.step("the engine has lost its disk"):
            engine.empty()
            story.all_say("after the disk was lost")
        with walk.step("a server is killed") as victim:
            fleet.servers[victim].kill()
            story.all_say("while a server is dead")
            walk.all_come_back()
            story.wait_until_all_is_logged()
            fleet.start(victim)
            wait_until(lambda: fleet.proxy.is_up("chat", victim), "HAProxy has seen it")
        with walk.step("a server stops in order") as victim:
            fleet.servers[victim].interrupt()
            fleet.servers[victim].wait()
            story.all_say("while a server is away")
            walk.all_come_back()
            story.wait_until_all_is_logged()
            fleet.start(victim)
            wait_until(lambda: fleet.proxy.is_up("chat", victim), "HAProxy has seen it")
        with walk.step("a server is cut off for a moment") as victim:
            fleet.cables[victim].cut()
            story.all_say("while a server is cut off")
            fleet.cables[victim].mend()
        with walk.step("a server is cut off for longer than the lease") as victim:
            cut_off_for_long(walk, victim)
        with walk.step("a server freezes for longer than the lease") as victim:
            os.kill(fleet.servers[victim].process.pid, signal.SIGSTOP)
            story.all_say("while a server is frozen")
            wait_until(lambda: not fleet.proxy.is_up("chat", victim), "HAProxy has seen it")
            walk.all_come_back()
            story.wait_until_all_is_logged()
            os.kill(fleet.servers[victim].process.pid, signal.SIGCONT)
            wait_until(lambda: fleet.proxy.is_up("chat", victim), "HAProxy has seen it")
    finally:
        if name := os.environ.get("WALK_TABLE"):
            Path(name).write_text("\n".join(walk.table) + "\n")


def cut_off_for_long(walk: Walk, victim: str) -> None:
    """Its people are told how many lines of theirs were not said, and say them again."""
    fleet, story = walk.fleet, walk.story
    other = next(each for each in fleet.servers if each != victim)
    before = burials(fleet.servers[other])
    fleet.cables[victim].cut()
    story.all_say("while a server is cut off for long")
    wait_until(lambda: burials(fleet.servers[other]) > before, "the other has taken it for dead")
    fleet.cables[victim].mend()
    walk.story.see(lambda: not is_untold(walk), "whoever has lost a line is told so")
    unsaid = story.unsaid()
    assert unsaid
    for mark in unsaid:
        story.all_say("once more", mark.split("-")[1])


def is_untold(walk: Walk) -> bool:
    """Whether somebody does not know yet what has become of a line of theirs."""
    missing = Counter(each.split("-")[1] for each in walk.story.missing())
    return any(walk.told_unsaid(letter) != missing[letter] for letter in walk.people)


def burials(server: HubChat) -> int:
    """How often it has taken another for dead, as its log tells."""
    return (server.logs / "connections.txt").read_text().count(" was lost\n")
