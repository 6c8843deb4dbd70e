"""What holds in the room, as each event makes it. No server here."""

from phase4.client import Connected, ConnectionLost, Event, Received, Welcomed
from phase4.client.room_state import RoomState
from shared.message import Message
from shared.rights import LoggedIn, LoggedOut, Topic, Writing

NOW = "10:00:00"


def after(*happened: Event | Message) -> RoomState:
    """What holds after all this."""
    state = RoomState()
    for each in happened:
        state = state.after(each if isinstance(each, Event) else Received(each))
    return state


def test_what_the_server_says_before_and_after_the_welcome_counts() -> None:
    state = after(
        Connected(), LoggedIn(NOW, "Ann", is_operator=True), Welcomed("Ann"), Topic(NOW, "sockets")
    )
    assert state == RoomState("Ann", is_operator=True, topic="sockets")


def test_another_connection_begins_anew_but_the_topic_is_seen_until_one_is_in() -> None:
    before = (Connected(), LoggedIn(NOW, "Ann"), Welcomed("Ann"), Topic(NOW, "sockets"))
    lost = (*before, Writing(NOW, is_open=False), ConnectionLost("gone", 1.0), Connected())
    assert (after(*lost).account, after(*lost).topic) == ("", "sockets")
    assert after(*lost, Welcomed("Ann")) == RoomState()
    assert after(*before, Welcomed("Bob")).topic == "sockets"  # a renaming changes nothing else


def test_only_operators_write_in_a_closed_room() -> None:
    closed = (Connected(), Welcomed("Ann"), Writing(NOW, is_open=False, by="Bob"))
    assert not after(*closed).may_write
    assert after(*closed, LoggedIn(NOW, "Ann", is_operator=True)).may_write
    assert not after(*closed, LoggedIn(NOW, "Ann", is_operator=True), LoggedOut(NOW)).may_write
    assert after(*closed, Writing(NOW, is_open=True)).may_write
