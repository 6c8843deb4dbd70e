"""A registered name: the client logs in by itself, and no password goes where it must not.

Turn by turn, on the machine without I/O; what needs a connection comes at the end.
"""

import pytest

from phase4.client import NameRefused, PasswordAsked, Received, SendError, Welcomed
from phase4.client.account import NOT_KEPT, READABLE
from phase4.client.talk import Talk
from shared import message
from shared.rights import LoggedIn, LoggedOut
from tests.kit.scripted import NOBODY_ELSE, WELCOME, Connect, ScriptedServer, on_both_transports

pytest_generate_tests = on_both_transports

SECRET = "correct horse"
REGISTERED = message.format(message.Registered("Ann"))
LOGGED_IN = message.format(LoggedIn("10:00:00", "Ann"))
WRONG = "! That is not the password of Ann."


def written(talk: Talk) -> list[str]:
    """All that is to be written, line by line; then it is."""
    data = talk.to_write()
    talk.wrote(len(data))
    return data.decode().splitlines()


def told(talk: Talk, *lines: str) -> list[object]:
    """The events of these lines of the server's."""
    return [event for line in lines for event in talk.receive(line)]


def connected(talk: Talk, *, is_confidential: bool = True) -> Talk:
    """The server has asked for the name, and has it."""
    talk.connected(is_confidential=is_confidential)
    told(talk, message.NICKNAME_PROMPT)
    assert written(talk) == ["Ann"]
    return talk


def lost(talk: Talk) -> Talk:
    """The connection is lost, and stands again; the server has the name."""
    talk.lost()
    return connected(talk)


@pytest.fixture
def ann() -> Talk:
    """Ann, who is asked for her password as soon as her name is there."""
    return connected(Talk("Ann", SECRET, reconnects=True))


@pytest.fixture
def guest() -> Talk:
    """Ann, whose name is not registered yet, and who is in."""
    guest = connected(Talk("Ann", reconnects=True))
    told(guest, WELCOME)
    written(guest)
    return guest


def test_the_name_comes_first_and_the_password_only_where_it_is_registered(ann: Talk) -> None:
    assert told(ann, REGISTERED, message.NICKNAME_PROMPT) == []
    assert written(ann) == [f"/login Ann {SECRET}"]
    assert Welcomed("Ann") in told(ann, LOGGED_IN, WELCOME)


def test_an_unregistered_name_is_let_in_without_the_password_and_that_is_said(ann: Talk) -> None:
    said = "Ann is not registered here, and your password was not sent."
    events = told(ann, WELCOME)
    assert any(said in repr(event) for event in events)
    assert SECRET not in "".join(written(ann))
    assert not any(said in repr(event) for event in told(lost(ann), WELCOME))  # once


@pytest.mark.parametrize("times", [1, 2])
def test_on_each_return_the_client_logs_in_again(ann: Talk, times: int) -> None:
    told(ann, REGISTERED, message.NICKNAME_PROMPT, LOGGED_IN, WELCOME)
    for _ in range(times):
        lost(ann)
        assert told(ann, REGISTERED, message.NICKNAME_PROMPT) == []
        assert written(ann) == [f"/login Ann {SECRET}"]
        told(ann, LOGGED_IN, WELCOME)
        assert ann.name == "Ann"


def test_a_refused_password_is_asked_for_and_not_tried_again(ann: Talk) -> None:
    told(ann, REGISTERED, message.NICKNAME_PROMPT, LOGGED_IN, WELCOME)
    for words in (WRONG, REGISTERED):  # it was changed meanwhile, from elsewhere
        lost(ann)
        tried = told(ann, REGISTERED, message.NICKNAME_PROMPT)
        is_first = words == WRONG
        assert written(ann) == [f"/login Ann {SECRET}"] * is_first
        asked = told(ann, WRONG, message.NICKNAME_PROMPT) if is_first else tried
        reason = WRONG[2:] if is_first else "Ann is registered."
        assert asked == [PasswordAsked("Ann", reason)]
        assert written(ann) == []


