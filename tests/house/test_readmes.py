"""The pages are true: each command on them runs and prints what is shown, each diff is one.

Commands are run by a shell, in a copy of the repository, with servers of their own on free ports;
those of one page one after the other, those of different pages at the same time. What cannot be run
here stands in ELSEWHERE, with the reason; a command that nobody has thought of fails.
"""

import contextlib
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import Need
from tests.grading.teaching import starting
from tests.house.pages import PAGES, Command, Diff, is_as_shown, read_page
from tests.kit.engines import PASSWORD, RedisProcess
from tests.kit.harness import (
    ROOT,
    SECONDS,
    Peer,
    Program,
    Server,
    environment,
    free_port,
    run,
    wait_until,
)
from tests.kit.phases_common import fill
from tests.kit.terminal import Terminal  # skips all of this where there are no pseudo-terminals
from tests.start import PHASES

COMMAND_SECONDS = 80.0  # several run at once, on a machine that may be slow
TRIES = 6  # for an experiment in which chance has a hand
READ = {name: read_page(ROOT, name) for name in PAGES}
COMMANDS = [command for page in READ.values() for command in page.commands]
DIFFS = [diff for page in READ.values() for diff in page.diffs]
EXPERIMENTS = [diff for diff in DIFFS if diff.is_experiment]

INSTALLS = "installs programs; .ci/run does this on a clean machine"
THIS_SUITE = "is the suite that runs already"
A_WINDOW = "opens a window; the checks do that on a screen of their own: tests/phase4/"
ELSEWHERE = {
    r"sh \.ci/setup .*": INSTALLS,
    r"sudo apt install redis-server": INSTALLS,
    r"docker run .*": "needs Docker; tests/kit/engines.py starts the same programs without",
    r"python -m pip install .*": INSTALLS,
    r"\. \.venv/bin/activate": "the checks' Python is active already",
    r"python3 -m phase1\.server": "without any library: tests/house/test_bare.py",
    r"py .*|\.venv\\Scripts\\\w+( .*)?": "for Windows",
    r"python -m pytest (-q )?tests/phase\d(/\w+)?": THIS_SUITE,
    r"python -m phase4\.server_gui": f"{A_WINDOW}server_gui/",
    r"python -m phase4\.client_gui.*": f"{A_WINDOW}client_gui/",
    r"python -m phase4\.client_terminal --port 23456": "as without the port",
    r"python -m phase4\.echo_bot": "runs until its server ends; tests/phase4/echo_bot/",
    r"python -m tests\.progress --watch my": "runs until q; tests/progress/whole/test_watch.py",
    r"python -m tests\.progress class/\*( --html \S+)?": "needs a class; tests/progress/ makes one",
    r"sudo tcpdump .*": "runs until Ctrl-C: tests/house/test_lessons.py",
    r"python -m monitor --csv .*": "runs until Ctrl-C; tests/monitor/test_record.py does that",
    r"python -m monitor --serve .*": "runs until Ctrl-C; tests/monitor/test_serve.py does that",
    r"python -m monitor --status .* --status .*": "two machines; tests/monitor/test_fleet.py",
}
TO_LOOK_AT = {
    r"─ 3 servers, one room, ": "tests/monitor/test_servers.py draws it",
    r"State +Recv-Q": "ss, while somebody waits: test_claims asks the same of /proc/net/tcp",
    r"OSError: \[Errno 24\]": "test_one_too_many_ends_phase_2, below",
    r" +phase1 +phase2": "the table of a class; tests/progress/whole/test_screen.py prints it",
    r"\$argon2id\$": "what is kept of a password; tests/phase4/accounts/test_passwords.py",
    r"From another machine, with": "tests/phase4/server/test_board.py makes such a machine",
    r"main thread": "a drawing",
    r"I am in the mid": "a part of what phase 3's page shows",
    r"shared/ ": "the folders",
    r" ?127\.0\.0\.1:\d+ +phase4": "the monitor; tests/monitor/test_screen.py looks at it",
    r"\d\d:\d\d:\d\d .*": "the terminal client; tests/phase4/client_terminal/",
    r"# HELP chat_messages_total": "test_the_metrics_are_those_on_the_page, below",
    r"! Only an operator may do that\.": "tests/phase4/server/test_operator.py",
    r"\[14:03:05\] \* Bob is banned\.": "the same",
    r"Press q to stop\. / begins": "tests/phase4/server/test_command_line.py",
    r"\* Enter your nickname:\nAlice\n": "test_the_conversation_with_nc, below",
    r"\* Enter your nickname:\nAnn\n": "a server is killed: tests/phase4/hub/whole/test_haproxy.py",
}
NEEDS_SERVER = re.compile(r"\bnc\b|phase\d\.client|monitor")
INTERACTIVE = re.compile(r"python -m phase[123]\.(server|client)")  # with what is typed into it
STARTS = re.compile(r"python -m (phase4\.(server|relay))( .*)?")
STATUS_ONE = ("does not have this flaw", "FAILED", "NOT YET", "This was not expected")
CERTIFICATE = ("--tls-cert", "chat-cert.pem", "--tls-key", "chat-key.pem")  # made on the page
SHOWN_HOST = "192.168.1.20"  # the server's machine on the page
SHOWN_ENGINES = re.compile(r"redis://(127\.0\.0\.1:6379|10\.0\.0\.9)")  # what --hub is told there
SEVERAL_SERVERS = "phase4/hub/README.md"


