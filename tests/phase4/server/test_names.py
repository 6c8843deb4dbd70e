"""Names: which are allowed, who gets one, and when it is free again."""

import contextlib
import re
import socket
import ssl
import string
import threading
import unicodedata
from collections.abc import Callable
from types import SimpleNamespace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.accounts import nicknames
from phase4.accounts.nicknames import BadNickname, alternatives, fold, normalise
from shared import message
from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.harness import wait_until

Start = Callable[..., Chat]


def test_the_mark_that_windows_pipes_begin_with_is_not_part_of_the_name(chat: Chat) -> None:
    with chat.connect() as bomi:
        bomi.expect(PROMPT)
        bomi.send("\ufeffBomi")
        bomi.expect(rf"{TIME} \* Welcome, Bomi! .*")


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "Alice",
        "x" * 20,
        "Al_ice-2",
        "Łukasz",
        "مريم",
        "Αλίκη",
        "李雷",
        "हिन्दी",
        "さくら子",
        "Иван",
    ],
)
def test_a_name_of_letters_digits_underscore_and_dash_is_allowed(chat: Chat, name: str) -> None:
    with chat.join(name) as person:
        assert person.name == name


@pytest.mark.parametrize(
    "name",
    ["x" * 21, "1Alice", "_alice", "-alice", "two words", "a:b", "a,b", "a*", "<b>", "a\u200bb",
     "a\u202eb", "a\x1b[31m", "/who", "@Bob", "!", "server", "SYSTEM", "You", "a\u00a0b", "🙂",
     "аlice", "Αlice", "pаypal", "SERVER", "ѕеrver", "sуstem", "a1l", "a\u200db", "مa", "מ1a",
     "\u0301a", "A" + "\u0330\u0301" * 6, "Administrator"],
)  # fmt: skip
def test_a_name_that_could_mislead_is_refused_and_asked_for_again(chat: Chat, name: str) -> None:
    with chat.connect() as newcomer:
        newcomer.expect(PROMPT)
        newcomer.send(name, "Alice")
        newcomer.expect(r"! .+")
        newcomer.expect(PROMPT)
        newcomer.expect(rf"{TIME} \* Welcome, Alice!.*")


def test_an_empty_name_asks_for_a_random_one(chat: Chat) -> None:
    with chat.join("") as person:
        assert normalise(person.name) == person.name


@pytest.mark.parametrize("spelling", ["alice", "ALICE", "Ａｌｉｃｅ"])
def test_two_spellings_of_a_name_are_one_name(start: Start, spelling: str) -> None:
    chat = start("--on-duplicate", "reject")
    with chat.join("Alice"), chat.connect() as newcomer:
        newcomer.expect(PROMPT)
        newcomer.send(spelling)
        newcomer.expect(r"! The name \w+ is taken\.")
        newcomer.expect(PROMPT)


@pytest.mark.parametrize(
    ("name", "imitation"),
    [("Bill", "BiII"), ("Paul", "Pau1"), ("coco", "сосо"), ("BOB", "B0B"), ("Bernie", "Bemie"),
     ("modem", "modern"), ("wendy", "vvendy"), ("VVilma", "Wilma"), ("Mimi", "Mi̇mi"),
     ("Mị̇na", "Mịna"), ("Lael", "Læl"), ("مریم", "مريم"), ("هدى", "ھدى")],
)  # fmt: skip
def test_a_name_that_looks_like_one_that_is_taken_is_taken(
    start: Start, name: str, imitation: str
) -> None:
    chat = start("--on-duplicate", "reject")
    with chat.join(name) as person, chat.connect() as newcomer:
        newcomer.expect(PROMPT)
        newcomer.send(imitation)
        assert newcomer.read_line().startswith("! ")
        person.send(f"/nick {name}1", "/nick Zed")
        person.hear(f"* {name} is now {name}1")
        person.hear(f"* {name}1 is now Zed")


def test_a_taken_name_gets_a_random_one_and_is_told(chat: Chat) -> None:
    with chat.join("Alice"), chat.join("Alice") as other:
        assert other.name != "Alice"
        other.hear(f"* The name Alice is taken; you are {other.name}.")


def test_a_taken_name_gets_a_number_where_the_server_was_told_so(start: Start) -> None:
    chat = start("--on-duplicate", "number")
    with chat.join("Alice"), chat.join("alice") as second, chat.join("Alice") as third:
        assert (second.name, third.name) == ("alice1", "Alice2")


