"""What the window is made of and needs no screen: colours, lines, links, history, completion."""

import importlib
import itertools
import urllib.parse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phase4.client.mentions import mentions, places_of
from phase4.client.name_colours import MAX_REMEMBERED, NAME_COLOURS, NameColours
from phase4.client_gui.typing_aids import Completer, History
from phase4.widgets.colours import DARK, LIGHT, Palette, contrast
from phase4.widgets.find import MAX_HITS, Finder, Hit, fold
from phase4.widgets.lines import (
    MAX_EMOJI,
    MAX_MARKS_ON_A_LETTER,
    MAX_TEXT_CHARACTERS,
    Line,
    for_screen,
    line_of,
    wraps_anywhere,
)
from phase4.widgets.links import split_links
from phase4.widgets.shown import MAX_STYLED, Shown
from shared import message

NOW = "10:00:00"
READABLE = 4.5  # WCAG 2.2, 1.4.3

palettes = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


WITHOUT_TOOLKIT = [
    *(f"phase4.widgets.{each}" for each in ("colours", "lines", "shown", "bidi", "find", "links")),
    *(f"phase4.client_gui.{each}" for each in ("typing_aids", "target", "security")),
    *(f"phase4.client_gui.{each}" for each in ("attention", "levels", "words", "notify")),
    "phase4.client_gui.mention_list",
    *(f"phase4.client.{each}" for each in ("completion", "mentions", "presence", "clock")),
    "phase4.client.scripts",
    "phase4.widgets.days",
    "phase4.widgets.actions",
]


@pytest.mark.parametrize("name", WITHOUT_TOOLKIT)
def test_a_part_that_needs_no_screen_imports_no_toolkit(name: str) -> None:
    assert "tkinter" not in vars(importlib.import_module(name))


# --- colours ---------------------------------------------------------------------------------


@palettes
def test_every_text_can_be_read_on_every_background_it_lies_on(palette: Palette) -> None:
    pages = {*palette.line_pages, palette.panel, palette.field}
    plain = {palette.text, palette.muted, palette.link, palette.private, palette.error}
    pairs = set(itertools.product({*plain, *palette.names}, pages))
    pairs |= {(text, palette.error_page) for text in (palette.text, palette.muted, palette.error)}
    pairs |= {(palette.on_accent, page) for page in (palette.accent, palette.accent_over)}
    pairs |= {(palette.text, palette.selection)}
    pairs |= {(palette.accent, page) for page in (palette.page, palette.mention_page)}
    pairs |= {(palette.on_found, palette.found), (palette.on_found_now, palette.found_now)}
    bad = {pair: contrast(*pair) for pair in pairs if contrast(*pair) < READABLE}
    assert not bad


def test_light_and_dark_have_as_many_names_colours_and_each_is_another() -> None:
    assert len(set(LIGHT.names)) == len(set(DARK.names)) == NAME_COLOURS


def test_a_persons_colour_is_the_same_in_every_run_and_spelling() -> None:
    assert NameColours().number("Alice") == NameColours().number("ALICE") == 11


def test_people_have_colours_of_their_own_while_there_are_enough() -> None:
    colours = NameColours()
    names = [f"Person{number}" for number in range(len(LIGHT.names))]
    numbers = [colours.number(name) for name in names]
    assert sorted(numbers) == list(range(len(LIGHT.names)))
    assert [colours.number(name) for name in names] == numbers


def test_a_new_name_keeps_the_colour() -> None:
    colours = NameColours()
    colours.number("Alicia")  # so that Alice, by herself, would not get what Alicia has
    number = colours.number("Bob")
    colours.rename("Bob", "Robert")
    assert colours.number("Robert") == number


def test_whoever_comes_has_a_colour_that_nobody_here_has_and_keeps_it_while_away() -> None:
    colours = NameColours(4)
    first = {name: colours.number(name) for name in ("Ann", "Bob", "Carl", "Dora")}
    colours.show_people(["Ann", "Bob", "Carl"])
    assert colours.number("Eve") == first["Dora"]  # she has left
    colours.show_people(["Ann", "Eve", "Carl"])
    assert colours.number("Bob") == first["Bob"]
    colours.show_people(["Ann", "Eve", "Carl", "Dora"])
    here = [colours.number(name) for name in ("Ann", "Eve", "Carl", "Dora")]
    assert sorted(here) == [0, 1, 2, 3]
    assert here[:3] == [first["Ann"], first["Dora"], first["Carl"]]


