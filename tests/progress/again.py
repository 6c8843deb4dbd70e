"""What failed for want of time is asked once more: a mark must not depend on a busy machine.

It may be a check that got no answer, or the start of a server that then was asked nothing at all.

That is done at the end, when hardly anything else is graded, with few at once and more patience.
What passes then has passed. It takes a bounded time, in which the phases come first that lack
least; what could not be asked again stays uncertain, and the grade says so.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.progress.checks import GRADE_ALL, How, Result
from tests.progress.grades import DOES_NOT_START, NOT_RUN, Grade

PATIENCES = 2.0  # each waits so much longer than the first time
SECONDS_TO_SAY_SO = 1.0  # for the checks to tell that a server does not start, before time is up
JOBS_PER_CORE = 2  # as most wait for an answer that never comes
LEARNER_SECONDS = 1.2  # for a class, by its size: ten are to be graded in less than a minute
LEAST_SECONDS = 12.0  # for each


def seconds_for(learners: int) -> float:
    """How long all of it may take."""
    return max(LEAST_SECONDS, LEARNER_SECONDS * learners)


def more_patient(how: How, grade: Grade, seconds_left: float) -> How:
    """How the uncertain checks of a phase are made again.

    All of them: as they have failed once, any five in a row would seem hopeless. But where the
    server did not start, none has been made, and the phase is graded as it is the first time.
    """
    patient = replace(how, patience=PATIENCES * how.patience)
    if grade.state == DOES_NOT_START:
        longer = min(PATIENCES * how.start_seconds, seconds_left - SECONDS_TO_SAY_SO)
        return replace(patient, start_seconds=max(how.start_seconds, longer))
    return replace(patient, purpose=GRADE_ALL, only=grade.uncertain)


def corrected(grade: Grade, again: Result) -> Grade:
    """The grade, with what came out the second time; what was not asked stays uncertain."""
    if grade.state == DOES_NOT_START:
        return _started(grade, again)
    checks = {**grade.checks, **_passed(again.checks)}
    left = (each for each in grade.uncertain if again.checks.get(each, NOT_RUN) == NOT_RUN)
    return replace(grade, checks=checks, uncertain=tuple(left))


def _started(grade: Grade, again: Result) -> Grade:
    """What came out for a server that may have been too slow to start the first time."""
    if again.may_start:  # it had no less time than before
        return replace(grade, uncertain=())
    if again.no_server:
        return again.grade(grade.phase, "")
    left = [check for check, outcome in again.checks.items() if outcome == NOT_RUN]
    if len(left) == len(again.checks):
        return grade
    uncertain = () if again.given_up else tuple(left)
    return replace(again.grade(grade.phase, ""), uncertain=uncertain)


def _passed(checks: Mapping[str, str]) -> dict[str, str]:
    return {check: outcome for check, outcome in checks.items() if outcome == "passed"}
