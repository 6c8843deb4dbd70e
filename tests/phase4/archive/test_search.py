"""Search finds what people mean, in the languages that they write."""

from pathlib import Path

import pytest

from phase4.archive.errors import QueryError
from phase4.archive.query import MAX_QUERY_CHARACTERS, MAX_TERMS, parse
from phase4.archive.reading import Archive
from tests.phase4.archive.kit import catch_up

SAID = [
    "Alice: The meeting is moved to Friday",
    "Zoë: Das Treffen in der Straße, in MÜNCHEN; ein Café",
    "Reza: جلسه به جمعه منتقل می‌شود",
    "Reza: كتاب علي را بياور",
    "Reza: می شود ساعت ۱۲ آمد",
    "Samir: اجتمعنا في المَدْرَسَةِ يوم الأحد، شكـــرا",
    "李雷: 会议改到星期五下午三点",
    "Aoi: 会議は金曜日に変更されました。ﾃｽﾄ",
    "지민: 회의가 금요일로 변경되었습니다",
    "Bob: see def on_logged(log, entries): in outbox.py",
    'Bob: print("50% done") # a\\b C++',
    "Иван: Ёлка и чай в Киеве",
    "Dan: שָׁלוֹם, Łódź, smørrebrød, ŒUVRE",
    "Priya: कल बैठक है 🎉",
    "Ali: İstanbul ılık, it’s “fine” – Ａｌｉｃｅ ½",
    "Bob: x",
    "Bob: abcd bcde",
]

# What is typed, and the numbers of the lines that are meant.
FOUND = [
    *(("meeting", 1), ("meet", 1), ("MEETING", 1), ("friday meeting", 1), ('"to friday"', 1)),
    *(("munchen", 2), ("München", 2), ("strasse", 2), ("STRASSE", 2), ("cafe", 2), ("café", 2)),
    *(("جمعه", 3), ("می‌شود", (3, 5)), ("می شود", (3, 5)), ("شود", (3, 5)), ("میشود", 3)),
    *(("کتاب", 4), ("علی", 4), ("علي", 4), ("بیاور", 4), ("12", 5), ("۱۲", 5), ("١٢", 5)),
    *(("المدرسة", 6), ("مدرسه", 6), ("المَدْرَسَة", 6), ("الاحد", 6), ("شكرا", 6)),
    *(("星期五", 7), ("会议", 7), ("三点", 7), ("五", 7), ("改到", 7), ("点", 7)),
    *(("会議", 8), ("金曜日", 8), ("変更", 8), ("テスト", 8), ("ました", 8), ("は", 8)),
    *(("금요일", 9), ("금요일로", 9), ("회의", 9), ("변경", 9)),
    *(("on_logged", 10), ("logged", 10), ("on_logged(log,", 10), ("outbox.py", 10), ("py", 10)),
    *(('print("50%', 11), ("50%", 11), ("a\\b", 11), ("C++", 11), ("c+", 11), ('done")', 11)),
    *(("елка", 12), ("ёлка", 12), ("ЧАЙ", 12), ("киев", 12)),
    *(("שלום", 13), ("lodz", 13), ("smorrebrod", 13), ("oeuvre", 13), ("œuvre", 13)),
    *(("बैठक", 14), ("🎉", 14), ("है", 14)),
    *(("istanbul", 15), ("ilik", 15), ("it's", 15), ("it’s", 15), ("alice", 15), ("“fine”", 15)),
    *(("x", (10, 16)), ("from:bob x", (10, 16)), ("from:@Bob 50%", 11), ("FROM:zoe", 2)),
    *(("from:reza شود", (3, 5)), ("from:李雷", 7), ("meeting from:Alice", 1)),
]

