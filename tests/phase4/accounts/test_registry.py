"""Whose the names are, in memory: what is taken up of what others have changed."""

from dataclasses import replace

from phase4.accounts.account import Account
from phase4.accounts.registry import Registry, difference

ALICE = Account(1, "Alice", "stored")
BOB = Account(2, "Bob", "stored")


def test_only_what_has_changed_differs() -> None:
    known = Registry([ALICE, BOB]).known()
    assert difference(known, [BOB, ALICE]) == ([], [])
    carol, renewed = Account(3, "Carol", "stored"), replace(BOB, stored="renewed")
    assert difference(known, [renewed, carol]) == ([ALICE], [renewed, carol])
    assert difference(known, [ALICE, replace(BOB, seen="2026-11-21")])[0] == []


def test_an_id_that_another_file_gave_to_somebody_else_is_somebody_else() -> None:
    other = Account(1, "Mallory", "stored")
    assert difference({1: ALICE}, [other]) == ([ALICE], [other])


def test_a_name_is_free_only_once_its_last_owner_is_gone() -> None:
    registry = Registry([ALICE])
    again = Account(7, "A1ice", "stored")
    registry.remove(ALICE)
    assert registry.owner_of("Alice") == ""
    registry.add(again)
    registry.remove(ALICE)  # somebody comes late
    assert registry.owner_of("Alice") == "A1ice"
    registry.remove(again)
    assert registry.owner_of("Alice") == ""
    assert not registry


def test_of_two_that_have_one_name_for_a_moment_the_later_stays() -> None:
    registry = Registry([ALICE])
    again = Account(7, "ALICE", "stored")
    registry.add(again)
    registry.remove(ALICE)
    assert registry.called("alice") == again
    assert registry.owner_of("A1ice") == ""  # which looked like the one that is gone
