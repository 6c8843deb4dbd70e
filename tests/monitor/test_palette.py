"""Every colour can be read: computed over the palettes that the program uses."""

from collections.abc import Iterator

import pytest

from monitor import background
from monitor.background import luminance, of_environment, of_report
from monitor.palette import DEFAULT, FEW, MANY, PALETTES, PLAIN, Look, palette_for
from monitor.scene import SHADES, Style
from monitor.view import render
from tests.monitor.samples import changed
from tests.monitor.test_view import scene

TEXT = 4.5  # WCAG 2.2, 1.4.3: text
GRAPHICS = 3.0  # 1.4.11: what is not text

BACKGROUNDS: dict[str, tuple[str, ...]] = {
    "dark": ("#000000", "#002b36"),  # black, and Solarized's dark one
    "light": ("#ffffff", "#fdf6e3"),  # white, and its light one
}
BACKGROUNDS[""] = BACKGROUNDS["dark"] + BACKGROUNDS["light"]


def _colours(text: str) -> list[str]:
    return text.split()


# The first colours of a terminal, as xterm and as the Linux console (and VGA) have them. Bold makes
# them brighter: the second eight.
XTERM = _colours("""
    #000000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5
    #7f7f7f #ff0000 #00ff00 #ffff00 #5c5cff #ff00ff #00ffff #ffffff
""")
CONSOLE = _colours("""
    #000000 #aa0000 #00aa00 #aa5500 #0000aa #aa00aa #00aaaa #aaaaaa
    #555555 #ff5555 #55ff55 #ffff55 #5555ff #ff55ff #55ffff #ffffff
""")