def reason_of(known: dict[str, str], text: str, *, whole: bool) -> str | None:
    """Why something is not run here; None if there is no reason."""
    match = re.fullmatch if whole else re.match
    return next((why for pattern, why in known.items() if match(pattern, text)), None)


HERE = [command for command in COMMANDS if not reason_of(ELSEWHERE, command.text, whole=True)]


# --- a copy of the repository --------------------------------------------------------------------


def copy_of_house(directory: Path, change: Diff | None = None) -> Path:
    """A copy in which programs can be run, and changed."""
    folders = ("phase1", "phase2", "phase3", "phase4", "monitor", "shared", "tests")
    # With what Python has compiled, which saves a third of the time; but not while it is written.
    without = shutil.ignore_patterns("*.pyc.*", "*.png", "*.svg")
    for folder in folders:
        shutil.copytree(ROOT / folder, directory / folder, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", directory)
    if change:
        change.apply(directory)
    return directory


def shell(command: str, directory: Path, typed: bytes = b"") -> tuple[int, str]:
    """Run a command as a reader would type it; its exit status, and all that it printed."""
    env = environment()
    for name in ("PYTHONPATH", "CI", "BUILD_NUMBER"):  # with the last two, pytest prints more
        env.pop(name, None)
    env["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{env['PATH']}"  # `python` is this one
    env["COLUMNS"] = "80"
    env["PYTEST_ADDOPTS"] = "-p no:hypothesispytest -p no:cacheprovider"  # a second less for each
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=directory,
        env=env,
        input=typed,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    return done.returncode, done.stdout.decode()


class Desk:
    """Where the commands of one page are run: a copy, and a server where they need one."""

    def __init__(self, page: str, directory: Path, stack: contextlib.ExitStack) -> None:
        self.directory = directory
        self.phase = page.partition("/")[0]
        self._stack = stack
        self._server: Server | None = None
        self._tls_server: Server | None = None
        self._web: Program | None = None
        self._engine: RedisProcess | None = None
        self._is_shared = page == SEVERAL_SERVERS
        self._printed: dict[str, tuple[int, str]] = {}  # by commands that are on the page again
        self.metrics_port = free_port()
        self.page_port = free_port()
        self.status_port = free_port()

    @property
    def port(self) -> int:
        """The port of this page's server, which is started when it is first asked for."""
        if self._server is None:
            phase = self.phase if self.phase.startswith("phase") else "phase4"
            extra = self.phase4_arguments() if phase == "phase4" else ()
            self._server = self._stack.enter_context(Server(f"{phase}.server", *extra))
        return self._server.port

    @property
    def tls_port(self) -> int:
        """The same for the server with the certificate that the page has made."""
        if self._tls_server is None:
            ports = ("--status-port", "0", "--quit-key", "off")
            self._tls_server = self._stack.enter_context(
                Server("phase4.server", *ports, *CERTIFICATE, cwd=self.directory)
            )
        return self._tls_server.port

    @property
    def web_port(self) -> int:
        """The port of a web server, which is started when it is first asked for."""
        if self._web is None:
            where = ("--bind", "127.0.0.1", "0")
            self._web = self._stack.enter_context(
                Program("http.server", *where, cwd=self.directory)
            )
            self.printed_by_web = self._web.expect(r"Serving HTTP on .* port (\d+) ")
        return int(self.printed_by_web[1])

    @property
    def engine_url(self) -> str:
        """Where a Redis is, which is started when it is first asked for."""
        if self._engine is None:
            self._engine = self._stack.enter_context(RedisProcess())
        return self._engine.url

    def phase4_arguments(self) -> tuple[str, ...]:
        """So that it is alone on its ports, and its logs are not in the house."""
        return (
            *(("--hub", self.engine_url) if self._is_shared else ()),
            *("--status-port", str(self.status_port), "--metrics-port", str(self.metrics_port)),
            *("--web-port", str(self.page_port), "--quit-key", "off"),
            *("--log-dir", str(self.directory / "logs")),
        )

    def with_engine(self, command: str) -> str:
        """The same, with this desk's Redis in place of the page's."""
        if SHOWN_ENGINES.search(command):
            return SHOWN_ENGINES.sub(self.engine_url, command)
        if not command.startswith("redis-cli "):
            return command
        assert self.engine_url  # it is up
        assert self._engine is not None
        return f"REDISCLI_AUTH='{PASSWORD}' {command.replace(' ', f' -p {self._engine.port} ', 1)}"

    def with_ports(self, command: str) -> str:
        """The command as it must be here: with the ports of this desk."""
        if "nc -N 127.0.0.1 8000" in command:
            return command.replace("8000", str(self.web_port))
        if "8080" in command:
            assert self.port  # it is up
            return command.replace("8080", str(self.page_port))
        if re.search(r"\bnc |phase\d\.client", command):
            command = command.replace("12345", str(self.port))
            command = re.sub(r"(phase\d\.client\w*)", rf"\1 --port {self.port}", command)
        if command.startswith("openssl s_client"):
            command = command.replace("12345", str(self.tls_port))
        if "curl" in command:
            assert self.port  # it is up
            command = command.replace("12347", str(self.metrics_port))
        return command

    # --- the ways to run a command ---------------------------------------------------------------

    def run(self, command: Command) -> None:
        """Run it. Raises AssertionError where the page is not true."""
        if INTERACTIVE.fullmatch(command.text):
            compare(command, transcript(self.phase, command.text))
        elif command.text.startswith("python -m http.server "):
            assert self.web_port
            compare(command, self.printed_by_web.string)
        elif started := STARTS.fullmatch(command.text):
            self.start_and_stop(started[1], command)
        elif re.fullmatch(r"python -m (monitor|phase4\.client_terminal.*)", command.text):
            self.on_terminal(command.text)
        else:
            self.run_to_its_end(command)

    def run_to_its_end(self, command: Command) -> None:
        """What ends by itself, or with what is typed."""
        for left in reversed(range(TRIES if command.change else 1)):
            status, printed = self.outcome_of(command)
            assert "Traceback" not in printed, printed
            if command.shown is None:
                assert status == 0, printed
            elif is_as_shown(command.shown, printed) or not left:
                compare(command, printed)
                assert status == any(each in command.shown for each in STATUS_ONE), printed
                return

    def outcome_of(self, command: Command) -> tuple[int, str]:
        """The exit status and the output; where a page shows a run in parts, of one run."""
        assert re.match(
            r"\(?(python|printf|mkdir|nc|curl|head|openssl|redis-cli)\b", command.text
        ), "not known"
        if command.text not in self._printed:
            speaks = command.text.startswith(("nc ", "openssl s_client"))
            typed = b"Reader\n/quit\n" if speaks else b""
            here = self.with_ports(self.with_engine(command.text))
            outcome = shell(here, self.directory, typed)
            if not re.search("eavesdropper|certificate", command.text):
                return outcome
            self._printed[command.text] = outcome
        return self._printed[command.text]

    def start_and_stop(self, module: str, command: Command) -> None:
        """What runs until somebody ends it: that it starts with these options, and stops."""
        if command.shown is not None:
            compare(command, traced_relay(self.port))
            return
        options = [] if module == "phase4.relay" else ["--status-port", "0", "--quit-key", "off"]
        given = self.with_engine(command.text).split()[3:]
        for option in {"--metrics-port", "--port", "--status-port", "--web-port"} & {*given}:
            given[given.index(option) + 1] = "0"
        with Server(module, *options, *given, cwd=self.directory) as server:
            server.interrupt()
            assert server.wait() == 0

    def on_terminal(self, text: str) -> None:
        """What wants a terminal, until it is told to quit."""
        assert self.port
        _, _, module, *options = text.split()
        is_monitor = module == "monitor"
        port = self.tls_port if {"--tls", "--ca"} & {*options} else self.port
        where = f"127.0.0.1:{self.status_port}" if is_monitor else str(port)
        options = [re.sub(r"^(.*\.pem)$", rf"{self.directory}/\1", each) for each in options]
        options = ["127.0.0.1" if each == SHOWN_HOST else each for each in options]
        options += ["--status" if is_monitor else "--port", where]
        env = {
            "PROMPT_TOOLKIT_NO_CPR": "1",  # or it waits 2 s to hear where the cursor is
            "XDG_CONFIG_HOME": str(self.directory / "config"),  # what is remembered goes there
        }
        with Terminal("-m", module, *options, columns=100, rows=30, env=env) as terminal:
            terminal.until("LIVE" if is_monitor else "Your name|Welcome")
            if "Your name" in terminal.text:
                terminal.press("Reader\r")
                terminal.until("Welcome")
            terminal.press("q" if is_monitor else "/quit\r")
            assert terminal.wait() == 0


def compare(command: Command, printed: str) -> None:
    """What a command printed must be what its page shows."""
    assert command.shown is not None
    assert is_as_shown(command.shown, printed), (
        f"{command} shows\n{command.shown}\nand prints\n{printed}"
    )


# --- all commands --------------------------------------------------------------------------------

Outcomes = dict[Command, BaseException | None]


def run_all(page: str, change: Diff | None, commands: list[Command], directory: Path) -> Outcomes:
    """Run the commands of one page, or of one experiment, in their order."""
    outcomes: Outcomes = {}
    with contextlib.ExitStack() as stack:
        desk = Desk(page, copy_of_house(directory, change), stack)
        for command in commands:
            try:
                desk.run(command)
                outcomes[command] = None
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - told by its check
                outcomes[command] = error
    return outcomes


def _command_of(item: pytest.Function) -> Command:
    command = item.callspec.params["command"]
    assert isinstance(command, Command)
    return command


@pytest.fixture(scope="module")
def outcome(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Command], BaseException | None]]:
    """How a command went. All that were asked for are run at once, a few pages at a time."""
    wanted: list[Command] = [
        _command_of(item)
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.originalname == test_a_command_does_what_its_page_says.__name__
    ]
    desks: dict[tuple[str, Diff | None], list[Command]] = {}
    for command in wanted:
        desks.setdefault((command.page, command.change), []).append(command)
    with ThreadPoolExecutor(4) as pool:
        running: dict[tuple[str, Diff | None], Future[Outcomes]] = {
            desk: pool.submit(run_all, *desk, commands, tmp_path_factory.mktemp("house"))
            for desk, commands in sorted(desks.items(), key=lambda desk: -len(desk[1]))
        }
        yield lambda command: running[command.page, command.change].result()[command]


