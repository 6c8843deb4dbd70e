"""The whole page. It needs nothing from elsewhere, and no script to be read.

A policy in its head lets in page.css and page.js, by their digests, and no other style or script:
whatever a name holds, it stays text (Content Security Policy Level 3, 2.3.1). Everything here is
pure.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.progress.page.checks import lists_of_failed, table_of_next, tables_of_checks
from tests.progress.page.markup import foreign, text
from tests.progress.page.summary import Learner, table_of_learners

BEGINNING = '<!doctype html>\n<html lang="en">\n<!-- python -m tests.progress -->\n'
"""By it a page of ours is known."""

AGAIN_SECONDS = 3  # after which a browser asks for a page that still fills

FILLS, COMPLETE, STOPPED = "fills", "complete", "stopped"
"""What becomes of the page: more will come; that was all; what is not known will not come."""


@dataclass(frozen=True)
class Report:
    """What a page shows."""

    learners: Sequence[Learner]
    phases: Sequence[str]
    state: str  # FILLS and so on
    when: datetime


def document(report: Report) -> str:
    """The page, as HTML."""
    learners = report.learners
    whose = foreign(learners[0].name) if len(learners) == 1 else "the class"
    return (
        f"{_head(report)}<main>\n<h1>How far {whose} has come</h1>\n{_status(report)}"
        f"{table_of_learners(learners, report.phases)}\n"
        f'<div class="more">\n{_more(report)}</div>\n</main>\n'
        f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )


def _more(report: Report) -> str:
    """What is too long for the wall."""
    learners = report.learners
    checks = "".join(tables_of_checks(learners, report.phases))
    failed = "".join(lists_of_failed(learners, report.phases))
    return (
        (table_of_next(learners) if len(learners) > 1 else "")
        + (f"<h2>Each check</h2>\n{checks}" if checks else "")
        + (f"<h2>What has failed</h2>\n{failed}" if failed else "")
    )


def _inlined(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_STYLE, _SCRIPT = _inlined("page.css"), _inlined("page.js")


def _digest(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


_POLICY = (
    f"default-src 'none'; style-src {_digest(_STYLE)}; script-src {_digest(_SCRIPT)};"
    " base-uri 'none'; form-action 'none'"
)


def _head(report: Report) -> str:
    names = [learner.name for learner in report.learners]
    whose = text(names[0]) if len(names) == 1 else "the class"
    again = f'<meta http-equiv="refresh" content="{AGAIN_SECONDS}">'
    fills = report.state == FILLS
    return (
        f'{BEGINNING}<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        + (f"<noscript>{again}</noscript>\n" if fills else "")
        + f"<title>How far {whose} has come</title>\n<style>{_STYLE}</style>\n</head>\n"
        + (f'<body data-again="{AGAIN_SECONDS}">\n' if fills else "<body>\n")
    )


def _status(report: Report) -> str:
    """How much of it is known, and when that was."""
    grades = [grade for learner in report.learners for grade in learner.grades]
    known = sum(grade is not None for grade in grades)
    what = {
        FILLS: f"{known} of {len(grades)} phases are graded. This page fills by itself.",
        COMPLETE: "All phases are graded.",
        STOPPED: f"It was stopped when {known} of {len(grades)} phases were graded.",
    }[report.state]
    day = f"{report.when.day} {report.when:%B %Y, %H:%M:%S}"
    follow = (
        '<label><input type="checkbox" id="follow" checked> Follow</label> '
        if report.state == FILLS
        else ""
    )
    return (
        f'<p><time datetime="{report.when:%Y-%m-%dT%H:%M:%S}">{day}</time>: {what}</p>\n'
        f'<p class="controls" hidden>{follow}'
        '<label><input type="checkbox" id="wall"> Figures only, in large type</label></p>\n'
    )
