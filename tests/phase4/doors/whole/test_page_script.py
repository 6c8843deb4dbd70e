"""The page reads lines, and what people type, as the server and all other clients do.

The page has no Python. So its functions are asked in node, and ours here, about the same lines.
"""

import ast
import dataclasses
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import strategies as st

from phase4.client import completion
from phase4.client.clock import ServerClock, day_line
from phase4.client.mentions import folded, mentions
from phase4.client.pasting import block_lines, without_unseen
from shared import message, request, secret
from tests.conftest import Need
from tests.kit.page_script import ask_node, differences, examples
from tests.shared import test_message, test_request, test_secret, test_slip

# Node knows a later Unicode than Python: what one of them calls unassigned is left out.
_SIGNS = st.characters(exclude_categories=["Cs", "Cn"])
_TEXT = st.text(_SIGNS, max_size=12)
_PIECE = st.sampled_from(
    [
        *(*request.COMMANDS, *request.SLASHES, "@", "@@", "//", "/", "Bob", "bob:", "Alice", " "),
        *("  ", "\t", "\u3000", "\u200b", "\x1b[A", "\r", "\b", "exit", "[::1]", "10.0.0.1"),
        *("fe80::1%eth0", "/me waves", "/logn", "/passwrd", "hello", ",", ":", "\u061b", "\n"),
        *("\u2028", "\ufe0f", "x", "login", "passwrd", "secret99", "correct horse", "="),
    ]
)
_TYPED = st.lists(_PIECE | _TEXT, max_size=6).map("".join)


@pytest.fixture(autouse=True)
def _node(need: Need) -> None:
    need("node")


def _is_bob(name: str) -> bool:
    return folded(name) == "bob"


