"""Bytes to lines and back: nothing depends on how the stream was cut."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.framing import BadLine, LineDecoder, encode_line

_LINE = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), max_size=200)
_CUTS = st.lists(st.integers(min_value=0, max_value=500), max_size=20)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data`, cut at these places; cuts that fall together give an empty piece."""
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(places)]


def decode(decoder: LineDecoder, data: bytes, cuts: list[int]) -> list[str | BadLine]:
    """All lines, with `data` fed in pieces."""
    return [line for piece in pieces(data, cuts) for line in decoder.feed(piece)]


def texts(lines: list[str | BadLine]) -> list[str]:
    """The lines, with the reason where there is no line."""
    return [line.reason if isinstance(line, BadLine) else line for line in lines]


@given(st.lists(_LINE), _CUTS)
def test_what_was_encoded_is_decoded_however_it_was_cut(lines: list[str], cuts: list[int]) -> None:
    data = b"".join(encode_line(line) for line in lines)
    decoder = LineDecoder()
    # A carriage return at the end of a line is taken for a part of the newline.
    assert decode(decoder, data, cuts) == [line.removesuffix("\r") for line in lines]
    assert not decoder.has_unfinished_line


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\xc3", b"\xa9", b"xxxxx"])), _CUTS)
def test_the_same_bytes_give_the_same_lines_however_they_are_cut(
    parts: list[bytes], cuts: list[int]
) -> None:
    """Also where they are no text, or too long; the limits are small, so that they are met."""
    data = b"".join(parts)
    whole, cut = LineDecoder(8, 24), LineDecoder(8, 24)
    assert decode(cut, data, cuts) == whole.feed(data)
    assert cut.has_unfinished_line == whole.has_unfinished_line


@given(st.binary(max_size=300), _CUTS)
def test_it_agrees_with_a_decoder_that_sees_all_at_once(data: bytes, cuts: list[int]) -> None:
    expected: list[str | None] = []
    for line in data.split(b"\n")[:-1]:
        try:
            expected.append(line.removesuffix(b"\r").decode())
        except UnicodeDecodeError:
            expected.append(None)
    lines = decode(LineDecoder(), data, cuts)
    assert [None if isinstance(line, BadLine) else line for line in lines] == expected


@pytest.mark.parametrize("cuts", [[], [1], [4095], [4096], list(range(0, 4200, 7))])
def test_a_line_may_have_4096_bytes_with_its_newline(cuts: list[int]) -> None:
    fits, too_long = b"x" * 4095 + b"\n", b"x" * 4096 + b"\n"
    assert decode(LineDecoder(), fits, cuts) == ["x" * 4095]
    lines = decode(LineDecoder(), too_long + b"after\n", cuts)
    assert texts(lines) == ["A line may have 4096 bytes; this one was dropped.", "after"]


def test_a_line_that_is_too_long_is_told_before_it_ends() -> None:
    decoder = LineDecoder()
    assert decoder.feed(b"x" * 4095) == []
    (told,) = decoder.feed(b"x")
    assert isinstance(told, BadLine)
    assert not told.fatal
    assert decoder.has_unfinished_line
    assert decoder.feed(b"x" * 1000) == []
    assert decoder.feed(b"\nafter\n") == ["after"]


def test_64_kib_without_a_newline_are_fatal() -> None:
    """And whatever comes then is no line any more."""
    decoder = LineDecoder()
    assert len(decoder.feed(b"x" * 65535)) == 1
    (last,) = decoder.feed(b"x")
    assert isinstance(last, BadLine)
    assert last.fatal
    assert decoder.feed(b"more\nof it\n") == []


@given(st.lists(st.binary(max_size=60)))
def test_it_holds_no_more_than_a_line_whatever_comes(data: list[bytes]) -> None:
    """Here with a limit of 16 bytes; the pieces are longer, and have a newline only by chance."""
    decoder = LineDecoder(16, 1000)
    for piece in data:
        decoder.feed(piece)
        assert len(decoder._unfinished) < 16


def test_a_line_holds_no_newline() -> None:
    with pytest.raises(ValueError, match="newline"):
        encode_line("two\nlines")


def test_a_lone_surrogate_does_not_stop_a_line() -> None:
    assert encode_line("a\udcffb") == b"a?b\n"
