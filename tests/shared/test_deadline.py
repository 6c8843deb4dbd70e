"""A deadline: what is left until then, and what is said from then on."""

import pytest

from shared.deadline import Deadline


def test_before_it_the_seconds_left_are_a_timeout() -> None:
    deadline = Deadline(60)
    assert 0 < deadline.timeout() <= 60
    assert 0 < deadline.seconds_left <= 60
    assert not deadline.has_passed


@pytest.mark.parametrize("seconds", [0, -1])
def test_from_then_on_nothing_is_left_and_there_is_no_timeout(seconds: float) -> None:
    deadline = Deadline(seconds)
    assert deadline.seconds_left == 0
    assert deadline.has_passed
    with pytest.raises(TimeoutError):  # 0 would tell a socket something else
        deadline.timeout()