@pytest.mark.timeout(200)
@pytest.mark.parametrize("command", HERE, ids=str)
def test_a_command_does_what_its_page_says(
    command: Command, outcome: Callable[[Command], BaseException | None], need: Need
) -> None:
    if found := re.match(r"(?:.*\| )?(nc|curl)\b", command.text):
        need(found[1])
    if command.page == SEVERAL_SERVERS or SHOWN_ENGINES.search(command.text):
        need("redis-server", "redis-cli", modules=["redis"])
    error = outcome(command)
    if error is not None:
        raise error


SAME = [
    ("a 1.5 s\n...\nz", "a  0.25 s\nx\ny\nz"),
    ("...F\nFAILED ... - why", "..F\nFAILED here - why"),
    ("1 A → s SYN\n2 s → A hi\n3 s → B hi", "1 A → s SYN\n1 s → B hi\n1 s → A hi"),
    ("...\n2 s → A two", "1 s → A one\n2 s → A two\n3 s → A three"),
]
OTHER = [
    ("a\nz", "a\nx\nz"),
    ("a\n...\nz", "a\nx"),
    ("a", "a\nb"),
    ("1 s → A one\n2 s → A two", "1 s → A two\n2 s → A one"),
    ("1 s → A one", "1 s → A one\n2 s → A two"),
    ("1 s → A one", "1 s → B one"),
    ("1 s → A one", "1 s → A one\n2 s → B one"),
    ("...\n2 s → A two", "1 s → A one"),
]