def test_a_flood_of_names_is_not_remembered() -> None:
    colours = NameColours()
    numbers = [colours.number(f"n{number}") for number in range(3 * MAX_REMEMBERED)]
    assert set(numbers) <= set(range(len(LIGHT.names)))
    assert len(vars(colours)["_numbers"]) == MAX_REMEMBERED


# --- lines -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "line"),
    [
        (message.Public("1", "Bob", "hi"), Line("public", "1", "Bob", "hi", "Bob")),
        (message.Public("1", "Me", "hi"), Line("own", "1", "Me", "hi", "Me")),
        (
            message.Public("1", "Bob", "hi me"),
            Line("mention", "1", "Bob", "hi me", "Bob", calls=("Me",)),
        ),
        (
            message.Private("1", "Bob", "Me", "hi"),
            Line("private", "1", "Bob", "hi", "Bob", "→ you"),
        ),
        (message.Private("1", "Me", "Bob", "hi"), Line("private", "1", "Me", "hi", "Me", "→ Bob")),
        (message.Error("no"), Line("error", NOW, "!", "no")),
        (message.Joined("1", "Bob"), Line("notice", "1", "→", "Bob joined")),
        (message.Left("1", "Bob"), Line("notice", "1", "←", "Bob left")),
        (message.Left("1", "Bob", "slow"), Line("notice", "1", "←", "Bob left (slow)")),
        (message.Renamed("1", "Bob", "Rob"), Line("notice", "1", "*", "Bob is now Rob")),
        (
            message.Online("1", 2, ("Bob", "Me (::1)")),
            Line("notice", "1", "*", "2 online: Bob, Me (::1)"),
        ),
        (message.Online("1", 9, ("Bob",), True), Line("notice", "1", "*", "9 online: Bob, …")),
        (message.Welcome("1", "Me", 2, "x"), Line("notice", "1", "*", "Welcome, Me! 2 online. x")),
        (message.Notice("1", "bye"), Line("notice", "1", "*", "bye")),
        (message.Other("what?"), Line("notice", NOW, "", "what?")),
    ],
)
def test_each_message_has_its_line(received: message.Message, line: Line) -> None:
    assert line_of(received, "Me", NOW) == line


def test_a_name_that_is_too_long_is_cut() -> None:
    line = line_of(message.Public("1", "x" * 5000, "hi"), "Me", NOW)
    assert line.name == "x" * 19 + "…"


@pytest.mark.parametrize(
    ("text", "name", "is_said"),
    [
        ("Alice?", "Alice", True),
        ("@alice", "Alice", True),
        ("for ALICE's sake", "Alice", True),
        ("malice", "Alice", False),
        ("ask Jose\u0301", "José", True),
        ("ＡＬＩＣＥ!", "Alice", True),
        ("سلام سارا، خوبی؟", "سارا", True),
        ("Привет, АННА", "Анна", True),
        ("Alice-Ann", "Alice", False),
        ("anything", "", False),
    ],
)
def test_a_line_that_says_ones_name_is_noticed(text: str, name: str, is_said: bool) -> None:
    assert mentions(text, name) == is_said


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("小明你好", "小明"),
        ("你好小明", "小明"),
        ("太郎さん", "太郎"),
        ("タロウさん", "タロウ"),
        ("さくらさん", "さくら"),
        ("민수야", "민수"),
        ("민수는 어디?", "민수"),
        ("وعلي", "علي"),
        ("ولعلي", "علي"),
        ("عَلِيّ", "علي"),
        ("עם ודוד", "דוד"),
        ("לדוד", "דוד"),
        ("דָּוִד", "דוד"),
        ("Annさん", "Ann"),
        ("你好Bob!", "Bob"),
        ("Bob님", "Bob"),
        ("สวัสดีสมชายครับ", "สมชาย"),
        ("ສະບາຍດີສົມຊາຍ", "ສົມຊາຍ"),
        ("សុខាជួយ", "សុខា"),
        ("राम!", "राम"),
        ("राम, आओ", "राम"),
        ("❤️Ann", "Ann"),
        ("@明你好", "明"),
        ("明、你好", "明"),
        ("علی‌جان", "علی"),
        ("ram की", "ram"),
        ("ＡＬＩＣＥ!", "Alice"),
        ("ask José", "José"),
        ("தமிழ், வா", "தமிழ்"),
        ("அருண்!", "அருண்"),
        ("রাম।", "রাম"),
        ("العلي", "العلي"),
        ("Վահա՞ն", "Վահան"),
    ],
)
def test_a_name_is_said_where_its_script_has_it_as_a_word(text: str, name: str) -> None:
    assert mentions(text, name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("रामायण", "राम"),
        ("रामा", "राम"),
        ("साराम", "राम"),
        ("राम्या", "राम"),
        ("রামায়ণ", "রাম"),
        ("ராமாயணம்", "ராம"),
        ("அருண்கள்", "அருண்"),
        ("アンケート", "アン"),
        ("明天", "明"),
        ("今明", "明"),
        ("김민수", "민수"),
        ("민수2", "민수"),
        ("小明2", "小明"),
        ("สมาน", "สม"),
        ("เกร", "กร"),
        ("สมชายา", "สมชาย"),
        ("معلية", "علي"),
        ("تعليم", "علي"),
        ("malice", "Alice"),
        ("Alice-Ann", "Alice"),
        ("José", "Jose"),
        ("דודה", "דוד"),
        ("យេសុខា្", "សុខា"),
    ],
)
def test_a_name_is_not_said_in_another_word(text: str, name: str) -> None:
    assert not mentions(text, name)