def test_a_taken_name_of_full_length_still_gets_a_number(start: Start) -> None:
    chat = start("--on-duplicate", "number")
    with chat.join("x" * 20), chat.join("x" * 20) as second:
        assert second.name == "x" * 19 + "1"


def test_nick_to_a_taken_name_is_refused_and_the_old_name_kept(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.join("Bob") as bob:
        alice.hear("* Bob joined")
        alice.send("/nick BOB")
        assert alice.refused() == "The name Bob is taken."
        alice.send("hello")
        bob.hear("Alice: hello")


def test_nick_may_change_the_case_of_ones_own_name(chat: Chat) -> None:
    with chat.join("alice") as alice:
        alice.send("/nick Alice")
        alice.hear("* alice is now Alice")


def test_a_name_is_free_again_when_its_owner_has_left(start: Start) -> None:
    chat = start("--on-duplicate", "reject")
    with chat.join("Witness") as witness:
        chat.join("Alice").close()
        witness.hear("* Alice joined")
        witness.expect(rf"{TIME} \* Alice left.*")
        chat.join("Alice").reset()
        witness.hear("* Alice joined")
        witness.expect(rf"{TIME} \* Alice left.*")
        with chat.join("Alice") as alice:
            assert alice.name == "Alice"


def _all_at_once(people: list[Person], line: str) -> list[str]:
    """Everybody sends this line at the same instant; the first answer to each."""
    answers: list[str] = []
    barrier = threading.Barrier(len(people))

    def claim(person: Person) -> None:
        barrier.wait(10)
        person.send(line if not person.name else f"/nick {line}")
        answers.append(person.skip_to(r"! .*|.*(?:Welcome, Alice!| is now Alice).*")[0])

    threads = [threading.Thread(target=claim, args=(each,)) for each in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return answers


def test_of_many_who_claim_a_name_at_once_one_gets_it(start: Start) -> None:
    chat = start("--on-duplicate", "reject")
    with contextlib.ExitStack() as stack:
        people = [stack.enter_context(Person(chat.host, chat.port)) for _ in range(200)]
        for each in people:
            each.expect(PROMPT)
        answers = _all_at_once(people, "Alice")
    assert sum("Welcome, Alice!" in answer for answer in answers) == 1
    assert sum(answer == "! The name Alice is taken." for answer in answers) == 199


def test_of_newcomers_and_people_inside_who_want_a_name_at_once_one_gets_it(start: Start) -> None:
    chat = start("--on-duplicate", "reject")
    with contextlib.ExitStack() as stack:
        inside = [stack.enter_context(chat.join(f"P{number}")) for number in range(20)]
        newcomers = [stack.enter_context(Person(chat.host, chat.port)) for _ in range(20)]
        for each in newcomers:
            each.expect(PROMPT)
        _all_at_once([*inside, *newcomers], "Alice")
        with chat.join("Witness") as witness:
            witness.send("/who")
            listed = witness.expect(rf"{TIME} \* \d+ online: (.*)")[1].split(", ")
    entries = [each for each in chat.log("connections.txt") if re.search(r"^Alice |Alice$", each)]
    assert listed.count("Alice") == 1
    claims = [each for each in entries if each.startswith("Alice joined") or "now Alice" in each]
    assert len(claims) == 1


def test_after_twenty_bad_names_the_server_says_why_and_hangs_up(chat: Chat) -> None:
    with chat.connect() as newcomer:
        newcomer.send(*["no good name"] * 20)
        lines = newcomer.read_bytes_until_end().decode().splitlines()
    assert lines[-1] == "! 20 names, and none will do. Goodbye."
    assert lines.count("* Enter your nickname:") == 20


def test_last_words_are_not_lost_to_a_reset_when_input_is_left_unread(chat: Chat) -> None:
    # Closing a socket with unread input sends a reset, which may overtake what was sent before.
    for _ in range(10):
        with chat.connect() as newcomer:
            newcomer.send(*["no good name"] * 10_000)
            newcomer.half_close()
            lines = newcomer.read_bytes_until_end().decode().splitlines()
            assert lines[-1] == "! 20 names, and none will do. Goodbye."


def test_who_gives_no_name_in_time_is_told_and_hung_up(start: Start) -> None:
    chat = start("--name-seconds", "0.3")
    with chat.connect() as silent:
        silent.expect(PROMPT)
        silent.expect("! You gave no name in time. Goodbye.")
        silent.expect_end()


@pytest.mark.parametrize("drop", [b"x", b"no good name\n"], ids=["bytes", "bad names"])
def test_the_time_for_a_name_is_the_time_in_all_however_busy_somebody_is(
    start: Start, drop: bytes
) -> None:
    chat = start("--name-seconds", "1", "--flood-rate", "0")
    with chat.connect() as dripping:
        told = threading.Event()

        def drip() -> None:
            with contextlib.suppress(OSError):
                while not told.wait(0.1):  # so often that a time for each read would never end
                    dripping.send_bytes(drop)

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            dripping.skip_to("! You gave no name in time. Goodbye.")
        finally:
            told.set()
            thread.join(10)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_a_web_browser_is_told_and_hung_up_and_says_nothing_in_the_chat(
    chat: Chat, request_bytes: bytes
) -> None:
    with chat.join("Alice") as alice, chat.connect() as browser:
        browser.send_bytes(request_bytes)
        browser.expect(PROMPT)
        browser.expect("! This is a chat server, not a web server. Goodbye.")
        browser.expect_end()
        alice.fence()


def test_an_ssh_client_is_told_and_hung_up_and_says_nothing_in_the_chat(chat: Chat) -> None:
    with chat.join("Alice") as alice, chat.connect() as client:
        client.send_bytes(b"SSH-2.0-OpenSSH_9.2\r\n\n\nhello\n")
        client.expect(PROMPT)
        client.expect("! This is a chat server, and speaks no SSH. Goodbye.")
        client.expect_end()
        alice.fence()


def test_a_tls_client_is_told_and_hung_up_and_says_nothing_in_the_chat(chat: Chat) -> None:
    with chat.join("Alice") as alice:
        with socket.create_connection((chat.host, chat.port), 10) as plain:
            context = ssl.create_default_context()
            with pytest.raises(ssl.SSLError, match="WRONG_VERSION_NUMBER"):
                context.wrap_socket(plain, server_hostname="localhost")
        alice.fence()
    wait_until(
        lambda: any("speaks TLS" in entry for entry in chat.log("connections.txt")), "it is logged"
    )


def test_a_text_that_is_too_long_for_a_name_costs_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """To normalise a letter with 1,800 marks takes 5 ms, in which nobody else is served."""
    normalised = []

    def normalize(form: Literal["NFKC"], text: str) -> str:
        normalised.append(text)
        return unicodedata.normalize(form, text)

    monkeypatch.setattr(nicknames, "unicodedata", SimpleNamespace(normalize=normalize))
    text = "a" + "\u0301\u0316" * 900
    with pytest.raises(BadNickname):
        normalise(text)
    assert fold(text) == text
    assert normalised == []


def test_a_name_may_be_typed_as_letters_and_marks() -> None:
    name = "Nguyễn-Thị-Ngọc-Diệp"
    assert len(name) == 20
    assert normalise(unicodedata.normalize("NFD", name)) == name


ASCII_NAME = f"{string.ascii_letters}{string.digits}_-"


def test_without_the_tables_names_of_ascii_are_the_same_as_with_them() -> None:
    """So a server that has only these is not less safe (tests/house/whole/test_starting.py)."""
    for start in range(0, len(ASCII_NAME), 10):
        name = f"a{ASCII_NAME[start : start + 10]}"
        nicknames._check_by_tables(name)
        assert normalise(name) == name
    with_tables = {each: nicknames._by_tables(each) for each in ASCII_NAME}
    without = {each: nicknames.ASCII_PROTOTYPES.get(each, each) for each in ASCII_NAME}
    assert with_tables == without


@given(st.text())
def test_a_name_that_is_allowed_can_forge_no_line(text: str) -> None:
    try:
        name = normalise(text)
    except BadNickname:
        return
    assert normalise(name) == name
    joined = message.Joined("14:03:05", name)
    private = message.Private("14:03:05", name, name, "hi: -> there")
    public = message.Public("14:03:05", name, "-> * joined")
    for each in (joined, private, public):
        assert message.parse(message.format(each)) == each


@given(st.text(min_size=1, max_size=20))
def test_folding_a_name_twice_changes_nothing(text: str) -> None:
    try:
        name = normalise(text)
    except BadNickname:
        return
    assert fold(fold(name)) == fold(name)


def test_the_random_names_are_names_that_the_server_allows() -> None:
    for _, name in zip(range(50), alternatives("", "random"), strict=False):
        assert normalise(name) == name
