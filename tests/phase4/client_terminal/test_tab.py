"""What Tab completes, and in which order."""

from collections.abc import Callable

import pytest

from phase4.client import completion
from phase4.client.completion import offers
from shared import request
from tests.kit.chat import Chat
from tests.kit.chat_terminal import ChatTerminal
from tests.kit.scripted import WELCOME, ScriptedServer

Open = Callable[..., ChatTerminal]


def test_tab_completes_commands_and_names_at_typing_speed(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Robert") as robert:
        ann.shows(r"2 online: Ann, Robert")
        # in one piece: nothing is skipped. The own name is not offered.
        ann.press("ro\thi\rask ROB\t\ran\td so on\r/p\tro\tpsst\r@r\tyou\r")
        robert.hear("Ann: Robert: hi")
        robert.hear("Ann: ask Robert")
        robert.hear("Ann: and so on")
        robert.hear("Ann -> Robert: psst")
        robert.hear("Ann -> Robert: you")


def test_tab_offers_a_choice_of_names(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Roberta") as roberta, chat.join("Roberto"):
        ann.shows(r"3 online: Ann, Roberta, Roberto")
        ann.press("/pm r\t")
        ann.shows(r"^Ann> /pm Robert$")  # what they have in common
        ann.shows(r"^ +Roberta\s+Roberto$")
        ann.press("\t")
        ann.shows(r"^Ann> /pm Roberta")
        ann.press("psst\r")
        roberta.skip_to(r"\[.*\] Ann -> Roberta: psst")


def test_tab_begins_with_whoever_spoke_last(chat: Chat, ann: ChatTerminal) -> None:
    with chat.join("Roberta") as roberta, chat.join("Roberto") as roberto:
        for person in (roberta, roberto):
            person.send("hello")
            ann.shows(f"{person.name}: hello$")
            ann.press("@r\t")
            ann.shows(r"^ +@Rober(ta\s+@Roberto|to\s+@Roberta)$")
            ann.press(f"\tto {person.name}\r")
            person.skip_to(rf"\[.*\] Ann -> {person.name}: to {person.name}")


def test_tab_writes_only_what_all_names_have_in_common(
    hostile: ScriptedServer, open_terminal: Open
) -> None:
    """Also those that find no room on the screen: else it would choose to whom a line goes."""
    client = open_terminal("--port", str(hostile.port), "--name", "Ann")
    with hostile.accept() as server:
        server.prompt()
        server.send(WELCOME)
        server.expect("/who")
        names = ["Ann", *(f"Bob{number:02}" for number in range(50)), "Bodo"]
        server.send(f"[10:00:00] * 52 online: {', '.join(names)}")
        client.shows("52 online")
        client.press("@B\thi\r")
        server.expect("@Bohi")


def test_every_command_of_the_server_is_offered_but_the_one_that_clients_use() -> None:
    offered = {each.strip() for each in completion.COMMANDS}
    assert offered == set(request.COMMANDS) - request.OPERATORS_ALONE - {"/ping", "/password"} | {
        "/me"
    }


@pytest.mark.parametrize(
    ("before", "offered"),
    [
        ("", list(completion.COMMANDS)),
        ("/N", ["/nick "]),
        ("?", ["?list"]),
        ("/pm ", ["Bob ", "Bodo ", "Zoë "]),
        ("/PM bo", ["Bob ", "Bodo "]),
        ("/pm Bob ", []),
        ("/pm  ", []),
        ("/pm Bob zo", ["Zoë"]),
        ("@z", ["@Zoë "]),
        ("z", ["Zoë: "]),
        ("x", []),
        ("ask ", []),
        ("ask zoË", ["Zoë"]),
    ],
)
def test_what_tab_offers(before: str, offered: list[str]) -> None:
    assert list(offers(before, ["Bob", "Bodo", "Zoë"])) == offered
