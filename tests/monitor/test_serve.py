"""The page in a browser: what it shows, whom it answers, and how it ends. HTTP by hand."""

import contextlib
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from monitor.__main__ import main
from monitor.serve import MAX_VIEWERS, may_ask
from shared.status import Person
from tests.kit.harness import ROOT, SECONDS, Program, wait_until
from tests.monitor.samples import QUIET, changed
from tests.monitor.status_server import StatusServer, sends
from tests.monitor.test_palette import TEXT, contrast

PAGE = (ROOT / "monitor" / "page.html").read_text(encoding="utf-8")


class Page(Program):
    """The monitor with --serve, as a program."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("monitor", "--serve", "0", "--interval", "0.2", *arguments)
        said = self.expect(r"^The page is at http://127\.0\.0\.1:(\d+)/ \(Ctrl-C ends it\)\.$")
        self.port = int(said[1])

    def connect(self, request: str) -> socket.socket:
        """Send a request."""
        connection = socket.create_connection(("127.0.0.1", self.port), SECONDS)
        connection.sendall(request.replace("\n", "\r\n").encode())
        return connection

    def ask(
        self, path: str = "/", host: str = "localhost", more: str = "", how: str = "GET"
    ) -> str:
        """The whole answer."""
        with self.connect(f"{how} {path} HTTP/1.1\nHost: {host}\n{more}\n") as connection:
            answer = b""
            while data := connection.recv(65536):
                answer += data
        return answer.decode()

    def events(self) -> "Events":
        """A viewer."""
        return Events(self.connect("GET /events HTTP/1.1\nHost: localhost\n\n"))


class Events:
    """What one viewer gets."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._file = connection.makefile("rb")
        self.head = b""
        while (line := self._file.readline()) not in (b"\r\n", b""):
            self.head += line

    def next(self) -> dict[str, Any]:
        """The next report."""
        while True:
            line = self._file.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                told: dict[str, Any] = json.loads(line[6:])
                return told

    def until(self, what: str) -> dict[str, Any]:
        """The first report in which a text stands."""
        for _ in range(200):
            told = self.next()
            if what in json.dumps(told, ensure_ascii=False):
                return told
        raise AssertionError(f"no report with {what!r}")

    def close(self) -> None:
        """Go away."""
        self._file.close()
        self.connection.close()


@contextmanager
def serving(*arguments: str) -> Iterator[Page]:
    """The page, ended by Ctrl-C."""
    with Page(*arguments) as page:
        yield page
        page.interrupt()
        assert page.wait() == 0
        assert len(page.rest_of_output()) == 1


@pytest.fixture(scope="module")
def watched() -> Iterator[StatusServer]:
    """A status server that all checks of this file may change."""
    with StatusServer(QUIET) as running:
        yield running


@pytest.fixture(scope="module")
def page(watched: StatusServer) -> Iterator[Page]:
    """The page that shows it."""
    with serving("--status", watched.address) as running:
        yield running


# --- what it shows -------------------------------------------------------------------------------


def test_the_events_follow_the_figures_and_name_nobody(watched: StatusServer, page: Page) -> None:
    viewer = page.events()
    assert b"Content-Type: text/event-stream" in viewer.head
    watched.show(changed(people=QUIET.people[:2], people_now=2, people_peak=9))
    told = viewer.until("peak 9")
    assert told["people"] == "2"
    assert told["below"]["people"] == "peak 9"
    watched.show(changed(people=(Person("Zora", "192.0.2.9:7", 5.0),), people_now=1))
    told = viewer.until("1 joined")
    whole = json.dumps(told, ensure_ascii=False)
    assert "2 left" in whole or whole.count("1 left") >= 2
    for name in ("Alice", "bob", "小明", "Zora", "192.0.2.9", "50001"):
        assert name not in whole
    viewer.close()
    watched.show(QUIET)


