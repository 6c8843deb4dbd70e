"""When the server goes: nothing typed is lost, and nothing is taken for a name."""

import asyncio
import signal
from collections.abc import Callable

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from phase4.client.pasting import UNSEEN
from phase4.client_terminal import conversation
from phase4.client_terminal.conversation import TerminalClient
from shared import message
from tests.kit.chat import Chat
from tests.kit.chat_terminal import HASTY, ChatTerminal, after_a_moment, pasted
from tests.kit.harness import SECONDS, free_port
from tests.kit.scripted import NOBODY_ELSE, WELCOME, ScriptedServer, Speaker

Open = Callable[..., ChatTerminal]


@pytest.mark.own_server
def test_a_fault_ends_the_client_and_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(conversation, "take_batch", fail)
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
    ):
        client = TerminalClient("127.0.0.1", free_port(), "Ann")
        with pytest.raises(RuntimeError, match="a fault"):
            asyncio.run(asyncio.wait_for(client.run(), SECONDS))


@pytest.mark.own_server
def test_what_is_typed_survives_the_servers_death(
    start: Callable[..., Chat], open_terminal: Open
) -> None:
    """One line is half typed, one was sent while nobody was there: another hears it, once."""
    chat = start()
    ann = open_terminal("--port", str(chat.port), "--name", "Ann", script=HASTY)
    ann.shows(r"\| lag \d+ ms \|")  # so the name is confirmed, and nothing is on its way
    chat.signal(signal.SIGKILL)
    ann.shows(r"^ Ann \| reconnecting")
    ann.press("are you there?\rhalf a sen")
    ann.shows(r"^\d\d:\d\d:\d\d Ann: are you there\? \(waiting\)$")
    ann.shows(r"^ Ann \| reconnecting.* \| 1 line waiting")
    ann.signal(signal.SIGSTOP)  # it must not be back before Bob
    chat = start(port=chat.port)
    with chat.join("Bob") as bob:
        ann.signal(signal.SIGCONT)
        bob.hear("* Ann joined")
        bob.hear("Ann: are you there?")
        ann.shows(r"\* 1 line that waited: sent now\.$")
        ann.shows("^Ann> half a sen$")
        ann.press("tence\r")
        bob.hear("Ann: half a sentence")
        ann.shows(r"^ Ann \| 127.* \| 2 online: Ann, Bob")


@pytest.mark.parametrize("keys", ["\r", "/rec\t\r"])
def test_while_the_server_is_away_one_can_try_at_once(
    hostile: ScriptedServer, away: ChatTerminal, keys: str
) -> None:
    away.press(keys)
    with hostile.accept() as server:
        away.shows(r"^ Ann \| reconnecting \.\.\.")
        server.let_in()
        away.shows(r"^ Ann \| 127.* \| 1 online: Ann")


def test_who_stops_trying_gets_back_what_was_not_sent(away: ChatTerminal) -> None:
    away.press("/pm Bob two\r")
    away.shows(r"/pm Bob two \(waiting\)$")
    after_a_moment(away)
    away.press("//one\r")
    away.shows(r"Ann: /one \(waiting\)$")
    away.press("thr")
    away.shows("^Ann> thr$")
    away.signal(signal.SIGTERM)
    assert away.wait() == 0
    assert away.is_restored()
    assert [row for row in away.rows if row][-6:] == [
        "* You left the conversation.",
        "* 2 lines of yours may not have arrived:",
        "/pm Bob two",
        "//one",
        "* You were writing:",
        "thr",
    ]


def test_what_is_given_back_keeps_the_signs_that_the_person_wrote(away: ChatTerminal) -> None:
    """Thai and Khmer have one between words. Only what keeps a block whole is taken off."""
    away.press(pasted(f"/pm Bob one{UNSEEN}two\r    y()\r\rend"))
    away.shows(r"Send 4 lines to Bob alone")
    away.press("\r")
    away.shows(r"4 lines waiting")
    away.signal(signal.SIGTERM)
    assert away.wait() == 0
    given_back = away.output.decode().split("may not have arrived:")[1]
    assert f"/pm Bob one{UNSEEN}two" in given_back
    assert given_back.count(UNSEEN) == 1
    assert "/pm Bob     y()" in given_back