def test_a_server_that_asks_again_and_again_gets_the_password_once(ann: Talk) -> None:
    for _ in range(5):
        told(ann, REGISTERED, message.NICKNAME_PROMPT)
    assert written(ann) == [f"/login Ann {SECRET}"]


def test_the_password_that_the_person_gives_then_is_sent_and_remembered(ann: Talk) -> None:
    told(ann, REGISTERED, message.NICKNAME_PROMPT, WRONG, message.NICKNAME_PROMPT)
    written(ann)
    ann.send_password("battery staple")
    assert written(ann) == ["/login Ann battery staple"]
    told(ann, LOGGED_IN, WELCOME)
    lost(ann)
    told(ann, REGISTERED, message.NICKNAME_PROMPT)
    assert written(ann) == ["/login Ann battery staple"]


def test_another_name_is_an_answer_to_the_question_for_a_password(ann: Talk) -> None:
    told(ann, REGISTERED, message.NICKNAME_PROMPT, WRONG, message.NICKNAME_PROMPT)
    written(ann)
    ann.send_name("Bob")
    assert written(ann) == ["Bob"]
    bob = REGISTERED.replace("Ann", "Bob")
    assert told(ann, bob, message.NICKNAME_PROMPT) == [PasswordAsked("Bob", "Bob is registered.")]
    assert written(ann) == []  # the password is Ann's


def test_no_password_goes_where_others_could_read_it() -> None:
    ann = connected(Talk("Ann", SECRET, reconnects=True), is_confidential=False)
    (event,) = told(ann, REGISTERED, message.NICKNAME_PROMPT)
    assert event == NameRefused(f"Ann is registered. {READABLE}", needs_tls=True)
    with pytest.raises(SendError, match="Others on the way"):
        ann.send_password("battery staple")
    with pytest.raises(SendError, match="Others on the way"):
        ann.send_name("/login Ann battery staple")
    ann.send_name("Bob")
    told(ann, WELCOME.replace("Ann", "Bob"))
    for line in ("/login Ann battery", "/register battery", "/lgoin Ann battery", " /password b"):
        with pytest.raises(SendError, match="Others on the way"):
            ann.send(line)
    assert written(ann) == ["Bob", "/who"]


@pytest.mark.parametrize(
    "line",
    [
        *("/register correct horse", "/password correct horse"),
        *("/login Ann correct horse", "/login correct horse"),
    ],
)
def test_what_is_typed_is_remembered_once_the_server_says_that_it_is_right(
    guest: Talk, line: str
) -> None:
    guest.send(line)
    told(guest, LOGGED_IN)
    lost(guest)
    assert told(guest, REGISTERED, message.NICKNAME_PROMPT) == []
    assert written(guest) == [f"/login Ann {SECRET}"]


def test_what_was_typed_and_refused_is_not_remembered(guest: Talk) -> None:
    guest.send(f"/login Ann {SECRET}")
    told(guest, WRONG)
    lost(guest)
    told(guest, REGISTERED, message.NICKNAME_PROMPT)
    assert not any(SECRET in line for line in written(guest))


@pytest.mark.parametrize("how", ["/logout", message.format(LoggedOut("10:00:00"))])
def test_a_password_is_forgotten_where_one_logs_out(ann: Talk, how: str) -> None:
    told(ann, REGISTERED, message.NICKNAME_PROMPT, LOGGED_IN, WELCOME)
    if how.startswith("/"):
        ann.send(how)
    else:
        told(ann, how)
    written(ann)
    lost(ann)
    told(ann, REGISTERED, message.NICKNAME_PROMPT)
    assert not any(SECRET in line for line in written(ann))


def test_a_line_with_a_password_is_neither_sent_again_nor_given_back(guest: Talk) -> None:
    guest.send("before")
    guest.send(f"/register {SECRET}")
    guest.send("after")
    assert f"/register {SECRET}" in written(guest)
    assert [*guest.unsent] == ["before", "after"]
    lost(guest)
    events = told(guest, WELCOME, NOBODY_ELSE)
    assert any("A line with a password may not have arrived" in repr(event) for event in events)
    *lines, question = written(guest)
    assert lines == ["/who", "before", "after"]
    told(guest, f"[10:00:00] * Pong {question.split()[-1]}")
    assert guest.arrived == 3  # the numbers of the others are as they were
    assert not guest.unsent


