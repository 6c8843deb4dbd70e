"""What failed for want of time is asked once more: a mark must not depend on a busy machine.

That is done at the end, when hardly anything else is graded, with few at once and more patience.
What passes then has passed. It takes a bounded time, in which the phases come first that lack
least; what could not be asked again stays uncertain, and the grade says so.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.progress.checks import GRADE_ALL, How, Result
from tests.progress.grades import NOT_RUN, Grade

PATIENCES = 2.0  # each waits so much longer than the first time
JOBS_PER_CORE = 2  # as most wait for an answer that never comes
LEARNER_SECONDS = 1.2  # for a class, by its size: ten are to be graded in less than a minute
LEAST_SECONDS = 12.0  # for each


def seconds_for(learners: int) -> float:
    """How long all of it may take."""
    return max(LEAST_SECONDS, LEARNER_SECONDS * learners)


def more_patient(how: How, grade: Grade) -> How:
    """How the uncertain checks of a phase are made again.

    All of them: as they have failed once, any five in a row would seem hopeless.
    """
    patience = PATIENCES * how.patience
    return replace(how, purpose=GRADE_ALL, patience=patience, only=grade.uncertain)


def corrected(grade: Grade, again: Result) -> Grade:
    """The grade, with what came out the second time; what was not asked stays uncertain."""
    checks = {**grade.checks, **_passed(again.checks)}
    left = (each for each in grade.uncertain if again.checks.get(each, NOT_RUN) == NOT_RUN)
    return replace(grade, checks=checks, uncertain=tuple(left))


def _passed(checks: Mapping[str, str]) -> dict[str, str]:
    return {check: outcome for check, outcome in checks.items() if outcome == "passed"}
