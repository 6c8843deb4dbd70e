"""The table that is projected: a row for each learner, and what stands next in each phase."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.progress.grades import (
    DOES_NOT_START,
    GRADED,
    NOT_BEGUN,
    NOT_GRADED,
    Grade,
    how_it_stands,
)
from tests.progress.page.markup import foreign, scrolling, text

_BEFORE_ALL = {DOES_NOT_START: -1, NOT_GRADED: -2, NOT_BEGUN: -3}
"""Where a phase without figures stands when the table is sorted; one that is not known is last."""


@dataclass(frozen=True)
class Learner:
    """A learner, and the grade of each phase; None where it is not known yet."""

    name: str
    grades: Sequence[Grade | None]

    @property
    def passed(self) -> int:
        """How many checks passed, in all phases."""
        return sum(grade.passed for grade in self.grades if grade)


def table_of_learners(learners: Sequence[Learner], phases: Sequence[str]) -> str:
    """Names down, phases across."""
    sizes = [_size(learner.grades[column] for learner in learners) for column in range(len(phases))]
    total = sum(sizes) if all(sizes) else 0
    rows = "\n".join(_row(number, learner, total) for number, learner in enumerate(learners))
    columns = "".join(f'<th scope="col">{text(phase)}</th>' for phase in phases)
    return scrolling(
        f'<table id="learners">\n<caption id="about-learners">What has passed, and what stands next'
        f'</caption>\n<thead><tr><th scope="col" aria-sort="ascending">Learner</th>{columns}'
        f'<th scope="col">Total</th></tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"{_foot(learners, len(phases))}</table>",
        "about-learners",
    )


def _size(grades: Iterator[Grade | None]) -> int:
    """How many checks a phase has; 0 where nobody has begun it."""
    return max((len(grade.checks) for grade in grades if grade), default=0)


def _row(number: int, learner: Learner, total: int) -> str:
    cells = "".join(map(_cell, learner.grades))
    passed = f"{learner.passed} of {total}" if total else str(learner.passed)
    return (
        f'<tr><th scope="row" data-value="{number}">{foreign(learner.name)}</th>{cells}'
        f'<td data-value="{learner.passed}"><b>{passed}</b></td></tr>'
    )


def _cell(grade: Grade | None) -> str:
    """A phase of one learner: the figures in large type, a bar, and how it stands."""
    if grade is None:
        return '<td class="waits" data-value="-4"><b>…</b> <span class="note">not known yet</span>'
    if grade.passed or (grade.state == GRADED and grade.checks):
        total = len(grade.checks)
        figures = f"{grade.passed} of {total}"
        bar = f'<progress max="{total}" value="{grade.passed}" aria-hidden="true"></progress>'
        kind, note, value = "part", how_it_stands(grade), grade.passed
        if grade.passed == total:
            kind, figures, note = "done", f"✓ {figures}", ""
    else:
        figures, bar, note = grade.state, "", grade.reason
        kind = "none" if grade.state == NOT_BEGUN else "stuck"
        value = _BEFORE_ALL.get(grade.state, 0)
    more = f' <span class="note">{foreign(note)}</span>' if note else ""
    return f'<td class="{kind}" data-value="{value}"><b>{figures}</b>{bar}{more}</td>'


def _foot(learners: Sequence[Learner], columns: int) -> str:
    """How many have done a phase; nothing where there is one learner."""
    if len(learners) < 2:
        return ""
    done = (
        sum(_is_done(learner.grades[column]) for learner in learners) for column in range(columns)
    )
    cells = "".join(f"<td>{count} of {len(learners)}</td>" for count in done)
    return f'<tfoot><tr><th scope="row">All passed</th>{cells}<td></td></tr></tfoot>\n'


def _is_done(grade: Grade | None) -> bool:
    return grade is not None and 0 < len(grade.checks) == grade.passed
