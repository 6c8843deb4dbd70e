"""Measure what an attack costs others: python -m tests.benchmarks.attacked

Two plain people exchange lines, one every few milliseconds, and each line is timed from sending to
its arrival. Meanwhile a process of its own does everything bad that it knows to the page's port
(tests/kit/web_attacks.py). Quiet seconds and seconds under attack alternate, as the speed of a
machine drifts: read the ratios only. Only loopback is used.

Where the system allows it, the attackers have one CPU for themselves, as if they were on another
machine, and the server and the two people share one.

    python -m tests.benchmarks.attacked --seconds 5 --rounds 5
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from shared.arguments import positive_number
from tests.kit.chat import Chat, Person
from tests.kit.harness import Program
from tests.kit.web import web_port

_PAUSE_SECONDS = 0.003  # between two lines
_PERCENTILES = (50, 99)


def main(arguments: list[str] | None = None) -> int:
    """Measure, and print; 0 where every line arrived and every attack was answered."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.attacked", description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rounds", type=positive_number, default=5)
    options = parser.parse_args(arguments)
    ours, theirs = _cpus()
    _stay_on(ours)
    ratios: dict[int, list[float]] = {each: [] for each in _PERCENTILES}
    arguments_of_server = ("--flood-rate", "0", "--name-seconds", "3", "--web-port", "0")
    status = 0
    with tempfile.TemporaryDirectory() as directory, Chat(
        Path(directory), *arguments_of_server
    ) as chat, chat.join("Alice") as alice, chat.join("Bob") as bob:  # fmt: skip
        port = web_port(chat)
        alice.hear("* Bob joined")
        for number in range(options.rounds):
            quiet = _percentiles(alice, bob, options.seconds)
            with _attack(port, theirs) as attackers:
                attacked = _percentiles(alice, bob, options.seconds)
            status |= attackers.wait()
            print(f"round {number + 1}: {_in_words(quiet)}; under attack {_in_words(attacked)}")
            print("  " + "\n  ".join(attackers.rest_of_output()[1:]))
            for each in _PERCENTILES:
                ratios[each].append(attacked[each] / quiet[each])
    for each in _PERCENTILES:
        middle = statistics.median(ratios[each])
        print(f"p{each} under attack: {middle:.2f} times that of quiet seconds.")
    return status


def _percentiles(sender: Person, recipient: Person, seconds: float) -> dict[int, float]:
    """Of the seconds that a line takes. Raises AssertionError where one is lost or out of order."""
    taken: list[float] = []
    pause = threading.Event()  # never set
    end = time.monotonic() + seconds
    while time.monotonic() < end or len(taken) < 2:
        began = time.perf_counter()
        sender.send(f"line {len(taken)}")
        recipient.hear(f"{sender.name}: line {len(taken)}")
        taken.append(time.perf_counter() - began)
        pause.wait(_PAUSE_SECONDS)
    cut = statistics.quantiles(taken, n=100, method="inclusive")
    return {each: cut[each - 1] for each in _PERCENTILES}


def _in_words(figures: dict[int, float]) -> str:
    return ", ".join(f"p{each} {1000 * value:.2f} ms" for each, value in figures.items())


@contextlib.contextmanager
def _attack(port: int, cpu: int | None) -> Iterator[Program]:
    with Program("tests.kit.web_attacks", "127.0.0.1", str(port)) as attackers:
        if cpu is not None:
            os.sched_setaffinity(attackers.process.pid, {cpu})
        attackers.expect("attacking")
        yield attackers
        attackers.end_of_input()
        attackers.wait()


def _cpus() -> tuple[int | None, int | None]:
    """One for us, and another for the attackers; None: the system places them."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None, None
    first, *_, last = sorted(os.sched_getaffinity(0))
    return last, first


def _stay_on(cpu: int | None) -> None:
    if cpu is not None:
        os.sched_setaffinity(0, {cpu})


if __name__ == "__main__":
    sys.exit(main())
