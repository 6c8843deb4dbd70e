"""Where a person stands with a server: what each event makes of it."""

from phase4.client import (
    Connected,
    ConnectionLost,
    Disconnected,
    Event,
    NameRefused,
    PeopleChanged,
    Received,
    Secured,
    Welcomed,
)
from phase4.client.presence import Presence, State
from shared import message

SECURED = Secured("TLSv1.3", "AA:BB", is_first=True)


def after(*events: Event, start: Presence | None = None) -> Presence:
    """What these make of it, one after the other, at the time 100."""
    presence = start or Presence().starting()
    for event in events:
        presence = presence.after(event, 100.0)
    return presence


def test_one_is_asked_connects_comes_in_and_leaves() -> None:
    assert Presence().state is State.ASKING
    assert after().state is after(Connected()).state is State.CONNECTING
    assert after(Connected(), Welcomed("Ann")).state is State.IN
    end = Disconnected("You left the conversation.", was_wished=True)
    over = after(Connected(), Welcomed("Ann"), end)
    assert (over.state, over.end, over.is_in, over.was_in) == (State.OVER, end, False, True)


def test_a_refused_name_is_asked_for_again() -> None:
    refused = after(Connected(), NameRefused("Taken."))
    assert refused.state is State.ASKING
    assert refused.starting().state is State.CONNECTING


def test_one_is_in_while_the_connection_is_away_and_knows_when_it_is_tried_again() -> None:
    away = after(Connected(), SECURED, Welcomed("Ann"), ConnectionLost("It is gone.", 4.0))
    assert (away.state, away.is_in, away.retry_at) == (State.AWAY, True, 104.0)
    assert away.secured is None
    assert away.retrying().retry_at is None
    assert after(Connected(), start=away).state is State.AWAY  # not before the welcome
    assert after(Connected(), start=away).retry_at is None
    assert after(Connected(), Welcomed("Ann"), start=away).state is State.IN


def test_a_name_that_is_refused_on_a_return_is_not_in_until_the_next_loss_or_welcome() -> None:
    asked = after(Welcomed("Ann"), ConnectionLost("It is gone.", 4.0), NameRefused("Taken."))
    assert (asked.state, asked.was_in) == (State.ASKING, True)
    assert after(ConnectionLost("Again.", 8.0), start=asked).state is State.AWAY


def test_what_tls_agreed_on_stays_as_long_as_the_connection() -> None:
    secured = after(Connected(), SECURED, Welcomed("Ann"))
    assert secured.secured == SECURED
    assert secured.left().secured is None
    assert after(Disconnected("It is gone."), start=secured).secured is None


def test_words_and_people_change_nothing() -> None:
    there = after(Welcomed("Ann"))
    said = Received(message.Public("10:00:00", "Bob", "hello"))
    assert after(said, PeopleChanged(("Ann", "Bob")), Welcomed("Anna"), start=there) == there