NOT_FOUND = [
    *(
        "meetings",
        '"friday to"',
        "from:Eve",
        "from:Ali meeting",
        "from:Al",
        "* OR x",
        "NOT",
        "会开",
    ),
    *(
        "from:alice since:2026-11-22",
        "until:2026-11-20",
        "zz",
        "か゛",
        "abcde",
        '"meeting moved"',
        "NEAR(a b)",
    ),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """One in which all of it was said."""
    log_dir = tmp_path_factory.mktemp("logs")
    text = "".join(f"2026-11-21T14:03:05+01:00 {line}\n" for line in SAID)
    (log_dir / "messages.txt").write_bytes(text.encode())
    catch_up(log_dir)
    return Archive(log_dir)


def numbers(archive: Archive, text: str) -> tuple[int, ...]:
    """What is found."""
    found = archive.search(parse(text), 500)
    assert found.is_complete
    return tuple(each.number for each in found.records)


@pytest.mark.parametrize(("text", "wanted"), FOUND)
def test_it_finds(archive: Archive, text: str, wanted: int | tuple[int, ...]) -> None:
    assert numbers(archive, text) == (wanted if isinstance(wanted, tuple) else (wanted,))


@pytest.mark.parametrize("text", NOT_FOUND)
def test_it_does_not_find(archive: Archive, text: str) -> None:
    assert numbers(archive, text) == ()


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", ""),
        ("   ", ""),
        ('""', ""),
        ("ـ", ""),
        ('"on friday', '"'),
        ("from:", "from:"),
        ("since:yesterday", "since:yesterday"),
        ("since:2026-02-30", "since:2026-02-30"),
        ("until:20261121", "until:20261121"),
        ("since:2026-11-20 since:2026-11-21", "since:2026-11-21"),
        ("x" * (MAX_QUERY_CHARACTERS + 1), ""),
        (" ".join("abcdefghijklmnop"[: MAX_TERMS + 1]), ""),
    ],
)
def test_what_cannot_be_looked_for_is_told_in_a_sentence(text: str, part: str) -> None:
    with pytest.raises(QueryError, match=r"^\S.*\.$") as caught:
        parse(text)
    assert caught.value.part == part


@pytest.mark.parametrize("text", ["'", "\\", "%", "_", "*", "(", "a:b", "-x", "^a", "\0", "\udcff"])
def test_no_sign_that_is_typed_means_anything_to_the_database(archive: Archive, text: str) -> None:
    numbers(archive, text)
    numbers(archive, text * 3)
    numbers(archive, f'"{text} {text}"')


def test_the_newest_are_found_first_and_given_in_their_order(tmp_path: Path) -> None:
    lines = [f"2026-11-{day}T00:00:00+00:00 Bob: same {day}\n" for day in range(10, 30)]
    (tmp_path / "messages.txt").write_text("".join(lines))
    catch_up(tmp_path)
    archive = Archive(tmp_path)
    found = archive.search(parse("same"), 3)
    assert [each.text for each in found.records] == ["same 27", "same 28", "same 29"]
    assert numbers(archive, "since:2026-11-28") == (19, 20)
    assert numbers(archive, "since:2026-11-12 until:2026-11-13 same") == (3, 4)
    assert numbers(archive, "until:2026-11-10") == (1,)
    assert numbers(archive, "since:2026-11-27T00:00 until:2026-11-28T00:00:00") == (18, 19)
    assert numbers(archive, "since:2026-11-27T00:01 until:2026-11-28") == (19,)


def test_days_are_found_where_a_clock_was_put_back(tmp_path: Path) -> None:
    for day in (10, 12, 11, 12, 10):
        with open(tmp_path / "messages.txt", "a") as file:
            file.write(f"2026-11-{day}T00:00:00+00:00 Bob: said\n")
        catch_up(tmp_path)
    assert numbers(Archive(tmp_path), "since:2026-11-12") == (2, 4)
    assert numbers(Archive(tmp_path), "until:2026-11-10") == (1, 5)
    assert numbers(Archive(tmp_path), "since:2026-11-11 until:2026-11-11") == (3,)


def test_in_an_archive_that_is_not_there_nothing_is_found(tmp_path: Path) -> None:
    assert numbers(Archive(tmp_path), "hello") == ()