@pytest.mark.parametrize(("shown", "printed"), SAME)
def test_what_differs_in_each_run_is_not_compared(shown: str, printed: str) -> None:
    assert is_as_shown(shown, printed)


@pytest.mark.parametrize(("shown", "printed"), OTHER)
def test_everything_else_is_compared(shown: str, printed: str) -> None:
    assert not is_as_shown(shown, printed)


def test_every_reason_is_needed() -> None:
    """What is no more on any page needs no reason why it is not run."""
    for pattern in ELSEWHERE:
        assert any(re.fullmatch(pattern, command.text) for command in COMMANDS), pattern
    everything = [block for page in READ.values() for block in page.to_look_at]
    for pattern in TO_LOOK_AT:
        assert any(re.match(pattern, block) for block in everything), pattern


@pytest.mark.parametrize("page", PAGES)
def test_what_is_no_command_is_known(page: str) -> None:
    for block in READ[page].to_look_at:
        assert reason_of(TO_LOOK_AT, block, whole=False), f"nobody checks this block:\n{block}"


# --- conversations, as they are shown ------------------------------------------------------------


def transcript(phase: str, command: str) -> str:
    """What a terminal shows in which the server, or the shown client, of a phase runs."""
    with Server(f"{phase}.server") as server:
        play = {"phase1": play_phase1, "phase2": play_phase2, "phase3": play_phase3}[phase]
        shown_by_client = play(server)
        server.interrupt()
        shown_by_server = "\n".join(server.rest_of_output())
        on_terminal = shown_by_client.result()
    return shown_by_server if command.endswith("server") else on_terminal


