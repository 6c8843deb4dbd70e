"""Who makes way where connections are too many."""

from functools import partial

from phase4.transport.newcomers import Newcomer, end_one


class Crowd:
    """Newcomers, and the order in which they were ended."""

    def __init__(self, *newcomers: tuple[str, str, float, bool]) -> None:
        """Each has a label, a network, the moment at which it came, and whether it is served."""
        self.ended: list[str] = []
        self._left = {each[0]: each[1:] for each in newcomers}

    def newcomers(self) -> list[Newcomer]:
        """Those who are left."""

        def ending(label: str) -> bool:
            self.ended.append(label)
            return self._left.pop(label, None) is not None

        return [
            Newcomer(network, since, partial(ending, label), is_served)
            for label, (network, since, is_served) in self._left.items()
        ]

    def end_all(self) -> list[str]:
        """In which order they make way."""
        while end_one(self.newcomers()):
            pass
        return self.ended


def test_of_those_who_are_most_the_oldest_makes_way_and_then_the_oldest_of_all() -> None:
    crowd = Crowd(
        ("alone", "192.0.2.1", 1, False),
        ("third", "192.0.2.9", 4, False),
        ("first", "192.0.2.9", 2, False),
        ("second", "192.0.2.9", 3, False),
    )
    assert crowd.end_all() == ["first", "second", "alone", "third"]


def test_whoever_has_asked_is_ended_after_those_of_the_same_network_who_have_not() -> None:
    crowd = Crowd(
        ("answered", "192.0.2.9", 1, True),
        ("silent", "192.0.2.9", 2, False),
        ("alone", "192.0.2.1", 0, False),
    )
    assert crowd.end_all() == ["silent", "alone", "answered"]


def test_many_that_are_served_slowly_make_way_before_one_who_is_silent() -> None:
    slow = [(f"slow {number}", "192.0.2.9", 10.0 + number, True) for number in range(3)]
    crowd = Crowd(("alone", "192.0.2.1", 1, False), *slow)
    assert crowd.end_all()[:2] == ["slow 0", "slow 1"]


def test_one_that_has_become_a_person_meanwhile_is_passed_over() -> None:
    crowd = Crowd(("first", "192.0.2.9", 1, False), ("second", "192.0.2.9", 2, False))
    seen = crowd.newcomers()
    assert end_one(seen)
    assert end_one(seen)
    assert crowd.ended == ["first", "first", "second"]
    assert not end_one(seen)
