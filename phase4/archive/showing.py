"""Records as people read them: as lines, as JSON, and as a page for a browser. No I/O.

A text is somebody else's. On a terminal it may not be more than text (shared/safe_text.py), and on
a page neither: it is escaped, and the page forbids itself all that a page could load or run.
"""

import html
import json
from collections.abc import Iterable, Iterator

from phase4.archive.record import Gap, Record
from shared.safe_text import clean

Entry = Record | Gap

_HEAD = """<!doctype html>
<html><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>What was said</title>
<style>
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
p { margin: .2rem 0; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext }
time, a { font-variant-numeric: tabular-nums; opacity: .75; color: inherit; text-decoration: none }
.gap { font-style: italic; margin: 1rem 0 } :target { outline: 2px solid }
</style></head>
<body><h1>What was said</h1>
"""


def line_of(entry: Entry) -> str:
    """As the chat shows what was said before.

    >>> line_of(Record(1234, "2026-11-21T14:03:05+01:00", "Alice", "hello"))
    '(2026-11-21 14:03:05 #1234) Alice: hello'
    """
    if isinstance(entry, Gap):
        return f"* {what_is_missing(entry)}"
    return f"({moment_of(entry)} #{entry.number}) {clean(entry.sender)}: {clean(entry.text)}"


def moment_of(record: Record) -> str:
    """Day and time, as the log has them: `2026-11-21 14:03:05`."""
    return f"{record.at[:10]} {record.at[11:19]}"


def what_is_missing(gap: Gap) -> str:
    """A sentence about a gap."""
    if gap.lost is None:
        return f"Lines are missing before #{gap.before}; nobody knows how many."
    lines = "1 line is" if gap.lost == 1 else f"{gap.lost} lines are"
    return f"{lines} missing before #{gap.before}."


def as_text(entries: Iterable[Entry]) -> Iterator[str]:
    """A line for each."""
    return (line_of(entry) + "\n" for entry in entries)


def as_json(entries: Iterable[Entry]) -> Iterator[str]:
    """JSON Lines: an object in each line (jsonlines.org). A gap has `before` and `lost`."""
    for entry in entries:
        fields = {name: getattr(entry, name) for name in entry.__slots__}
        yield json.dumps(fields, ensure_ascii=False) + "\n"


def as_html(entries: Iterable[Entry]) -> Iterator[str]:
    """A page that needs nothing else, by days. Each line has an anchor, its number."""
    yield _HEAD
    day = ""
    for entry in entries:
        if isinstance(entry, Gap):
            yield f'<p class="gap">{html.escape(what_is_missing(entry))}</p>\n'
            continue
        if entry.at[:10] != day:
            day = entry.at[:10]
            yield f"<h2>{html.escape(day)}</h2>\n"
        yield _paragraph(entry)
    yield "</body></html>\n"


def _paragraph(record: Record) -> str:
    at, sender, text = (html.escape(clean(each)) for each in _shown(record))
    number = record.number
    return (
        f'<p id="{number}"><a href="#{number}"><time datetime="{at}">{at[11:19]}</time></a> '
        f"<b><bdi>{sender}</bdi></b>: <bdi>{text}</bdi></p>\n"
    )


def _shown(record: Record) -> tuple[str, str, str]:
    return record.at, record.sender, record.text


FORMATS = {"txt": as_text, "jsonl": as_json, "html": as_html}
"""What an archive can be exported as."""
