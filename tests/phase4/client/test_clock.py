"""One clock in one conversation: the server's, wherever it stands and however it goes."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from phase4.client.clock import ServerClock
from phase4.client.talk import Talk
from shared import message
from tests.kit.chat_terminal import HASTY, ChatTerminal
from tests.kit.scripted import NOBODY_ELSE, ScriptedServer, Speaker

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)

HOURS = [*range(-10, 14), -9.5, -3.5, 5.5, 5.75, 12.75]


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine be in Tokyo, 9 h ahead of UTC."""
    with monkeypatch.context() as here:
        here.setenv("TZ", "UTC-9")
        time.tzset()
        yield
    time.tzset()


pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no tzset")


def clock_at(utc: datetime, server_ahead: timedelta) -> ServerClock:
    """A clock that has just heard a server whose zone, or fault, is so far ahead of UTC."""
    clock = ServerClock(lambda: utc)
    clock.heard(message.Joined(f"{utc + server_ahead:%H:%M:%S}", "Bob"))
    return clock


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize("hours", HOURS)
@pytest.mark.parametrize("of_day", range(0, 24, 3))
def test_the_date_is_the_servers_wherever_it_stands(hours: float, of_day: int) -> None:
    utc, ahead = NOON.replace(hour=of_day), timedelta(hours=hours)
    assert clock_at(utc, ahead).now() == (utc + ahead).replace(tzinfo=None)


@pytest.mark.usefixtures("tokyo")
def test_before_anything_is_heard_it_is_the_own_clock() -> None:
    clock = ServerClock(lambda: NOON)
    assert (clock.time(), clock.remark()) == ("21:00:00", "")
    for nothing in (message.Error("no"), message.Other("x"), message.Joined("99:99:99", "B")):
        clock.heard(nothing)
    assert clock.time() == "21:00:00"


def test_far_in_the_east_a_server_of_the_same_zone_has_the_same_date(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as here:
        here.setenv("TZ", "UTC-14")
        time.tzset()
        assert clock_at(NOON, timedelta(hours=14)).now().day == 22
    time.tzset()


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (9, ""),
        (9 + 30 / 3600, ""),
        (9 + 5 / 60, "Times are the server's: its clock is 5 min ahead of yours."),
        (9 - 1, "Times are the server's: its clock is 1 h behind yours."),
        (0, "Times are the server's: its clock is 9 h behind yours."),
        (5.5, "Times are the server's: its clock is 3 h 30 min behind yours."),
    ],
)
def test_a_clock_that_differs_noticeably_is_told(hours: float, said: str) -> None:
    assert clock_at(NOON, timedelta(hours=hours)).remark() == said


@pytest.mark.parametrize(
    ("now", "stamp", "day"),
    [("00:00:05", "23:59:58", 20), ("23:59:58", "00:00:01", 22), ("12:00:00", "11:59:00", 21)],
)
def test_a_stamp_belongs_to_the_day_that_is_nearest(now: str, stamp: str, day: int) -> None:
    utc = datetime.combine(NOON.date(), datetime.strptime(now, "%H:%M:%S").time(), UTC)
    assert clock_at(utc, timedelta()).day_of(stamp).day == day


@pytest.mark.usefixtures("tokyo")
def test_summer_time_and_a_clock_set_right_are_followed() -> None:
    clock = ServerClock(lambda: NOON)
    for stamp in ("13:00:00", "14:00:00", "13:00:00", "14:03:00"):
        clock.heard(message.Notice(stamp, "Pong"))
        assert clock.time() == stamp


@pytest.mark.usefixtures("tokyo")
def test_the_clock_outlives_a_lost_connection_and_goes_on() -> None:
    talk = Talk("Ann", reconnects=True)
    talk.connected()
    stamp = f"{datetime.now(UTC) + timedelta(hours=5):%H:%M:%S}"
    talk.receive(message.NICKNAME_PROMPT)
    talk.receive(f"[{stamp}] * Welcome, Ann! 1 online. Hello.")
    talk.lost()
    ahead = talk.server_clock.now() - datetime.now(UTC).replace(tzinfo=None)
    assert abs(ahead - timedelta(hours=5)) < timedelta(seconds=10)


def test_in_the_terminal_own_lines_are_told_by_the_servers_clock_and_a_new_day_is_said() -> None:
    server = ScriptedServer()
    now = datetime.now(UTC)
    ahead = timedelta(hours=23, minutes=59, seconds=30) - timedelta(
        hours=now.hour, minutes=now.minute, seconds=now.second
    )  # the server is where midnight is near

    def stamp() -> str:
        return f"{datetime.now(UTC) + ahead:%H:%M:%S}"

    def answer(speaker: Speaker) -> None:
        """What was said has arrived."""
        speaker.send(f"[{stamp()}] * Pong {speaker.expect('/ping (.*)')[1]}")

    with (
        server.listener,
        ChatTerminal("--port", str(server.port), "--name", "Ann", script=HASTY, TZ="UTC-9") as ann,
    ):
        with server.accept() as speaker:
            speaker.prompt()
            speaker.send(f"[{stamp()}] * Welcome, Ann! 1 online. Hello.")
            speaker.expect("/who")
            speaker.send(NOBODY_ELSE.replace("10:00:00", stamp()))
            ann.shows(r"Times are the server's: its clock is .* (behind|ahead of) yours\.$")
            answer(speaker)
            ann.press("before\r")
            ann.shows(r"^23:5\d:\d\d Ann: before")
            speaker.expect("before")
            answer(speaker)
            speaker.send("[00:00:01] Bob: after")
            ann.shows(r"^00:00:01 Bob: after$")
            ann.press("me too\r")
            ann.shows(r"^00:0\d:\d\d Ann: me too$")
        day = r"\* (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d+ \w+ \d{4}$"
        found = ann.shows(rf"before\n(\* .*\n)*{day}(\n.*)*Bob: after")
        assert found
        assert len([row for row in ann.rows if "day, " in row]) == 1