def test_names_are_there_where_they_are_asked_for(watched: StatusServer) -> None:
    with serving("--status", watched.address, "--names") as page:
        viewer = page.events()
        assert [each["name"] for each in viewer.next()["names"]] == ["Alice", "小明", "bob"]
        watched.show(changed(people=QUIET.people[1:], people_now=2))
        told = viewer.until("Alice left")
        assert "127.0.0.1:50" not in json.dumps(told)  # addresses stay away
        odd = Person("\u202eEve\x1b[2J🇩🇪", "", 5.0)
        watched.show(changed(people=(odd,), people_now=1))
        name = viewer.until("Eve")["names"][0]["name"]
        assert name.endswith("🇩🇪")
        assert not {"\u202e", "\x1b"} & {*name}
        viewer.close()
    watched.show(QUIET)


def test_a_server_that_goes_is_told_and_the_last_figures_stay() -> None:
    with contextlib.ExitStack() as stack:
        with StatusServer(QUIET) as one:
            viewer = stack.enter_context(serving("--status", one.address)).events()
            assert viewer.next()["servers"][0]["state"] == "live"
        told = viewer.until("Nothing listens there")
        assert (told["servers"][0]["state"], told["answering"]) == ("gone", 0)
        assert told["people"] == "3"
        viewer.close()


def test_of_an_answer_that_cannot_be_read_nothing_is_repeated() -> None:
    odd = sends(b'{"chat_status": 1, "people": [{"name": ["Zora", 7]}]}\n')
    with StatusServer(odd) as one, serving("--status", one.address) as page:
        viewer = page.events()
        told = viewer.until("unreadable")
        assert told["servers"][0]["words"] == "The answer is not a snapshot of a server."
        assert "Zora" not in json.dumps(told)
        viewer.close()


def test_of_several_servers_it_shows_sums_and_each(watched: StatusServer) -> None:
    with (
        StatusServer(changed(people_now=40, people=(), pid=9)) as other,
        serving("--status", watched.address, "--status", other.address) as page,
    ):
        viewer = page.events()
        told = viewer.until('"answering": 2')
        assert told["people"] == "43"
        assert [each["people"] for each in told["servers"]] == ["3", "40"]
        viewer.close()


def test_what_a_server_does_not_tell_is_a_dash(watched: StatusServer) -> None:
    with (
        StatusServer(sends(b'{"chat_status": 1}\n')) as bare,
        serving("--status", bare.address) as page,
    ):
        viewer = page.events()
        told = viewer.until('"state": "live"')
        assert (told["people"], told["pace"], told["messages"]) == ("–", "–", "–")
        assert {each["value"] for each in told["details"]} == {"–"}
        viewer.close()


# --- whom it answers -----------------------------------------------------------------------------


def test_the_page_may_load_nothing_but_its_events(page: Page) -> None:
    head, _, body = page.ask().partition("\r\n\r\n")
    assert head.startswith("HTTP/1.0 200 OK")
    assert body == PAGE
    policy = re.search(r"Content-Security-Policy: (.*)\r", head)
    assert policy
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    assert "connect-src 'self'" in policy[1]
    for header in ("nosniff", "no-referrer", "no-store", "same-origin", "frame-ancestors 'none'"):
        assert header in head


def test_the_page_needs_nothing_from_elsewhere_and_makes_no_markup_of_what_it_is_told() -> None:
    assert not re.findall(r"(?:src|href)=\"(?!data:,)|@import|url\(", PAGE)
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", PAGE)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", PAGE)
    assert not re.findall(r" on\w+=| style=", PAGE)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_a_name_that_somebody_points_here_is_not_answered(page: Page, host: str) -> None:
    for path in ("/", "/events"):
        answer = page.ask(path, host)
        assert answer.startswith("HTTP/1.0 421 ")
        assert "people" not in answer