@pytest.mark.parametrize("paste", ["\r", "\rtwo\r"])
def test_what_will_be_refused_is_refused_while_the_server_is_away(
    hostile: ScriptedServer, away: ChatTerminal, paste: str
) -> None:
    """Else it would wait without a word, and what follows would be said to all."""
    away.press(f"/pmm Bob one{paste}")
    away.shows(r"^ ! There is no command /pmm; see /help")
    away.press("\x15")
    away.shows("^Ann>$")
    away.press("//etc\r")
    away.shows(r"Ann: /etc \(waiting\)$")
    away.press("\r")
    with hostile.accept() as server:
        server.let_in()
        server.expect("//etc")


def refuse_names(server: Speaker) -> None:
    """As many as the client tries by itself: then the person is asked."""
    for _ in range(4):
        server.prompt()
        server.send("! No.")
    server.send(message.NICKNAME_PROMPT)


def let_in_at_last(server: Speaker) -> None:
    server.expect("Ann")
    server.send(WELCOME)
    server.expect("/who")
    server.send(NOBODY_ELSE)


def test_half_a_name_is_not_taken_for_a_message_when_the_connection_is_lost_again(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhalf a sen")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("An")
        away.shows("^Another name: An$")
    away.shows("^Ann> half a sen$")


def test_half_a_message_is_not_taken_for_the_name_that_is_asked_for_on_return(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhalf a sen")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("2\r")
        server.expect("2")
        server.send("! Not that.", message.NICKNAME_PROMPT)
        away.shows("Not that")
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        let_in_at_last(server)
        away.shows("^Ann> half a sen$")


def test_the_rest_of_a_message_is_no_name_either(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    """Who types does not stop in the moment in which a name is asked for."""
    away.press("\r/pm Bob the password is ")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        away.press("swordfish\r")
        away.shows("^ ! This was put with the line that you were typing. Your name\\?$")
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        let_in_at_last(server)
        away.shows("^Ann> /pm Bob the password is swordfish$")


def test_a_message_begun_before_the_name_and_one_after_it_are_two_lines(
    hostile: ScriptedServer, away: ChatTerminal
) -> None:
    away.press("\rhello all")
    with hostile.accept() as server:
        refuse_names(server)
        away.shows("^Another name:$")
        after_a_moment(away)
        away.press("Ann\r")
        server.expect("Ann")
        away.shows("^Ann>$")
        away.press("/pm Bob psst")
        away.shows("^Ann> /pm Bob psst$")
        server.send(WELCOME)
        away.shows("^ Send 2 lines\\? 1 of them goes to everybody")


def test_leaving_is_possible_before_a_name_is_given(open_terminal: Open) -> None:
    client = open_terminal("--port", "1")
    client.shows("^Your name")
    client.press("\x04")
    assert client.wait() == 0
    assert client.is_restored()


@pytest.mark.own_server
def test_an_end_that_comes_before_the_prompt_ends_the_client() -> None:
    with (
        create_pipe_input() as keyboard,
        create_app_session(input=keyboard, output=DummyOutput()),
    ):
        client = TerminalClient("127.0.0.1", 1)
        client._line.leave()
        assert asyncio.run(asyncio.wait_for(client.run(), SECONDS)) == 0


def test_a_closed_port_is_a_sentence(open_terminal: Open) -> None:
    client = open_terminal("--port", str(free_port()), "--name", "Ann")
    assert client.wait() == 1
    assert client.is_restored()
    assert "No server listens on 127.0.0.1" in client.text
    assert "Traceback" not in client.text