class Typing:
    """A client on a terminal, and what the terminal showed."""

    def __init__(self, phase: str, server: Server) -> None:
        self.terminal = Terminal("-m", f"{phase}.client", "--port", str(server.port))

    def type(self, keys: str) -> None:
        """Type, and wait until the terminal has echoed it."""
        before = len(self.terminal.output)
        self.terminal.press(keys)
        echo = keys.replace("\n", "\r\n").encode()
        self.terminal.until(lambda: echo in self.terminal.output[before:])

    def shows(self, line: str, times: int = 1) -> None:
        """Wait until the terminal has shown the end of such a line, so often in all."""
        end = f"{line}\r\n".encode()
        self.terminal.until(lambda: self.terminal.output.count(end) == times)

    def result(self) -> str:
        """Everything, at the end."""
        with self.terminal:
            self.terminal.wait()
            return self.terminal.text.strip()


MIDDLE = "I am in the middle of a line"


def play_phase1(server: Server) -> Typing:
    """One client, two lines."""
    typing = Typing("phase1", server)
    server.expect("connected")
    typing.type("Hello Server!\n")
    typing.shows("Hello Client!")
    typing.type(f"{MIDDLE}\n")
    typing.shows(MIDDLE, times=2)
    typing.terminal.press("\x04")
    server.expect("left")
    return typing