@pytest.mark.parametrize(
    ("host", "own", "may"),
    [
        ("127.0.0.1:80", "", True),
        ("[::1]:8000", "", True),
        ("192.168.1.20:8000", "0.0.0.0", True),
        ("LOCALHOST", "", True),
        ("teacher:8000", "teacher", True),
        ("teacher:8000", "0.0.0.0", False),
        ("1.2.3", "", False),
        (":80", "", False),
        ("127.0.0.1@evil.example", "", False),
    ],
)
def test_a_host_is_named_by_its_address_or_by_its_own_name(host: str, own: str, may: bool) -> None:
    assert may_ask(host, own) is may


def test_another_site_gets_no_events(page: Page) -> None:
    assert page.ask("/events", more="Sec-Fetch-Site: cross-site\n").startswith("HTTP/1.0 403 ")


@pytest.mark.parametrize(
    ("how", "path", "answer"),
    [
        ("GET", "/other", "404"),
        ("GET", "/../page.html", "404"),
        ("POST", "/", "405"),
        ("BREW", "/", "501"),
        ("HEAD", "/", "200"),
    ],
)
def test_there_is_one_page_to_get(page: Page, how: str, path: str, answer: str) -> None:
    head, _, body = page.ask(path, how=how).partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.0 {answer} ")
    assert (body == "") == (how in ("HEAD", "POST"))


def test_a_request_without_an_end_is_ended(page: Page) -> None:
    with page.connect("GET / HTTP/1.1\n") as connection:
        assert connection.recv(100) == b""  # after STATUS_SECONDS
    too_long = "GET /" + "x" * 20_000
    with page.connect(too_long) as connection, contextlib.suppress(ConnectionResetError):
        assert connection.recv(100) == b""


def test_viewers_have_a_bound_and_one_that_goes_makes_room(watched: StatusServer) -> None:
    with serving("--status", watched.address) as page:
        viewers = [page.events() for _ in range(MAX_VIEWERS)]
        assert viewers[-1].next()["people"] == "3"
        assert page.ask().startswith("HTTP/1.0 503 ")
        viewers.pop().close()
        wait_until(lambda: page.ask().startswith("HTTP/1.0 200 "), "a place to be free")
        for each in viewers:
            each.close()


def test_it_ends_at_once_while_somebody_looks_on(watched: StatusServer) -> None:
    with serving("--status", watched.address) as page:
        viewer = page.events()
        viewer.next()
    while viewer.connection.recv(65536):
        pass  # the end of the stream: no thread held on to it
    viewer.close()


def test_at_all_addresses_it_says_that_others_can_see_it(watched: StatusServer) -> None:
    command = ("monitor", "--serve", "0.0.0.0:0", "--status", watched.address)
    with Program(*command) as page:
        page.expect(r"http://127\.0\.0\.1:\d+/, and for others at this machine's address \(Ctrl-C")


def test_a_port_that_is_taken_is_one_sentence(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--serve", str(page.port)]) == 2
    assert re.fullmatch(r"monitor: .*--serve\.\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    "arguments",
    [["--names"], ["--serve", "0", "--once"], ["--serve", "0", "--json"], ["--serve", "x"]],
)
def test_options_that_do_not_go_together_are_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


# --- its colours ---------------------------------------------------------------------------------

THEMES = re.findall(r":root \{(.*?)\}", PAGE, re.DOTALL)


@pytest.mark.parametrize("theme", THEMES, ids=["light", "dark"])
def test_all_text_can_be_read_in_both_themes(theme: str) -> None:
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", theme))
    inks = ("text", "dim", "people", "messages", "good", "warn", "bad")
    for paper in ("paper", "panel"):
        for ink in inks:
            assert contrast(colours[ink], colours[paper]) >= TEXT, (ink, paper)
        assert contrast(colours["line"], colours[paper]) >= 3
    for bar in ("good", "warn", "bad"):
        assert contrast(colours["bar-text"], colours[bar]) >= TEXT, bar


def test_both_themes_are_there() -> None:
    assert len(THEMES) == 2
    assert "prefers-color-scheme: dark" in PAGE
