"""Private messages that a dead connection swallowed: whoever comes back gets them, each once."""

import secrets
import socket
from collections.abc import Iterator
from typing import cast

import pytest

from phase4.server.chat_log import ChatLog
from phase4.server.clock import Clock
from phase4.server.coming_back import AWAY_SECONDS, MOST_AWAY, ComingBack
from phase4.server.member import Member
from phase4.server.outbox import FanOut, Outbox
from phase4.server.unseen import UNSEEN_BYTES, Unseen
from phase4.server.voice import Voice
from shared.address import Address
from tests.kit.chat import TIME
from tests.kit.harness import Peer
from tests.phase4.doors.conftest import Site, resume


@pytest.fixture
def secret() -> str:
    """Of one page."""
    return secrets.token_hex(16)


def come(site: Site, secret: str, seen: int | None, name: str = "Wendy") -> Peer:
    """A page that is in."""
    page = resume(site, secret, name, seen)
    page.skip_to(rf"{TIME} \* Welcome, {name}! .*")
    return page


def heard(page: Peer) -> list[str]:
    """The private messages that have come to a page, and nothing else of its own."""
    page.send("/ping all")
    lines = iter(page.read_line, "")
    said = []
    for line in lines:
        if line.endswith("* Pong all"):
            break
        if " -> " in line or "did not reach" in line:
            said.append(line.partition("] ")[2])
    return said


def test_what_a_dead_connection_swallowed_comes_to_the_one_that_takes_its_place(
    site: Site, secret: str
) -> None:
    with site.chat.join("Nell") as nell, come(site, secret, 0) as dead:
        nell.whisper("Wendy", "one", "two")
        dead.skip_to(rf"{TIME} Nell -> Wendy: one")
        with come(site, secret, 1) as wendy:  # it was gone before the second was shown
            assert heard(wendy) == ["Nell -> Wendy: two"]
            nell.whisper("Wendy", "three")
            wendy.skip_to(rf"{TIME} Nell -> Wendy: three")
            with come(site, secret, 3) as again:
                assert heard(again) == []


def test_where_the_return_is_lost_as_well_it_comes_with_the_next(site: Site, secret: str) -> None:
    with site.chat.join("Nell") as nell, come(site, secret, 0):
        nell.whisper("Wendy", "one", "two")
        with come(site, secret, 0), come(site, secret, 0) as wendy:
            assert heard(wendy) == ["Nell -> Wendy: one", "Nell -> Wendy: two"]
            with come(site, secret, 1) as again:
                assert heard(again) == ["Nell -> Wendy: two"]


def test_the_same_text_twice_in_a_second_is_two_messages(site: Site, secret: str) -> None:
    with site.chat.join("Nell") as nell, come(site, secret, 0):
        nell.whisper("Wendy", "hi", "hi", "hi")
        with come(site, secret, 1) as wendy:
            assert heard(wendy) == ["Nell -> Wendy: hi"] * 2


def test_what_one_has_whispered_oneself_is_shown_after_the_return(site: Site, secret: str) -> None:
    with site.chat.join("Nell") as nell, come(site, secret, 0) as dead:
        dead.send("/pm Nell did it arrive?")
        nell.skip_to(rf"{TIME} Wendy -> Nell: did it arrive\?")
        with come(site, secret, 0) as wendy:
            assert heard(wendy) == ["Wendy -> Nell: did it arrive?"]


def test_whoever_was_taken_for_gone_meanwhile_gets_it_too(site: Site, secret: str) -> None:
    with site.chat.join("Nell") as nell:
        dead = come(site, secret, 5)  # counted at a server that has started anew since
        nell.whisper("Wendy", "one", "two")
        dead.reset()
        nell.skip_to(rf"{TIME} \* Wendy left.*")
        with come(site, secret, 6, "Wendy") as wendy:
            assert heard(wendy) == ["Nell -> Wendy: two"]


