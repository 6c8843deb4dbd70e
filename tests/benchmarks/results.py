"""What the rounds have given, and what it comes to: medians, and ratios to one server.

Speeds drift over minutes, so only what was measured in the same round may be compared: a ratio is
the median of the rounds' ratios. The absolute figure beside it is the median of its own.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.benchmarks.generator import Figures, Report

Values = list[float | None]
"""One value a round; None where the server failed, or the system does not say."""


@dataclass
class Results:
    """All reports of a run."""

    rounds: list[dict[tuple[str, int], Report]] = field(default_factory=list)  # by server, people
    failures: list[str] = field(default_factory=list)

    def of_run(self, server: str, people: int, value: Callable[[Report], float | None]) -> Values:
        """Something of each round's report."""
        reports = [each.get((server, people)) for each in self.rounds]
        return [value(report) if report else None for report in reports]

    def of_part(
        self, server: str, people: int, part: int, value: Callable[[Figures], float | None]
    ) -> Values:
        """Something of one part of each round's report."""
        return self.of_run(server, people, lambda report: value(report.figures[part]))

    def reports(self) -> list[Report]:
        """Those of all rounds, servers and rooms."""
        return [report for each in self.rounds for report in each.values()]


def per_second(figures: Figures) -> float:
    """Deliveries a second."""
    return figures.deliveries / figures.seconds


def cpu_for_a_million(figures: Figures) -> float | None:
    """CPU seconds that the server uses for a million deliveries."""
    if figures.server_cpu is None or not figures.deliveries:
        return None
    return figures.server_cpu / figures.deliveries * 1e6


def server_share(figures: Figures) -> float | None:
    """The part of one CPU that the server used."""
    return None if figures.server_cpu is None else figures.server_cpu / figures.seconds


def engine_share(figures: Figures) -> float | None:
    """The part of one CPU that the engine used of a room that several servers share."""
    return None if figures.engine_cpu is None else figures.engine_cpu / figures.seconds


def others_share(report: Report) -> float:
    """The part of one CPU that other programs took, at worst; 0 where the system does not say."""
    return max((each.others_cpu or 0.0) / each.seconds for each in report.figures)


def generator_share(figures: Figures) -> float:
    """The part of one CPU that the generator used."""
    return figures.generator_cpu / figures.seconds


def bytes_for_a_person(report: Report) -> float | None:
    """The server's memory for one connection."""
    if report.joined_bytes is None or report.empty_bytes is None:
        return None
    return (report.joined_bytes - report.empty_bytes) / report.figures[0].people


def known(values: Values) -> list[float]:
    """Those that are known."""
    return [each for each in values if each is not None]


def median(values: Values) -> float | None:
    """The median of those that are known, if any is."""
    return statistics.median(known(values)) if known(values) else None


def ratio(values: Values, reference: Values) -> float | None:
    """The median of the rounds' ratios.

    >>> ratio([10.0, 30.0, None], [5.0, 10.0, 20.0])
    2.5
    """
    pairs = zip(values, reference, strict=True)
    return median([a / b if a is not None and b else None for a, b in pairs])
