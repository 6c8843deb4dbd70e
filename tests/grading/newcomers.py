"""Many newcomers at once, and what each must hear. For the checks of phase 3 on the wire."""

import itertools
import select

from tests.grading.people import Somebody
from tests.grading.subject import Graded


def newcomers(graded: Graded, alice: Somebody, count: int) -> dict[Somebody, int]:
    """Many come at once while Alice counts; the number that each must hear at the latest."""
    due: dict[Somebody, int] = {}
    waiting = [graded.connect(f"newcomer {number}") for number in range(1, count + 1)]
    for number in itertools.count(1):
        sockets = [each.socket for each in waiting]
        welcomed = select.select(sockets, [], [], graded.running.patience)[0] or sockets
        due |= {each: number for each in waiting if each.socket in welcomed}
        waiting = [each for each in waiting if each not in due]
        alice.send(str(number))  # after they had their word of welcome
        if not waiting:
            alice.send("the end")
            return due
    raise AssertionError


def hears_from(newcomer: Somebody, due: int, count: int) -> None:
    """All numbers from this one on; those before it may come or not."""
    heard = []
    while (line := newcomer.gets_like(".*", "what Alice says")[0]) != "the end":
        heard.append(line)
    numbers = [str(number) for number in range(1, count + 1)]
    newcomer.must(
        len(heard) > count - due and heard == numbers[count - len(heard) :],
        f"get '{due}', which was said after the word of welcome",
    )