@pytest.mark.parametrize("how", ["another secret", "another name", "no number", "it has quit"])
def test_nobody_else_gets_it(site: Site, secret: str, how: str) -> None:
    with site.chat.join("Nell") as nell:
        dead = come(site, secret, 0)
        nell.whisper("Wendy", "for Wendy's eyes")
        if how == "it has quit":
            dead.send("/quit")
            dead.read_bytes_until_end()
        dead.reset()
        nell.skip_to(rf"{TIME} \* Wendy left.*")
        shown = "f0" * 16 if how == "another secret" else secret
        seen = None if how == "no number" else 0
        with come(site, shown, seen, "Will" if how == "another name" else "Wendy") as other:
            assert heard(other) == []


def test_a_message_is_in_the_log_once_however_often_it_is_sent(site: Site, secret: str) -> None:
    with site.chat.join("Nell") as nell, come(site, secret, 0):
        nell.whisper("Wendy", "once")
        with come(site, secret, 0) as wendy:
            assert heard(wendy) == ["Nell -> Wendy: once"]
    assert site.chat.log("private_messages.txt") == ["Nell -> Wendy: once"]


# --- bounds ---------------------------------------------------------------------------------------


def test_where_it_was_too_much_the_page_is_told_how_many_are_lost(site: Site, secret: str) -> None:
    text = "x" * 3_000
    many = UNSEEN_BYTES // 3_000 + 5
    with site.chat.join("Nell") as nell, come(site, secret, 0):
        nell.whisper("Wendy", *[f"{number} {text}" for number in range(many)])
        with come(site, secret, 0) as wendy:
            told, *rest = heard(wendy)
            assert (
                told == f"* {many - len(rest)} private messages did not reach you, and cannot be "
                "shown any more."
            )
            assert rest == [
                f"Nell -> Wendy: {number} {text}" for number in range(many - len(rest), many)
            ]
            assert len(rest) == UNSEEN_BYTES // len(f"[14:03:05] Nell -> Wendy: 10 {text}\n")
            with come(site, secret, len(rest)) as again:
                assert heard(again) == []


def test_what_is_kept_for_one_person_has_a_bound() -> None:
    unseen = Unseen(7)
    for number in range(100_000):
        unseen.add(b"line %d\n" % number)
    assert unseen.count == 100_007
    assert sum(map(len, unseen.after(0))) <= UNSEEN_BYTES
    assert unseen.after(100_005) == [b"line 99998\n", b"line 99999\n"]
    assert unseen.after(100_007) == unseen.after(200_000) == []


class Coming:
    """A ComingBack whose clock stands, and people who come and are lost."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._fan_out = FanOut(lambda outbox, reason: None)
        voice = Voice(self._fan_out, cast(ChatLog, None), lambda time, text: None, Clock())
        self._fan_out.start()
        self.end = self._fan_out.stop
        self._back = ComingBack(self._fan_out, voice, lambda: self.now)

    def lose(self, secret: str) -> None:
        """Somebody is lost who has not seen one line."""
        member = self._member(secret)
        assert member.unseen
        member.unseen.add(b"line\n")
        self._back.lost(member)

    def gets_it(self, secret: str) -> bool:
        """Whether they get it when they come back."""
        member = self._member(secret)
        with self._fan_out.lock:
            self._back.is_back(member)
        assert member.unseen
        return member.unseen.count == 1

    @staticmethod
    def _member(secret: str) -> Member:
        member = Member(Outbox(socket.socket()), Address("192.0.2.7", 1))
        member.outbox.connection.close()
        member.name, member.secret, member.unseen = "Wendy", secret, Unseen(0)
        return member


@pytest.fixture
def coming() -> Iterator[Coming]:
    """Nobody was lost yet."""
    made = Coming()
    yield made
    made.end()


def test_only_so_many_who_were_lost_find_something(coming: Coming) -> None:
    for number in range(MOST_AWAY + 1):
        coming.lose(str(number))
    assert not coming.gets_it("0")
    assert coming.gets_it("1")
    assert not coming.gets_it("1")


def test_an_hour_later_nothing_is_kept(coming: Coming) -> None:
    coming.lose("first")
    coming.now += AWAY_SECONDS - 1
    coming.lose("second")
    coming.now += 1
    assert not coming.gets_it("first")
    assert coming.gets_it("second")
