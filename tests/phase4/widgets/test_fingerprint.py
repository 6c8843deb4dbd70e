"""The rows of a fingerprint, to be compared: drawn alone, but never without a name that said it."""

from phase4.widgets.lines import Line
from phase4.widgets.shown import Shown

ROW = "E3:B0:C4:42:98:FC:1C:14"


def unseen(line: Line) -> str:
    """The part that is kept and not drawn."""
    pieces = [*Shown(1, line).pieces("name0")]
    both = zip(pieces[::2], pieces[1::2], strict=True)
    return "".join(str(text) for text, tags in both if "unseen" in tags)


def test_a_row_that_the_program_tells_stands_alone() -> None:
    assert unseen(Line("notice", "14:00:00", "*", ROW)) == "14:00:00\t*\t"
    assert unseen(Line("notice", "14:00:00", "*", f"{ROW} ")) == ""


def test_nobody_can_hide_their_name_by_what_they_say() -> None:
    line = Line("public", "14:00:00", "Mallory", ROW, "Mallory")
    assert unseen(line) == ""
    assert not any("fixed" in piece for piece in Shown(1, line).pieces("name0"))
