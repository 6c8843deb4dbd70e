"""The checks across: a table for each phase, what most learners stand at, and all in words."""

from collections.abc import Iterator, Mapping, Sequence

from tests.grading.titles import case_of, promise_of
from tests.progress.grades import DOES_NOT_START, NOT_BEGUN, NOT_RUN, Grade
from tests.progress.page.markup import foreign, scrolling, text
from tests.progress.page.summary import Learner

MOST_IN_LISTS = 400  # checks that are named in words, of all learners together
LEAST_IN_A_LIST = 15  # of one learner


# --- a table for each phase -----------------------------------------------------------------------


def tables_of_checks(learners: Sequence[Learner], phases: Sequence[str]) -> Iterator[str]:
    """For each phase of which there are figures: names down, checks across, folded."""
    for column, phase in enumerate(phases):
        grades = [learner.grades[column] for learner in learners]
        # Each promise once, in their order, whoever was asked it.
        promises = dict.fromkeys(promise_of(each) for grade in grades for each in _checks(grade))
        if promises:
            yield (
                f'<details id="{text(phase)}"><summary>{text(phase)}: {len(promises)} checks'
                f"</summary>\n{_table(text(phase), [*promises], learners, grades)}</details>\n"
            )


def _checks(grade: Grade | None) -> dict[str, str]:
    """Each check that was made, or was to be made, and its outcome."""
    return grade.checks if grade and grade.state != DOES_NOT_START else {}


def _table(
    phase: str, promises: list[str], learners: Sequence[Learner], grades: Sequence[Grade | None]
) -> str:
    columns = "".join(f'<th scope="col"><span>{text(each)}</span></th>' for each in promises)
    outcomes = [_outcomes(grade) for grade in grades]
    rows = "\n".join(
        f'<tr><th scope="row">{foreign(learner.name)}</th>{_cells(grade, promises, theirs)}</tr>'
        for learner, grade, theirs in zip(learners, grades, outcomes, strict=True)
    )
    return scrolling(
        f'<table class="checks">\n<caption id="about-{phase}">The checks of {phase}: ✓ passed,'
        " ✗ failed, – not run; 3/7: so many of its cases passed</caption>\n"
        f'<thead><tr><th scope="col">Learner</th>{columns}</tr></thead>\n'
        f"<tbody>\n{rows}\n</tbody>\n{_foot(promises, outcomes)}</table>",
        f"about-{phase}",
        is_wide=True,
    )


def _outcomes(grade: Grade | None) -> dict[str, list[str]]:
    """Each promise, and the outcomes of its cases."""
    found: dict[str, list[str]] = {}
    for check, outcome in _checks(grade).items():
        found.setdefault(promise_of(check), []).append(outcome)
    return found


def _cells(grade: Grade | None, promises: list[str], outcomes: dict[str, list[str]]) -> str:
    if not outcomes:
        state = grade.state if grade else "not known yet"
        return f'<td class="none" colspan="{len(promises)}">{state}</td>'
    return "".join(_cell(outcomes.get(each, [])) for each in promises)


def _cell(cases: list[str]) -> str:
    """As short as can be: a class has thousands of these."""
    passed = cases.count("passed")
    if cases.count(NOT_RUN) == len(cases):
        return "<td>–"
    if passed == len(cases):
        return "<td class=p>✓"
    return f"<td class=f>{passed}/{len(cases)}" if passed else "<td class=f>✗"


def _foot(promises: list[str], outcomes: Sequence[dict[str, list[str]]]) -> str:
    """How many have kept each promise; nothing where there is one learner."""
    if len(outcomes) < 2:
        return ""
    kept = (sum({*theirs.get(each, ())} == {"passed"} for theirs in outcomes) for each in promises)
    cells = "".join(f"<td>{count}" for count in kept)
    return f'<tfoot><tr><th scope="row">How many passed it</th>{cells}</tr></tfoot>\n'


# --- what most stand at ---------------------------------------------------------------------------


def table_of_next(learners: Sequence[Learner]) -> str:
    """What stands next, and for whom.

    First come those who are stuck before any check; then what the most have before them.
    """
    waiting: dict[tuple[str, str], list[str]] = {}
    for learner in learners:
        for phase, what in _ahead(learner):
            waiting.setdefault((phase, what), []).append(learner.name)
    rows = "\n".join(
        f'<tr><td>{text(phase)}</td><th scope="row">{foreign(check)}</th><td>{len(names)}</td>'
        f"<td>{', '.join(map(foreign, names))}</td></tr>"
        for (phase, check), names in _by_urgency(waiting)
    )
    if not rows:
        return ""
    return scrolling(
        '<table class="next">\n<caption id="about-next">What stands next, and for whom</caption>\n'
        '<thead><tr><th scope="col">Phase</th><th scope="col">Check</th><th scope="col">Learners'
        f'</th><th scope="col">Names</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>',
        "about-next",
    )


def _ahead(learner: Learner) -> Iterator[tuple[str, str]]:
    """Each phase in which something is to be done, and what.

    A phase that is not begun is such where nothing before it is.
    """
    has_more_to_do = False
    for grade in learner.grades:
        if grade and (what := _what_is_ahead(grade)):
            if what != NOT_BEGUN or not has_more_to_do:
                yield grade.phase, what
            has_more_to_do = True


def _what_is_ahead(grade: Grade) -> str:
    return grade.state if grade.state in (DOES_NOT_START, NOT_BEGUN) else grade.next_check


def _by_urgency(
    waiting: Mapping[tuple[str, str], list[str]],
) -> list[tuple[tuple[str, str], list[str]]]:
    """First who has no server that runs, then who has begun nothing, then what many have ahead."""
    first_phase = min((phase for phase, _ in waiting), default="")
    before_all = {NOT_BEGUN: 1, DOES_NOT_START: 0}

    def urgency(item: tuple[tuple[str, str], list[str]]) -> tuple[int, int]:
        (phase, what), names = item
        is_stuck = what == DOES_NOT_START or phase == first_phase
        return before_all.get(what, 2) if is_stuck else 2, -len(names)

    return sorted(waiting.items(), key=urgency)


# --- in words -------------------------------------------------------------------------------------


def lists_of_failed(learners: Sequence[Learner], phases: Sequence[str]) -> Iterator[str]:
    """For each learner the checks that failed, with their cases, folded."""
    is_open = " open" if len(learners) == 1 else ""
    most = max(LEAST_IN_A_LIST, MOST_IN_LISTS // len(learners))
    for number, learner in enumerate(learners):
        failed = [
            (phase, promise, cases)
            for phase, grade in zip(phases, learner.grades, strict=True)
            for promise, cases in _failed(grade).items()
        ]
        if failed:
            items = "\n".join(_item(*each) for each in failed[:most])
            more = f"<li>… and {len(failed) - most} more</li>\n" if len(failed) > most else ""
            yield (
                f'<details id="failed-{number}"{is_open}><summary>{foreign(learner.name)}: '
                f"{len(failed)} failed</summary>\n<ul>\n{items}\n{more}</ul></details>\n"
            )


def _failed(grade: Grade | None) -> dict[str, list[str]]:
    """Each promise that was not kept, and in which cases."""
    found: dict[str, list[str]] = {}
    for check, outcome in _checks(grade).items():
        if outcome not in ("passed", NOT_RUN):
            found.setdefault(promise_of(check), []).append(case_of(check))
    return found


def _item(phase: str, promise: str, cases: list[str]) -> str:
    told = "; ".join(foreign(each) for each in cases if each)
    return f"<li>{text(phase)}: {foreign(promise)}{f' ({told})' if told else ''}</li>"