def test_the_place_of_a_name_in_a_longer_word_is_the_name_alone() -> None:
    assert list(places_of("小明", "你好小明你好")) == [(2, 4)]
    assert list(places_of("علي", "وعَلِيّ هنا")) == [(1, 7)]


def links_of(text: str) -> list[str]:
    return [piece for piece, is_link in split_links(text) if is_link]


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("see http://a.example/b?c=d#e.", ["http://a.example/b?c=d#e"]),
        ("(https://a.example/b_(c))", ["https://a.example/b_(c)"]),
        ("HTTPS://A.EXAMPLE and http://b.example", ["HTTPS://A.EXAMPLE", "http://b.example"]),
        ("file:///etc/passwd javascript:alert(1) ftp://a.example", []),
        ("http:// and https://... are none", []),
        ("http://127.0.0.1:8080/ http://[::1]:8080/ http://localhost", None),
    ],
)
def test_only_web_addresses_are_links(text: str, links: list[str] | None) -> None:
    assert links_of(text) == (text.split() if links is None else links)


AFTER_A_LINK = (
    "。、，．；：！？）」』】》〉…·—„“”’»«،؛؟۔।॥။፧។·›→☞👍\u200b\u3000\u202e\u2028`*_~.,;:!?'\"<>"
)


@pytest.mark.parametrize("sign", AFTER_A_LINK)
def test_a_link_ends_before_the_punctuation_of_every_script(sign: str) -> None:
    rests = ["", " more", "」"]
    if sign not in "*_~.,;:!?'":  # in front of letters these are a part of it
        rests += ["下", "下.example"]
    for link in ("https://a.example", "https://a.example/b?c=d", "http://東京.jp/駅"):
        for rest in rests:
            assert links_of(f"{link}{sign}{rest}") == [link]


@pytest.mark.parametrize(
    "around", ["()", "[]", "{}", "<>", "``", "**", "__", "''", '""', "「」", "（）"]
)
def test_what_a_link_is_set_off_with_is_not_a_part_of_it(around: str) -> None:
    opened, closed = around[0], around[1]
    for link in ("https://a.example", "https://a.example/b_(c)/d", "https://a.example/?q=[x]"):
        assert links_of(f"{opened}{link}{closed}, {2 * opened}{link}{2 * closed}") == [link, link]


@pytest.mark.parametrize(
    "text",
    [
        "https://good.example@evil.example",
        "https://good.example:443@evil.example/",
        "https://good.example%40evil.example",
        "https://good.example%2eevil.example",
        "https://good.example\u2024evil.example",
        "https://ｇood.example",
        "https://gооd.example",  # Cyrillic
        "https://сосо.example",  # all Cyrillic, but for the end
        "https://gοοd.example",  # Greek
        "https://ɡood.example",
        "https://goodー.example",
        "https://מים.example/evil",
        "https://a.example.א/1.good.example",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
        "https://a.1/",
        "https:///evil.example",
        "https://a..example",
        "https://[v1.evil]/",
        "https://good.example:evil.example",
        "https://good.example:123456/",
        "https://good.examplel\u0338.evil.example/",
        "https://good.example.\u0338evil.example/",
        "https://good.example\u01c1evil.example",
        "https://good.example\ua78cevil.example",
        "https://evil\ufe0f.example",
        "https://e\u1d20il.evil.example",  # a small capital v
        "https://good.example.evil.example:\u0663/",
    ],
)
def test_a_host_that_the_eye_does_not_see_is_not_linked_to(text: str) -> None:
    assert links_of(text) == [] or _host(links_of(text)[0]) == "good.example"
    assert "evil" not in "".join(map(_host, links_of(text)))