def rgb_of(number: int, first: list[str], *, is_bold: bool) -> str:
    """A colour by its number, as xterm has it (256colres.pl)."""
    if number < 16:
        return first[number + 8 if is_bold and number < 8 else number]
    if number >= 232:
        return "#" + f"{8 + 10 * (number - 232):02x}" * 3
    steps = (0, 95, 135, 175, 215, 255)
    cube = number - 16
    return "#" + "".join(f"{steps[each]:02x}" for each in (cube // 36, cube // 6 % 6, cube % 6))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, "contrast ratio": from 1 to 21."""
    parts = ([int(each[at : at + 2], 16) / 255 for at in (1, 3, 5)] for each in (one, other))
    dark, light = sorted(luminance(*each) for each in parts)
    return (light + 0.05) / (dark + 0.05)


def ratios(look: Look, backgrounds: tuple[str, ...]) -> Iterator[float]:
    """Of a look, on every background that it may have, whatever a terminal makes of bold."""
    if look.foreground == DEFAULT:
        return  # the terminal's own, which its owner can read; reversed as well
    for first in (XTERM, CONSOLE):
        for is_bold in {False, look.is_bold} if first is XTERM else {look.is_bold}:
            ink = rgb_of(look.foreground, first, is_bold=is_bold)
            papers = backgrounds
            if look.background != DEFAULT:
                papers = (rgb_of(look.background, first, is_bold=False),)
            yield from (contrast(ink, paper) for paper in papers)


def test_the_measure_is_right() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert rgb_of(214, XTERM, is_bold=False) == "#ffaf00"
    assert rgb_of(244, XTERM, is_bold=False) == "#808080"


@pytest.mark.parametrize(("colours", "known"), PALETTES)
@pytest.mark.parametrize("style", Style)
def test_every_style_can_be_read_on_every_background(
    colours: int, known: str, style: Style
) -> None:
    look = PALETTES[colours, known].look(style)
    assert not [each for each in ratios(look, BACKGROUNDS[known]) if each < TEXT]
    assert (look.background == DEFAULT) or look.foreground != DEFAULT


@pytest.mark.parametrize(("colours", "known"), PALETTES)
def test_every_shade_of_a_graph_stands_out_on_every_background(colours: int, known: str) -> None:
    least = TEXT if known else GRAPHICS
    for shades in PALETTES[colours, known].shades.values():
        assert len(shades) == SHADES
        for look in shades:
            assert min(ratios(look, BACKGROUNDS[known])) >= least, look


@pytest.mark.parametrize("known", ["dark", "light"])
def test_the_more_there_is_the_more_a_shade_stands_out(known: str) -> None:
    paper = BACKGROUNDS[known][:1]
    for shades in PALETTES[MANY, known].shades.values():
        found = [min(ratios(look, paper)) for look in shades]
        assert found == sorted(found)


def test_no_colour_at_all_can_be_read_on_all_backgrounds() -> None:
    """Why the terminal is asked."""
    everywhere = BACKGROUNDS[""]
    kept = [n for n in range(16, 256) if min(ratios(Look(n), everywhere)) >= TEXT]
    assert kept == []


def test_trouble_has_colours_that_nothing_else_has() -> None:
    for palette in PALETTES.values():
        trouble = {palette.look(each) for each in (Style.WARN, Style.BAD)}
        shades = {look for each in palette.shades.values() for look in each}
        figures = {palette.look(each) for each in (Style.PEOPLE, Style.MESSAGES, Style.GOOD)}
        assert palette.look(Style.BAD) not in figures | shades
        assert not {each.foreground for each in trouble if each.foreground >= 16} & {
            each.foreground for each in figures | shades
        }


def test_a_terminal_with_few_colours_is_asked_for_no_others() -> None:
    for (colours, _), palette in PALETTES.items():
        looks = [
            *palette.looks.values(),
            *(look for each in palette.shades.values() for look in each),
        ]
        highest = max(max(each.foreground, each.background) for each in looks)
        assert highest < colours
        assert (highest < FEW) == (colours == FEW)


@pytest.mark.parametrize(
    ("colours", "used"), [(0, 0), (2, 0), (8, 8), (16, 8), (88, 8), (256, 256), (2**24, 8)]
)
def test_shades_are_used_where_the_terminal_has_them(colours: int, used: int) -> None:
    palette = palette_for(colours, "dark")
    assert palette is (PALETTES[used, "dark"] if used else PLAIN)


def test_in_a_graph_of_several_rows_the_higher_ones_are_stronger() -> None:
    snapshots = [changed(people_now=each) for each in (1, 40, 80)]
    rows = render(scene(*snapshots, width=120, height=60)).rows
    shades = [
        [span.shade for span in row if span.style is Style.PEOPLE and span.shade is not None]
        for row in rows
    ]
    heights = [min(each) for each in shades if each and max(each) == min(each)]
    assert len(heights) > 3
    assert heights[:-1] == sorted(heights[:-1], reverse=True)
    assert (heights[0], heights[-2]) == (SHADES - 1, 0)


def test_in_a_sparkline_the_higher_columns_are_stronger() -> None:
    snapshots = [changed(people_now=each) for each in (80, 1, 0)]
    row = next(
        each
        for each in render(scene(*snapshots, panel="figures", width=200)).rows
        if each and each[0].text.strip() == "people"
    )
    assert [span.shade for span in row if span.shade is not None] == [SHADES - 1, 0]


# --- which background it is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (b"\x1b]11;rgb:0000/0000/0000\x1b\\", "dark"),
        (b"\x1b]11;rgb:0000/2b2b/3636\x07", "dark"),
        (b"\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\", "light"),
        (b"\x1b]11;rgba:ff/ff/ff/ff\x07", "light"),
        (b"\x1b]11;rgb:8/8/8\x07", "light"),
        (b"\x1b]11;rgb:7000/7000/7000\x07", "dark"),
        (b"\x1b]11;rgb:ff/ff\x07", ""),
        (b"\x1b]11;rgb:ff//ff\x07", ""),
        (b"\x1b]11;?\x07", ""),
        (b"hello", ""),
    ],
)
def test_what_a_terminal_answers_is_dark_or_light_or_not_known(report: bytes, said: str) -> None:
    assert of_report(report) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("15;0", "dark"),
        ("0;15", "light"),
        ("0;default;7", "light"),
        ("7;8", "dark"),
        ("", ""),
        ("15;default", ""),
    ],
)
def test_colorfgbg_says_it_where_the_terminal_does_not(
    value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORFGBG", value)
    assert of_environment() == said


def test_the_linux_console_is_dark_and_not_asked() -> None:
    assert background.ask("linux") == ("dark", b"")