def test_while_the_connection_is_lost_a_password_is_refused(guest: Talk) -> None:
    guest.lost()
    with pytest.raises(SendError) as refusal:
        guest.send(f"/login Ann {SECRET}")
    assert str(refusal.value) == NOT_KEPT
    assert not guest.unsent


def test_a_password_behind_a_command_without_its_slash_is_not_sent_at_all(guest: Talk) -> None:
    told(guest, "[10:00:00] * 2 online: Ann, Bob")
    for line in (f"login Ann {SECRET}", "login Bob secret99", "register secret99"):
        with pytest.raises(SendError, match="may hold a password"):
            guest.send(line)
    assert not [line for line in written(guest) if "secret" in line or SECRET in line]
    assert not guest.unsent


def test_a_name_that_somebody_registered_meanwhile_is_let_go(guest: Talk) -> None:
    lost(guest)
    assert told(guest, REGISTERED, message.NICKNAME_PROMPT) == []
    assert written(guest) == ["Ann_"]
    told(guest, WELCOME.replace("Ann", "Ann_"), "[10:00:00] * 1 online: Ann_")
    assert [line for line in written(guest) if "Ann" in line] == ["/nick Ann"]
    told(guest, REGISTERED, "[10:00:00] * Ann left")
    assert not any("/nick" in line for line in written(guest))


def test_a_name_that_a_server_takes_for_a_password_at_first_is_given_again(guest: Talk) -> None:
    lost(guest)
    told(guest, REGISTERED, message.NICKNAME_PROMPT)
    assert written(guest) == ["Ann_"]
    told(guest, "! If this is a name, send it again.", message.NICKNAME_PROMPT)
    assert written(guest) == ["Ann_"]
    told(guest, *[REGISTERED] * 3000, message.NICKNAME_PROMPT)  # a hostile one does no harm
    assert written(guest) == ["Ann__"]


@pytest.mark.parametrize(
    "words",
    [
        *("Disconnected by the operator.", "Disconnected by Bob: enough."),
        *(
            "You are banned until 10:00:00.",
            "This address is banned.",
            "You logged in from elsewhere.",
        ),
    ],
)
def test_after_such_last_words_the_client_does_not_come_back(guest: Talk, words: str) -> None:
    told(guest, f"! {words}")
    end = guest.why_ended("The server closed the connection", in_order=True)
    assert end.is_final
    assert words in str(end)
    told(lost(guest), WELCOME, "! The server is stopping.")
    assert not guest.why_ended("The server closed the connection", in_order=True).is_final


def test_a_login_may_stand_in_the_place_of_the_name() -> None:
    ann = connected(Talk(f"/login Ann {SECRET}"))
    told(ann, REGISTERED, message.NICKNAME_PROMPT)
    assert written(ann) == [f"/login Ann {SECRET}"]


def test_nothing_that_is_told_or_printed_holds_a_password(ann: Talk) -> None:
    events = told(ann, REGISTERED, message.NICKNAME_PROMPT, LOGGED_IN, WELCOME)
    ann.send(f"/password {SECRET}")
    printed = repr((events, ann, vars(ann)["_account"], ann.unsent))
    assert SECRET not in printed
    assert any(isinstance(event, Received) for event in events)


# --- over a connection ---------------------------------------------------------------------------


def test_over_tls_and_within_this_machine_the_client_logs_in(
    server: ScriptedServer, connect: Connect
) -> None:
    ann = connect(server.port, password=SECRET)
    with server.accept() as speaker:
        assert speaker.prompt() == "Ann"
        speaker.send(REGISTERED)
        assert speaker.prompt() == f"/login Ann {SECRET}"
        speaker.send(LOGGED_IN)
        speaker.send(WELCOME)
        assert ann.until(Welcomed) == Welcomed("Ann")