def _listed(*modules: ModuleType) -> list[str]:
    """Every text in the checks of the Python functions: the tricky ones are there by name."""
    found = set[str]()
    for each in modules:
        for node in ast.walk(ast.parse(Path(str(each.__file__)).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return sorted(found)


# --- the server's lines ---------------------------------------------------------------------------

_KINDS = {"HistoryEnd": "historyEnd", "LoggedIn": "loggedIn", "LoggedOut": "loggedOut"}
_NAMED = {"new": "fresh", "are_on": "on", "is_operator": "operator", "is_open": "open"}
_OF_THE_PAST = (message.History, message.HistoryEnd)


def _as_the_page_has_it(line: str) -> dict[str, object]:
    """What Python makes of a line, in the page's words; what the page does not use is left out."""
    parsed = message.parse(line)
    name = type(parsed).__name__
    fields = {each.name: getattr(parsed, each.name) for each in dataclasses.fields(parsed)}
    told: dict[str, object] = {_NAMED.get(key, key): value for key, value in fields.items()}
    if isinstance(parsed, message.Online):
        told["people"] = [*parsed.names]
    if isinstance(parsed, _OF_THE_PAST):
        since = fields.get("since", fields.get("more"))
        is_before = fields.get("before") is not None
        way = "since" if since is not None else "before" * is_before
        number = since if since is not None else fields.get("before") or 0
        told = {"time": parsed.time, "way": way, "number": number}
    if isinstance(parsed, message.HistoryEnd):
        told["greeting"] = parsed.was_greeting
    if isinstance(parsed, message.Other):
        told = {}
    return {"kind": _KINDS.get(name, name.lower())} | told


_PARSED = """line => {
  const {kind, line: whole, ...rest} = parse(line), told = {kind, ...rest};
  for (const field of ["on", "operator", "open", "more", "greeting"]) {
    if (field in told) told[field] = Boolean(told[field]);
  }
  if (kind === "online") told.people = namesIn(told.people);
  if (kind === "history" || kind === "historyEnd") {
    told.way = told.way || "";
    told.number = told.number || 0;
  }
  if (kind === "historyEnd") told.greeting = told.greeting || false;
  if (kind === "numbers") told.on = told.on || false;
  if (kind === "public") told.number = told.number || 0;
  for (const field of ["topic", "writing"]) if (kind === field) told.by = told.by || "";
  if (kind === "topic") told.text = told.text || "";
  return told;
}"""


def _numbered(told: object) -> object:
    """Both sides' numbers as text, whatever the digits."""
    assert isinstance(told, dict)
    same = {key: told[key] for key in told}
    for key in ("number", "count"):
        if key in same:
            same[key] = int(same[key])
    return same


_MESSAGES = test_message._LINE.map(message.format).map(message.clean)
_CHANGED = st.tuples(_MESSAGES, st.floats(0, 1), st.integers(0, 2), _PIECE | _TEXT).map(
    lambda given: _with(given[0], int(given[1] * len(given[0])), given[2], given[3])
)


def _with(line: str, at: int, less: int, more: str) -> str:
    return message.clean(line[:at] + more + line[at + less :])


@pytest.mark.parametrize("lines", [_MESSAGES, _CHANGED], ids=["of the server", "nearly such"])
def test_the_page_reads_a_line_as_every_client_does(lines: st.SearchStrategy[str]) -> None:
    texts = [*examples(lines, 400), *_listed(test_message)]
    answers = ask_node((_PARSED, text) for text in texts)
    for text, answer in zip(texts, answers, strict=True):
        assert _numbered(answer) == _numbered(_as_the_page_has_it(text)), text


def test_the_page_replaces_the_same_signs() -> None:
    texts = examples(st.text(), 100) + [chr(code) for code in range(0x800) if chr(code) != "\n"]
    assert not differences("clean", texts, message.clean)


def test_the_page_comes_back_after_the_same_words() -> None:
    last = [
        "Disconnected by Ann.",
        "You are banned.",
        "This address is banned.",
        "The server stops.",
    ]
    assert not differences(
        "endsForGood", [*last, message.LOGGED_IN_ELSEWHERE], message.ends_for_good
    )


# --- what is typed --------------------------------------------------------------------------------

_REQUESTED = 'line => parseRequest(line, name => folded(name) === "bob")'


def _asked(line: str) -> dict[str, object]:
    parsed = request.parse(line, _is_bob)
    return {"kind": type(parsed).__name__.lower(), **dataclasses.asdict(parsed)}


def test_the_page_sends_to_all_what_the_server_would_say_to_all_and_refuses_the_same() -> None:
    texts = [*examples(_TYPED, 800), *_listed(test_request, test_secret, test_slip)]
    texts += [
        before + line for before in test_request.UNSEEN.values() for line in test_request.PRIVATE
    ]
    assert not differences(_REQUESTED, texts, _asked)[:3]


def test_no_sign_that_nobody_sees_makes_a_command_public_in_the_page() -> None:
    signs = filter(_is_unseen_to_both, map(chr, range(0x20000)))
    texts = [f"{sign}/pm Bob secret" for sign in signs]
    assert not any(ask_node(("isPublic", text) for text in texts))


def _is_unseen_to_both(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "CZM" and category not in ("Cs", "Cn", "Co") and sign != "\n"


def test_several_lines_go_to_the_same_people() -> None:
    lines = st.lists(_TYPED, max_size=4).map("\n".join)
    texts = examples(lines, 400)
    plain = (
        "text => { const found = splitLines(text); return [found.lines, found.to, found.public]; }"
    )
    assert not differences(plain, texts, lambda text: _told(request.split_lines(text)))[:3]
    block = plain.replace("splitLines", "blockLines")
    assert not differences(block, texts, lambda text: _told(block_lines(text)))[:3]
    to_bob = block.replace("(text);", '(text, "Bob");')
    assert not differences(to_bob, texts, lambda text: _told(block_lines(text, "Bob")))[:3]
    assert not differences("withoutMark", texts, without_unseen)[:3]


def _told(lines: request.Lines) -> list[object]:
    return [[*lines.lines], lines.to, lines.public]


def test_the_page_hides_the_same_passwords() -> None:
    texts = [*examples(_TYPED, 400), *_listed(test_secret)]
    names = ["login", "logn", "lgoin", "register", "regster", "passwd", "pasword", "unregster"]
    texts += [
        f"{slash}{name} Alice pw" for slash in "/\\\uff0f" for name in [*names, "log", "nick"]
    ]
    assert not differences("withoutSecret", texts, secret.without_secret)[:3]


def test_the_page_knows_every_command_and_offers_the_same() -> None:
    [commands, *offered] = ask_node(
        [["() => [...COMMANDS]"], ["() => OFFERED"], ["() => OFFERED_TO_OPERATORS"]]
    )
    assert commands == [[*each] for each in request.COMMANDS.items()]
    assert offered == [[*completion.COMMANDS], [*completion.OPERATORS]]
    words = [*examples(_TYPED, 200), "/w", "a", "/pm b", "@B", "ask bo", "?", ""]
    assert not differences(
        'text => offers(text, ["Bob", "Alice"])',
        [each for each in words if "/ignore" not in each.lower()],
        lambda text: [*completion.offers(text, ["Bob", "Alice"])],
    )[:3]


# --- the rest -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [("ask alice, please", "Alice"), ("malice", "Alice"), ("@Alice", "alice"), ("Alice2", "Alice"),
     ("小明你好", "小明"), ("你好小明", "小明"), ("太郎さん", "太郎"), ("민수야", "민수"),
     ("रामायण", "राम"), ("Annさん", "Ann"), ("وعلي هنا", "علي"), ("Anna", "Ann"),
     ("ANN!", "ann"), ("ann-2", "ann"),
     ("Straße", "STRASSE"), ("", "Ann")],
)  # fmt: skip
def test_the_page_finds_a_name_where_other_clients_do(text: str, name: str) -> None:
    assert ask_node([["mentions", text, name]]) == [mentions(text, name)]


def test_a_link_of_the_page_leads_to_the_host_that_people_read() -> None:
    plain = [
        "http://a.example/b?c=d#e",
        "https://a.example:8443/",
        "http://[::1]:80/",
        "mailto:a@b.example",
    ]
    other = ["javascript:alert(1)", "http://bank.example@evil.example/", "http://0x7f000001/",
             "ftp://a.b/", "http://раураl.com/", "data:text/html,x",
             "http://a.example\\@evil.example/"]  # fmt: skip
    links = "text => splitLinks(text).filter(([, isLink]) => isLink).map(([piece]) => piece)"
    assert ask_node((links, f"see {each}, ok") for each in plain) == [[each] for each in plain]
    found = ask_node((links, f"see {each}, ok") for each in other)
    assert found == [[], [], [], [], [], [], ["http://a.example"]]


def test_the_page_tells_times_and_days_by_the_servers_clock() -> None:
    tell = """(utc, heard, stamp) => {
      const clock = new ServerClock(() => utc);
      clock.heard({time: heard});
      return [clock.time(), clock.dayOf(stamp)];
    }"""
    midnight = 1_795_305_600_000
    asked = [
        (midnight + 3_600_000 * hours, heard, stamp)
        for hours in range(0, 24, 5)
        for heard in ("00:10:00", "08:45:00", "23:50:00")
        for stamp in ("00:00:01", "23:59:59")
    ]
    assert ask_node((tell, *each) for each in asked) == [_by_our_clock(*each) for each in asked]


def _by_our_clock(utc_ms: int, heard: str, stamp: str) -> list[str]:
    clock = ServerClock(lambda: datetime.fromtimestamp(utc_ms / 1000, UTC))
    clock.heard(message.Joined(heard, "Ann"))
    return [clock.time(), clock.day_of(stamp).isoformat()]


def test_a_day_is_called_as_elsewhere() -> None:
    day = date(2026, 11, 22)
    assert ask_node([["dayLine", day.isoformat()]]) == [day_line(day)]
