"""What operators have decided, as a state: no server, no clock, no file."""

import doctest
import itertools

import pytest

from phase4.accounts import held
from phase4.accounts.held import Hold, target_of
from phase4.accounts.moderation import (
    MAX_BANS,
    MAX_MUTES,
    Ban,
    Moderation,
    Mute,
    Order,
    Outcome,
    SetTopic,
    SetWriting,
    Unban,
    Unmute,
)

NOW = 1_000.0


def after(*orders: Order) -> Moderation:
    """The state after these orders, all given at NOW."""
    state = Moderation()
    for each in orders:
        assert state.apply(each, NOW) is Outcome.DONE
    return state


def banned(text: str, seconds: float | None = None) -> Moderation:
    return after(Ban(target_of(text), seconds, "Ann"))


@pytest.mark.parametrize("name", ["Bill", "BILL", "BiII", "Ｂｉｌｌ"])
def test_a_name_is_kept_out_in_all_its_spellings_and_so_are_its_look_alikes(name: str) -> None:
    state = banned("Bill")
    assert state.ban_of_name(name, NOW)
    assert after(Mute("Bill", None, "Ann")).mute_of(name, NOW)
    assert state.apply(Unban(name), NOW) is Outcome.DONE
    assert not state.ban_of_name("Bill", NOW)


def test_another_name_is_not_kept_out() -> None:
    assert not banned("Bill").ban_of_name("Bob", NOW)
    assert not banned("Bill").mute_of("Bill", NOW)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7", "::ffff:192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("192.0.2.0/24", "::ffff:192.0.2.7"),
        ("::ffff:192.0.2.0/120", "192.0.2.9"),
        ("0.0.0.0/1", "10.0.0.1"),
        ("2001:db8::7", "2001:DB8:0::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:db8::/32", "2001:db8:1:2::3"),
        ("fe80::1", "fe80::1%eth0"),
        ("fe80::1%eth0", "fe80::1%eth0"),
        ("fe80::1%2", "fe80::1%eth0"),
        ("[fe80::1%eth0]", "fe80::1"),
        ("fe80::/10", "fe80::abcd%wlan0"),
        ("::7", "::7"),
    ],
)
def test_an_address_is_kept_out_however_it_is_written(target: str, host: str) -> None:
    assert banned(target).ban_of_host(host, NOW)


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("192.0.2.7", "192.0.2.8"),
        ("192.0.2.0/24", "192.0.3.1"),
        ("2001:db8::/64", "2001:db8:0:1::1"),
        ("0.0.0.7", "::7"),
        ("::7", "0.0.0.7"),
        ("192.0.2.7", "somewhere.example"),
        ("192.0.2.7", ""),
    ],
)
def test_another_address_is_not(target: str, host: str) -> None:
    assert not banned(target).ban_of_host(host, NOW)


def test_a_network_that_ends_does_not_end_the_wider_one_around_it() -> None:
    state = after(
        Ban(target_of("10.1.0.0/16"), 60, "Ann"), Ban(target_of("10.0.0.0/8"), None, "Ann")
    )
    hold = state.ban_of_host("10.1.2.3", NOW)
    assert hold is not None
    assert hold.until is None
    assert state.apply(Unban(target_of("10.0.0.0/8")), NOW) is Outcome.DONE
    assert state.ban_of_host("10.1.2.3", NOW)
    assert not state.ban_of_host("10.2.0.1", NOW)


def test_what_has_an_end_is_as_if_it_were_not_there_from_that_moment_on() -> None:
    state = after(
        Ban("Bill", 60, "Ann"), Ban(target_of("10.0.0.0/8"), 60, "Ann"), Mute("Bob", 60, "Ann")
    )
    for now, holds in ((NOW + 59.9, True), (NOW + 60, False)):
        assert bool(state.ban_of_name("Bill", now)) is holds
        assert bool(state.ban_of_host("10.1.1.1", now)) is holds
        assert bool(state.mute_of("Bob", now)) is holds
        assert bool(state.bans(now)) is bool(state.all_mutes(now)) is holds
    assert state.apply(Unban("Bill"), NOW + 60) is Outcome.AS_BEFORE
    assert state.apply(Unmute("Bob"), NOW + 60) is Outcome.AS_BEFORE