def _host(link: str) -> str:
    return urllib.parse.urlsplit(link).hostname or ""


@pytest.mark.parametrize(
    "text",
    [
        "https://münchen.example/straße",
        "https://пример.рф/путь",
        "https://例え.テスト",
        "https://例え.jp/駅?名=東京",
        "https://한국.kr",
        "https://भारत.भारत",
        "https://fa.wikipedia.example/wiki/می\u200cخواهم",
        "https://xn--mnchen-3ya.example",
        "https://a_b.example:8080/~me/*/c;d=e,f!g'h?i=(j)&k=@l#m",
    ],
)
def test_an_honest_address_is_a_link_to_its_end_in_every_script(text: str) -> None:
    assert links_of(text) == [text]


@pytest.mark.parametrize("sign", [*"\\^{|}", "。", "．", "｡", "∕", "／", "＠"])
def test_what_a_browser_would_read_as_another_sign_ends_a_link(sign: str) -> None:
    assert links_of(f"https://good.example{sign}evil.example") == ["https://good.example"]


@given(st.text(alphabet="htps:/.() a", max_size=60))
def test_finding_links_loses_no_character(text: str) -> None:
    assert "".join(piece for piece, _ in split_links(text)) == text


@pytest.mark.parametrize(
    ("text", "anywhere"),
    [
        ("plain words", False),
        ("мир и труд", False),
        ("http://a.example/" + "x" * 40, True),
        ("see http://a.example/" + "x" * 40, False),
        ("你好世界", True),
    ],
)
def test_scripts_without_blanks_may_be_broken_anywhere(text: str, anywhere: bool) -> None:
    assert wraps_anywhere(text) == anywhere


def test_the_places_where_ones_name_is_said_are_words_of_their_own() -> None:
    assert list(places_of("Ann", "Ann, ann! Anna Ann-Lee @ANN")) == [(0, 3), (5, 8), (24, 27)]


# --- harmless lines ----------------------------------------------------------------------------


def screened(text: str) -> str:
    return for_screen(Line("public", "12:00:00", "Bob", text)).text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x07\r\n", "�[31mred���"),
        ("\u202eback\u2066", "�back�"),
        ("in\u200bvi\u2060si\ufeffb\u00adle\U000e0041", "invisible"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥", "👨\u200d👩\u200d👧 ❤\ufe0f\u200d🔥"),
        ("a" + "\u200d" * 500 + "b", "a\u200d\u200db"),
        ("e\u0301 שָּׁ", "e\u0301 שָּׁ"),
        ("e" + "\u0301" * 500 + "x", "e" + "\u0301" * MAX_MARKS_ON_A_LETTER + "x"),
        ("\ud800", "�"),
    ],
)
def test_text_is_made_harmless_and_what_languages_need_stays(text: str, shown: str) -> None:
    assert screened(text) == shown


def test_a_line_that_is_too_long_is_cut_and_says_by_how_much() -> None:
    assert screened("x" * 16384) == "x" * MAX_TEXT_CHARACTERS + " … (11,384 more characters)"
    assert screened("🙂" * 1000) == "🙂" * MAX_EMOJI + f" … ({1000 - MAX_EMOJI} more characters)"
    assert screened("x" * MAX_TEXT_CHARACTERS) == "x" * MAX_TEXT_CHARACTERS


def test_every_column_of_a_line_is_made_harmless() -> None:
    bad = "\x1b\n\t" + "x" * 6000
    line = for_screen(Line("private", bad, bad, bad, bad, bad))
    columns = (line.time, line.name, line.text, line.person, line.mark)
    assert not any("\x1b" in column or "\n" in column or "\t" in column for column in columns)
    assert [len(column) < 30 for column in columns] == [True, True, False, False, True]


@given(st.text(st.characters(codec=None), max_size=40))
def test_a_harmless_line_stays_as_it_is(text: str) -> None:
    once = for_screen(Line("public", text, text, text, text, text))
    assert for_screen(once) == once


def test_the_parts_of_a_line_that_are_set_off_have_a_bound_and_lose_no_character() -> None:
    for text in ("http://a.b " * 400, "Ann " * 1000):
        shown = Shown(1, Line("mention", "1", "Bob", text, "Bob", calls=("Ann",)))
        styles = list(shown.styles("name1"))
        assert len(styles) <= MAX_STYLED + 5
        assert sum(length for length, _ in styles) == len(shown.text)
        pieces = list(shown.pieces("name1"))
        assert "".join(str(piece) for piece in pieces[::2]) == f"{shown.text}\n"


