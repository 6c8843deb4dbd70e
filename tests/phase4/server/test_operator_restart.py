"""What operators have decided comes through a restart; and what does not, is said."""

import doctest
import json
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from phase4.server import operating
from phase4.server.clock import SteadyClock
from tests.kit.chat import PROMPT, TIME
from tests.kit.harness import free_port, wait_until
from tests.kit.moderated import NOTHING, UNTIL, Moderated, together


def test_all_that_was_decided_comes_through_a_restart_and_a_kill(tmp_path: Path) -> None:
    port = free_port()
    with Moderated(tmp_path, port=port) as chat, chat.join("Ann") as ann, chat.join("Bob"):
        ann.send("/topic Sockets", "/mute Bob 10", "/ban Bill", "/ban 2001:db8::/64 5", "/close")
        ann.skip_to(rf"{TIME} \* Ann closed the room to writing\.")
        ann.fence()
        chat.kill()  # it was kept before the next line was read
    kept = json.loads((tmp_path / "logs" / "moderation.json").read_text())
    assert kept["closed_by"] == "Ann"
    with Moderated(tmp_path, port=port) as chat, chat.join("Bob") as bob:
        bob.hear("* The topic is: Sockets")
        bob.hear("* The room is closed to writing.")
        bob.expect(rf"{TIME} \* You are muted {UNTIL}: .*")
        bob.send("hello")
        bob.refused(f"You are muted .* {NOTHING}")
        with chat.connect() as peer:
            peer.expect(PROMPT)
            peer.send("Bill")
            peer.expect(r"! The name Bill is banned\.")
        with chat.join("Boss") as boss:
            boss.send("/bans")
            boss.skip_to(rf"{TIME} \* Banned: Bill, by Ann")
            boss.expect(rf"{TIME} \* Banned: 2001:db8::/64 {UNTIL}, by Ann")
            boss.expect(rf"{TIME} \* Muted: Bob {UNTIL}, by Ann")
            boss.send("/open", "/unmute Bob", "/unban Bill", "/unban 2001:db8::/64", "/topic -")
            boss.skip_to(rf"{TIME} \* Boss removed the topic\.")
            boss.fence()  # the next line is read when all before is kept
    with Moderated(tmp_path, port=port) as chat, chat.join("Bob") as bob:
        bob.fence()


def test_what_cannot_be_kept_is_done_and_said(tmp_path: Path) -> None:
    with Moderated(tmp_path) as chat, chat.join("Ann") as ann, chat.join("Bob") as bob:
        ann.hear("* Bob joined")
        (chat.logs / "moderation.json").mkdir()  # nothing can be put in its place
        ann.send("/close")
        ann.hear("* Ann closed the room to writing.")
        ann.refused(r"It is done. Over a restart it is kept once .*: moderation\.json cannot .*")
        bob.hear("* Ann closed the room to writing.")
        bob.send("hello")
        bob.refused("The room is closed.*")
        (chat.logs / "moderation.json").rmdir()  # and as soon as it can be kept, it is
        wait_until((chat.logs / "moderation.json").is_file, "the file")


def test_ten_minutes_are_ten_minutes_whatever_the_systems_clock_is_set_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = SteadyClock()
    end = clock.now() + 600
    for hours in (1, -1, 24 * 365):
        real = time.time
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda real=real, hours=hours: real() + 3600 * hours)
            assert 590 < end - clock.now() <= 600
            assert abs(clock.on_the_wall(end) - time.time() - 600) < 10


def test_a_bad_file_is_said_at_the_start(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "moderation.json").write_text("{")
    with Moderated(tmp_path) as chat:
        chat.signal(15)
        assert any("moderation.json cannot be used" in each for each in chat.rest_of_output())


def test_a_room_of_twenty_is_closed_and_opened_one_is_muted_and_one_kept_out(
    tmp_path: Path,
) -> None:
    names = ["Ann", *(f"P{number:02}" for number in range(1, 20))]
    with Moderated(tmp_path) as chat, ExitStack() as stack:
        ann, loud, rude, *others = together(stack, chat, *names)
        ann.send("/close", "/mute P01", "/open", "/ban P02 5")
        rude.skip_to(rf"{TIME} \* Ann opened the room to writing\.")
        rude.expect(rf"! You are banned {UNTIL}\.")
        rude.expect_end()
        loud.skip_to(rf"{TIME} \* P02 left \(banned by Ann\)")
        loud.send("hello")
        loud.refused("You are muted: .*")
        ann.send("/ping done")
        ann.skip_to(rf"{TIME} \* Pong done")  # by now the ban is written down, too
        others[0].send("all here?")
        for person in (ann, loud, *others[1:]):
            person.skip_to(rf"{TIME} P03: all here\?")
    with Moderated(tmp_path) as chat, ExitStack() as stack:
        ann, loud, *others = together(stack, chat, *(each for each in names if each != "P02"))
        loud.send("hello")
        loud.refused("You are muted: .*")
        with chat.connect() as again:
            again.expect(PROMPT)
            again.send("P02")
            again.expect(rf"! The name P02 is banned {UNTIL}\.")
        ann.send("/unmute P01", "/unban P02")
        loud.hear("* Ann lets P01 speak again.")
        loud.send("at last")
        for person in others:
            person.skip_to(rf"{TIME} P01: at last")


def test_the_examples_are_true() -> None:
    assert doctest.testmod(operating).failed == 0