def test_a_short_ban_of_a_name_does_not_hide_the_longer_one_of_a_look_alike() -> None:
    state = after(Ban("BiII", None, "Ann"), Ban("Bill", 60, "Ann"))
    assert state.ban_of_name("Bill", NOW + 61)
    assert state.apply(Unban("Bill"), NOW) is Outcome.DONE  # lifts both: that is what is meant
    assert not state.ban_of_name("BiII", NOW)


def test_a_second_ban_of_the_same_replaces_the_first() -> None:
    state = after(Ban("Bill", None, "Ann"), Ban("BILL", 60, "Bob"))
    assert state.bans(NOW) == [Hold("BILL", NOW + 60, "Bob")]


def test_bans_and_mutes_have_a_bound_and_those_that_have_ended_do_not_count() -> None:
    state = Moderation()
    for number in range(MAX_BANS):
        target = f"Bob{number}" if number % 2 else target_of(f"10.0.{number // 256}.{number % 256}")
        assert state.apply(Ban(target, 60, "Ann"), NOW) is Outcome.DONE
    for number in range(MAX_MUTES):
        assert state.apply(Mute(f"Bob{number}", 60, "Ann"), NOW) is Outcome.DONE
    assert state.apply(Ban("Carol", None, "Ann"), NOW) is Outcome.FULL
    assert state.apply(Ban(target_of("::9"), None, "Ann"), NOW) is Outcome.FULL
    assert state.apply(Mute("Carol", None, "Ann"), NOW) is Outcome.FULL
    assert state.apply(Ban("Bob1", None, "Ann"), NOW) is Outcome.DONE  # it is there already
    assert state.apply(Mute("Bob1", None, "Ann"), NOW) is Outcome.DONE
    assert state.apply(Ban("Carol", None, "Ann"), NOW + 60) is Outcome.DONE
    assert state.apply(Mute("Carol", None, "Ann"), NOW + 60) is Outcome.DONE


def test_look_alikes_cannot_pass_the_bound() -> None:
    state = Moderation()
    names = ["".join(each) for each in itertools.product("lI", repeat=10)][: MAX_MUTES + 1]
    outcomes = [state.apply(Mute(f"B{name}", None, "Ann"), NOW) for name in names]
    assert outcomes.count(Outcome.DONE) == len(state.mutes) <= MAX_MUTES


def test_topic_and_writing_say_whether_they_are_new() -> None:
    state = Moderation()
    assert state.apply(SetTopic("", "Ann"), NOW) is Outcome.AS_BEFORE
    assert state.apply(SetTopic("Sockets", "Ann"), NOW) is Outcome.DONE
    assert (state.topic, state.topic_by) == ("Sockets", "Ann")
    assert state.apply(SetTopic("", "Bob"), NOW) is Outcome.DONE
    assert (state.topic, state.topic_by) == ("", "")
    assert state.apply(SetWriting(is_open=True, by="Ann"), NOW) is Outcome.AS_BEFORE
    assert state.apply(SetWriting(is_open=False, by="Ann"), NOW) is Outcome.DONE
    assert state.apply(SetWriting(is_open=False, by="Bob"), NOW) is Outcome.AS_BEFORE
    assert (state.is_open, state.closed_by) == (False, "Ann")


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0", "1.2.3.4.5", "::1/129", "2 words", ""])
def test_what_is_neither_a_name_nor_an_address_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"is (an address inside|neither)"):
        target_of(text)


def test_the_examples_are_true() -> None:
    assert doctest.testmod(held).failed == 0
