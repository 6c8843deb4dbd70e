"""What came out: the grade of a phase, and a learner with the grades of all."""

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.grading.titles import title_of

NOT_BEGUN, GRADED, DOES_NOT_START, NOT_GRADED = (
    "not begun", "graded", "does not start", "not graded"
)  # fmt: skip
"""The states of a phase. `why` tells more of each but GRADED, and there why checks were not run."""

NOT_RUN = "not run"
"""The outcome of a check that nobody has made. It has not passed, and is counted among all."""


@dataclass(frozen=True)
class Grade:
    """What came out for one phase of one learner."""

    phase: str
    state: str
    why: str = ""
    said: str = ""  # by a server that does not start: the line that tells most
    checks: dict[str, str] = field(default_factory=dict)  # each check, and its outcome
    # Checks that got no answer in time, and were not asked again: the machine may have been busy.
    # All of them, where the server was not ready for any.
    uncertain: tuple[str, ...] = ()
    found: str = ""  # in another place, by a phase that is not begun, and where it belongs

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return Counter(self.checks.values())["passed"]

    @property
    def not_run(self) -> int:
        """How many checks nobody has made."""
        return Counter(self.checks.values())[NOT_RUN]

    @property
    def next_check(self) -> str:
        """The first check that has not passed, in words; "" where all have."""
        ahead = (each for each, outcome in self.checks.items() if outcome != "passed")
        return title_of(next(ahead, ""))

    @property
    def reason(self) -> str:
        """Why there are no figures."""
        told = self.found or self.said or self.why
        return f"{told} (not certain: was the machine busy?)" if self.uncertain else told

    def as_dict(self) -> dict[str, Any]:
        """All of it, for a program."""
        more = {"passed": self.passed, "of": len(self.checks), "not_run": self.not_run}
        return {**asdict(self), **more, "next": self.next_check}


def how_it_stands(grade: Grade) -> str:
    """What comes next, and why that is not all that is known."""
    has_none = grade.state != GRADED and not grade.next_check
    if grade.found or grade.state == DOES_NOT_START or has_none:
        return f"{grade.state}: {grade.reason}"
    rest = f"{grade.not_run} not run: {grade.why}" if grade.not_run and grade.why else grade.why
    if grade.uncertain:
        rest = f"{len(grade.uncertain)} not certain: was the machine busy?"
    ahead = f"next: {grade.next_check}" if grade.next_check else "done"
    return f"{ahead} ({rest})" if rest else ahead