def play_phase2(server: Server) -> Typing:
    """Two clients; the second stays to the end."""
    with server.connect() as first:
        server.expect("connected")
        typing = Typing("phase2", server)
        server.expect("connected")
        first.send("Hello Server!")
        first.expect("Hello Client!")
        for line in ("Hello from the second", "another line"):
            typing.type(f"{line}\n")
            typing.shows(line, times=2)
        first.send(MIDDLE)
        first.expect(MIDDLE)
    server.expect("left")
    return typing


def play_phase3(server: Server) -> Typing:
    """Two clients; the first types while the second speaks, and leaves."""
    typing = Typing("phase3", server)
    server.expect("joined")
    second = server.connect()
    threading.Thread(target=drain, args=(second,), daemon=True).start()
    typing.shows("joined, 2 here")
    server.expect("joined")
    typing.type("Hello Server!\n")
    server.expect("Hello Server!")
    second.send("Hello from the second")
    typing.shows("< Hello from the second")
    typing.type("I am in the mid")
    second.send("another line")
    typing.shows("< another line")
    typing.type("dle of a line\n")
    server.expect(MIDDLE)
    typing.terminal.press("\x04")
    server.expect("left")
    return typing


def drain(peer: Peer) -> None:
    """Read what comes, until the end; then close."""
    with contextlib.suppress(OSError):
        peer.read_bytes_until_end()
    peer.close()


def traced_relay(port: int) -> str:
    """Alice comes through a relay that shows what passes, and Bob does not."""
    arguments = ("--trace", "--upstream", f"127.0.0.1:{port}")
    with Server("phase4.relay", *arguments) as relay:
        with Peer("127.0.0.1", port) as bob, relay.connect() as alice:
            bob.skip_to(r"\* Enter.*")
            bob.send("Bob")
            bob.skip_to(r".*Welcome.*")
            alice.skip_to(r"\* Enter.*")
            alice.send("Alice")
            alice.skip_to(r".*Welcome.*")
            alice.send("@Bob: the key is under the mat")
            alice.skip_to(".*mat")
            bob.send("thank you")
            alice.skip_to(".*thank you")
            alice.send("/quit")
            alice.expect_end()
        relay.expect("closed:")
        return "\n".join(relay.output)


def test_the_conversation_with_nc(tmp_path: Path) -> None:
    """What Alice sees on the page of phase 4, where she types the lines that nobody sent."""
    shown = next(each for each in READ["phase4/README.md"].to_look_at if "lunch?" in each)
    typed = ["Alice", "hello", "@Bob: lunch?", "/who", "/pmm Bob oops"]
    arguments = ("--status-port", "0", "--quit-key", "off", "--log-dir", str(tmp_path))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server("phase4.server", *arguments))
        alice = stack.enter_context(server.connect())
        bob: Peer | None = None
        for line in shown.splitlines():
            if line in typed:
                alice.send(line)
            elif "Tommy joined" in line:
                bob = stack.enter_context(server.connect())
                bob.skip_to(r"\* Enter.*")
                bob.send("alice")
                name = alice.expect(r"\[.*\] \* (\w+) joined")[1]  # another one each time
            elif "is now Bob" in line:
                assert bob
                bob.send("/nick Bob")
                alice.expect(rf"\[.*\] \* {name} is now Bob")
            else:
                if "Bob left" in line:
                    assert bob
                    bob.half_close()
                got = alice.read_line()
                assert is_as_shown(line, got), f"the page shows {line!r}, and it says {got!r}"


