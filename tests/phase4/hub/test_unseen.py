"""What is kept for whoever comes back at another server: bounds, and what must not come so."""

from collections.abc import Iterator

import pytest

from phase4.hub.operations import Bury, HandOver, Resume, Whisper, decode
from phase4.server import shared_coming_back
from phase4.server.offering import proof_of
from phase4.server.unseen import UNSEEN_BYTES
from tests.phase4.hub.by_hand import Page, Server, settle
from tests.phase4.hub.samples import enter


class Room:
    """Two servers, and Nell at the second, who whispers."""

    def __init__(self) -> None:
        self.stream: list[bytes] = []
        self.one, self.two = (Server(each, self.stream) for each in ("one", "two"))
        self.two.say(enter("Nell/nell/nell"))
        self.settle()

    def settle(self) -> None:
        """Have both say and read what there is."""
        settle(self.one, self.two)

    def come(self, page: Page, server: Server) -> Page:
        """Let a page in."""
        page.come(server)
        self.settle()
        return page

    def whisper(self, to: Page, *texts: str) -> None:
        """Nell says this to somebody; nobody has read it yet."""
        fold = to.name.casefold()
        entry = self.two.state.people[fold].entry
        for each in texts:
            self.two.say(Whisper("nell", fold, entry, to.name, each))


@pytest.fixture
def room() -> Iterator[Room]:
    made = Room()
    yield made
    made.one.close()
    made.two.close()


def test_where_many_come_back_at_once_no_batch_has_more_than_is_kept_for_one(room: Room) -> None:
    pages = [room.come(Page(f"Page{number}"), room.one) for number in range(20)]
    for each in pages:
        room.whisper(each, *["x" * 3_000] * 10)
    room.settle()
    before = len(room.stream)
    for each in pages:
        each.come(room.two)
    room.settle()
    sizes = [
        sum(len("".join(each.lines)) for each in decode(data).operations if type(each) is HandOver)
        for data in room.stream[before:]
    ]
    assert max(sizes) <= UNSEEN_BYTES
    assert len([each for each in sizes if each]) == 10  # two of them together
    for each in pages:
        each.show()
        assert each.shown == ["x" * 3_000] * 10


def test_where_too_much_is_to_be_handed_over_the_page_is_told_how_many_lines_are_lost(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    wendy = room.come(Page(), room.one)
    room.whisper(wendy, "one", "two")
    room.settle()
    monkeypatch.setattr(shared_coming_back, "_MOST_TO_HAND_BYTES", 1)
    told = room.come(wendy, room.two).got[-1]
    assert told.endswith("* 2 private messages did not reach you, and cannot be shown any more.")
    room.whisper(wendy, "three")
    room.settle()
    wendy.show()
    assert wendy.shown == ["three"]


def test_a_page_that_counts_to_no_end_keeps_nobody_elses_lines_from_being_handed_over(
    room: Room,
) -> None:
    """It has lost more lines than there are numbers, in what it says."""
    liar, wendy = (room.come(Page(each), room.one) for each in ("Liar", "Wendy"))
    for each in (liar, wendy):
        room.whisper(each, *["x" * 3_000] * 15)
    room.settle()
    assert liar._at is not None
    unseen = liar._at[1].unseen
    assert unseen is not None
    unseen.lost = 2**53
    room.come(liar, room.two)
    room.come(wendy, room.two).show()
    assert wendy.shown == ["x" * 3_000] * 15


def test_nothing_but_private_lines_is_shown_of_what_is_handed_over(room: Room) -> None:
    wendy = room.come(Page(), room.one)
    greeted = len(wendy.got)
    forged = ["[14:03:05] * The server is stopping.", "! Disconnected by the operator.", "hello"]
    forged += ["[14:03:05] Nell: to all", "", "[14:03:05] Nell -> Wendy: to her"]
    room.two.say(HandOver("wendy", "", proof_of("Wendy's"), 0, forged))
    room.settle()
    assert wendy.got[greeted:] == ["[14:03:05] Nell -> Wendy: to her"]


def test_what_is_handed_over_to_a_server_is_not_kept_at_another_as_well(room: Room) -> None:
    wendy = room.come(Page(), room.one)
    room.whisper(wendy, "one")
    room.settle()
    wendy.lose()
    room.settle()
    room.two.say(enter("Wendy/wendy/vvendy", proof=proof_of("Wendy's")))  # who does not count
    lines = ["[14:03:05] Nell -> Wendy: for that one"]
    room.two.say(HandOver("wendy", "", proof_of("Wendy's"), 0, lines))
    room.settle()
    room.come(wendy, room.one).show()
    assert wendy.shown == ["one"]


def test_a_server_that_was_taken_for_dead_while_it_handed_over_does_it_again(room: Room) -> None:
    wendy = room.come(Page(), room.one)
    room.whisper(wendy, "one", "two")
    room.settle()
    wendy.come(room.two)
    room.two.publish()
    room.two.say(Bury("one"))
    room.two.publish()
    room.one.read(1)  # that she has come; what it hands over does not count any more
    room.one.read(1)
    room.settle()
    wendy.show()
    assert wendy.shown == ["one", "two"]


def test_what_waits_for_one_server_does_not_go_on_when_another_hands_something_over(
    room: Room,
) -> None:
    wendy = room.come(Page(), room.one)
    room.whisper(wendy, "second")
    room.settle()
    wendy.come(room.two)
    lines = ["[14:03:05] Nell -> Wendy: first"]
    room.two.say(HandOver("wendy", "", proof_of("Wendy's"), 0, lines))
    room.whisper(wendy, "third")
    room.two.publish()
    room.two.read(1)
    room.settle()
    wendy.show()
    assert wendy.shown == ["first", "second", "third"]


def test_what_waits_for_a_server_that_does_not_answer_has_a_bound(room: Room) -> None:
    wendy = room.come(Page(), room.one)
    wendy.come(room.two)
    most = shared_coming_back._MOST_WAITING
    room.whisper(wendy, *map(str, range(most - 1)))
    room.two.publish()
    room.two.read(1)
    wendy.show()
    assert wendy.shown == []
    room.whisper(wendy, "the last")
    room.two.publish()
    room.two.read(1)
    wendy.show()
    assert wendy.shown == [*map(str, range(most - 1)), "the last"]


def test_whoever_whispers_into_a_loss_that_the_room_has_not_read_is_heard_after_the_return(
    room: Room,
) -> None:
    wendy = room.come(Page(), room.one)
    room.whisper(wendy, "hello")
    wendy.lose()
    room.two.publish()
    room.settle()
    room.come(wendy, room.two).show()
    assert room.two.whispers == wendy.shown == ["hello"]


def test_of_those_who_come_and_go_so_many_are_remembered_and_no_more(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_coming_back, "_MOST_GONE", 3)
    for number in range(8):
        page = room.come(Page(f"Page{number}"), room.one)
        page.lose()
        room.settle()
        room.two.say(Resume(f"nobody's {number}", 0))
        room.settle()
    for each in (room.one, room.two):
        assert len(each.room.coming_back._was_at) <= 3
        assert len(each.room.coming_back._seen) <= 3