# --- finding ---------------------------------------------------------------------------------

TEXTS = [(1, "Tea, tea"), (3, "milk"), (4, "green TEA"), (9, "tea")]


def found(near: int = 99) -> Finder:
    finder = Finder()
    finder.search("tea", TEXTS, near)
    return finder


@pytest.mark.parametrize(
    ("near", "summary"), [(99, "4 of 4"), (8, "3 of 4"), (3, "2 of 4"), (0, "1 of 4")]
)
def test_one_begins_at_the_last_hit_that_is_not_below_what_one_reads(
    near: int, summary: str
) -> None:
    assert found(near).summary == summary


def test_one_stays_at_ones_hit_while_lines_come_and_go() -> None:
    finder = found(8)
    assert finder.now == Hit(4, 6, 9)
    finder.add([(10, "more tea"), (11, "none")])
    assert (finder.now, finder.summary) == (Hit(4, 6, 9), "3 of 5")
    finder.forget_before(4)
    assert (finder.now, finder.summary) == (Hit(4, 6, 9), "1 of 3")
    finder.forget_before(5)
    assert (finder.now, finder.summary) == (Hit(9, 0, 3), "1 of 2")
    finder.forget_before(99)
    assert finder.summary == "Not found"


def test_hits_have_a_bound_and_the_newest_are_kept() -> None:
    finder = Finder()
    finder.search("e", [(number, "e" * 5000) for number in range(10)], 99)
    assert finder.summary == f"{MAX_HITS:,} of {MAX_HITS:,}+"
    assert (finder.hits[0].line, finder.now) == (8, Hit(9, 4999, 5000))
    finder.add([(11, "ee")])
    assert len(finder.hits) == MAX_HITS
    assert finder.hits[-1] == Hit(11, 1, 2)


def test_nothing_is_found_where_nothing_is_looked_for() -> None:
    finder = found()
    finder.search("", TEXTS, 99)
    assert (finder.hits, finder.summary) == ([], "")
    finder.step(1)
    assert finder.now is None


@given(st.text(max_size=40), st.text(min_size=1, max_size=3))
def test_a_hit_is_the_text_that_was_looked_for(text: str, needle: str) -> None:
    finder = Finder()
    finder.search(needle, [(1, text)], 1)
    assert len(finder.hits) == fold(text).count(fold(needle))
    for hit in finder.hits:
        assert fold(text[hit.start : hit.end]) == fold(needle)


def test_persian_and_arabic_keyboards_find_each_others_letters() -> None:
    finder = Finder()
    finder.search("علي كتاب", [(1, "علی کتاب")], 1)
    assert finder.summary == "1 of 1"


# --- history and completion --------------------------------------------------------------------


def test_up_and_down_walk_through_what_was_sent_and_come_back_to_the_draft() -> None:
    history = History()
    for line in ("one", "two", "two"):
        history.add(line)
    assert history.earlier("draft") == "two"
    assert history.earlier("two") == "one"
    assert history.earlier("one") == "one"
    assert history.later("one") == "two"
    assert history.later("two") == "draft"
    assert history.later("draft") == "draft"


def test_without_history_what_is_typed_stays() -> None:
    assert History().earlier("draft") == "draft"
    assert History().later("draft") == "draft"


def test_the_history_has_a_bound() -> None:
    history = History(limit=3)
    for number in range(10):
        history.add(str(number))
    shown = [history.earlier("") for _ in range(5)]
    assert shown == ["9", "8", "7", "7", "7"]


NAMES = ("Alan", "Alice", "Bob")


@pytest.mark.parametrize(
    ("before", "offers"),
    [
        ("/p", ["/pm "]),
        ("/PM", ["/pm "]),
        ("al", ["Alan: ", "Alice: ", "Alan: "]),
        ("hello b", ["hello Bob"]),
        ("/pm ", ["/pm Alan ", "/pm Alice ", "/pm Bob ", "/pm Alan "]),
        ("/w", ["/who"]),
        ("?", ["?list"]),
        ("", [None]),
        ("/pm ALI", ["/pm Alice "]),
        ("@al", ["@Alan ", "@Alice "]),
        ("see /p", [None]),
        ("x", [None]),
        ("hello ", [None]),
    ],
)
def test_tab_completes_and_offers_the_next_one(before: str, offers: list[str | None]) -> None:
    completer = Completer()
    for offer in offers:
        assert completer.complete(before, NAMES) == offer
        before = offer or before