def test_haproxy_as_it_is_configured_on_the_page_says_who_connects(
    tmp_path: Path, need: Need
) -> None:
    need("haproxy", modules=["cryptography"])
    files = [str(tmp_path / f"chat-{each}.pem") for each in ("cert", "key")]
    assert run("phase4.certificate", "127.0.0.1", "--cert", files[0], "--key", files[1])[0] == 0
    (tmp_path / "chat.pem").write_text("".join(Path(each).read_text() for each in files))
    shown = re.search(r"```haproxy\n(.*?)```", READ["docs/proxy.md"].text, re.DOTALL)
    assert shown
    port = free_port()
    arguments = ("--status-port", "0", "--quit-key", "off", "--log-dir", str(tmp_path))
    with Server("phase4.server", "--trusted-proxy", "127.0.0.1", *arguments) as server:
        configuration = shown[1].replace("/etc/haproxy/chat.pem", str(tmp_path / "chat.pem"))
        configuration = configuration.replace(":12345", f"127.0.0.1:{port}")
        configuration = configuration.replace("127.0.0.1:12344", f"127.0.0.1:{server.port}")
        (tmp_path / "haproxy.cfg").write_text(configuration)
        with haproxy(tmp_path / "haproxy.cfg", port):
            where = ("--host", "127.0.0.1", "--port", str(port), "--ca", files[0])
            with Program("phase4.client_terminal", *where, "--name", "Ann") as ann:
                ann.expect("Welcome, Ann!")
                ann.type("hello\n")
                ann.end_of_input()
                assert ann.wait() == 0
    assert " Ann: hello\n" in (tmp_path / "messages.txt").read_text()
    came = (tmp_path / "connections.txt").read_text()
    assert re.search(r" Ann joined from 127\.0\.0\.1:\d+\n", came)


@contextlib.contextmanager
def haproxy(configuration: Path, port: int) -> Iterator[None]:
    """HAProxy, ready on this port."""
    with subprocess.Popen(["haproxy", "-db", "-f", str(configuration)]) as process:
        try:
            wait_until(lambda: can_connect(port) or process.poll() is not None, "HAProxy listens")
            assert process.poll() is None, "HAProxy does not like the configuration"
            yield
        finally:
            process.kill()


def can_connect(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), SECONDS).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_metrics_are_those_on_the_page(tmp_path: Path, need: Need) -> None:
    need(modules=["prometheus_client"])
    page = READ["phase4/server/README.md"]
    shown = next(each for each in page.to_look_at if each.startswith("# HELP"))
    port = free_port()
    arguments = ("--status-port", "0", "--quit-key", "off", "--log-dir", str(tmp_path))
    with (
        Server("phase4.server", "--metrics-port", str(port), *arguments),
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=SECONDS) as answer,
    ):
        printed = answer.read().decode()
    for line in shown.splitlines():
        assert any(is_as_shown(line, each) for each in printed.splitlines()), line


@pytest.mark.skipif(sys.platform != "linux", reason="sets the limit of another process")
def test_one_too_many_ends_phase_2() -> None:
    """As the lesson says in a folded answer: no descriptor is left, and accept() raises."""
    import resource  # not everywhere

    with Server("phase2.server") as server, contextlib.ExitStack() as stack:
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (12, 12))
        for _ in range(12):
            with contextlib.suppress(OSError):
                stack.enter_context(server.connect())
        server.expect(r"OSError: \[Errno 24\] Too many open files")
        assert server.wait() != 0


# --- diffs and experiments -----------------------------------------------------------------------


@pytest.mark.parametrize("diff", DIFFS, ids=lambda diff: f"{diff.page}: {diff.plus[0].strip()}")
def test_a_diff_shows_lines_of_both_files(diff: Diff) -> None:
    """In the order of the files. An experiment's new lines are in no file."""
    assert_in_order(diff.old, diff.minus)
    if not diff.is_experiment:
        assert_in_order(diff.new, diff.plus)
        new = set((ROOT / diff.new).read_text(encoding="utf-8").splitlines())
        assert not [line for line in diff.minus if line in new and line not in diff.plus]


def assert_in_order(file: str, shown: tuple[str, ...]) -> None:
    """Each of these lines must be in the file, one after the other."""
    lines = iter((ROOT / file).read_text(encoding="utf-8").splitlines())
    for line in shown:
        assert any(line == each for each in lines), f"{line!r} is not in {file}, or not there"


SHOWN_BELOW = {
    ("phase1/README.md", "            pass"): "test_without_a_goodbye_the_end_is_a_reset",
    ("phase3/README.md", "            self.deliver(line, others)"): (
        "test_under_the_lock_not_even_a_newcomer_is_greeted"
    ),
}


def test_every_experiment_is_made() -> None:
    """By the commands that follow it on its page, or by a check below."""
    made = {command.change for command in HERE if command.change}
    for diff in EXPERIMENTS:
        name = SHOWN_BELOW.get((diff.page, diff.plus[-1]))
        assert diff in made or name in globals(), diff


def experiment(page: str, line: str) -> Diff:
    """The experiment of a page that takes this line away."""
    return next(each for each in EXPERIMENTS if each.page == page and line in each.minus[-1])


def ends_with_a_reset(house: Path) -> bool:
    """Whether a client that sends too much may be cut off by a reset."""
    with Server("phase1.server", cwd=house) as server:
        for _ in range(20):
            with server.connect() as peer:
                try:
                    peer.send_bytes(b"x" * 200_000)
                    peer.half_close()
                    peer.read_bytes_until_end()
                except OSError:  # a reset, or the other end of one (Linux: ENOTCONN)
                    return True
    return False


def test_without_a_goodbye_the_end_is_a_reset(tmp_path: Path) -> None:
    change = experiment("phase1/README.md", "say_goodbye(connection)")
    assert not ends_with_a_reset(ROOT)
    assert ends_with_a_reset(copy_of_house(tmp_path / "house", change))


def greets_a_newcomer_while_all_stands_still(house: Path) -> bool:
    """Whether a word of welcome comes, while the server waits for somebody who does not read."""
    with Server("phase3.server", cwd=house) as server, server.connect() as lazy:
        lazy.skip_to(r"\* You are .*")
        with server.connect() as speaker:
            speaker.skip_to(r"\* You are .*")
            fill(speaker)  # until the server waits for `lazy`, and so takes no more
            with server.connect() as newcomer:
                # No fence can tell: all stands still. What does come, comes in a millisecond.
                return bool(select.select([newcomer.socket], [], [], 1.0)[0])


def test_under_the_lock_not_even_a_newcomer_is_greeted(tmp_path: Path) -> None:
    change = experiment("phase3/README.md", "self.deliver(line, others)")
    assert greets_a_newcomer_while_all_stands_still(ROOT)
    assert not greets_a_newcomer_while_all_stands_still(copy_of_house(tmp_path / "house", change))


# --- what else a page can get wrong --------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_every_module_and_file_that_is_named_is_there(page: str) -> None:
    text = READ[page].text
    for module in re.findall(r"python -m ((?:phase\d|monitor|tests)[\w.]*)", text):
        file = ROOT / module.replace(".", "/")
        assert file.with_suffix(".py").exists() or (file / "__main__.py").exists(), module
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / page).parent.joinpath(link).exists(), link


@pytest.mark.parametrize("phase", ["phase1", "phase2", "phase3"])
def test_the_parts_of_a_lesson_are_all_there_in_their_order(phase: str) -> None:
    parts = [
        *("What you can do now", "What breaks", "Run it", "What is on the wire"),
        *("Read the code: what is new", "Experiments", "Check yours", "Hints", "Questions"),
        "The flaw that remains",
    ]
    assert READ[f"{phase}/README.md"].sections[1:] == parts


def test_every_section_that_a_check_points_to_is_in_its_lesson() -> None:
    files = [*ROOT.glob("tests/phase*/test_wire.py"), *ROOT.glob("tests/grading/**/*.py")]
    pointers = {
        found
        for file in files
        for found in re.findall(r'"([\w/]+README\.md), ([^"]+)"', file.read_text(encoding="utf-8"))
    }
    of_start = (starting(phase).section.split(", ", 1) for phase in PHASES)
    pointers |= {(page, section) for page, section in of_start}
    assert len(pointers) > 5
    for page, section in pointers:
        assert any(each.startswith(section) for each in READ[page].sections), f"{page}, {section}"
