"""What Tk cannot draw on X11 is said once, where it comes or is typed; and of nothing else."""

import pytest

from phase4.widgets.conversation import Conversation
from phase4.widgets.drawn_apart import IN_PARTS, UNSHAPED, in_words
from phase4.widgets.lines import Line
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window


@pytest.mark.parametrize(
    "text",
    ["हिन्दी", "বাংলা", "தமிழ்", "తెలుగు", "ಕನ್ನಡ", "മലയാളം", "සිංහල", "ខ្មែរ", "မြန်မာ", "ꦲꦏ꧀ꦱ", "ܫܠܡܐ"],
)
def test_scripts_that_have_to_be_shaped_are_named(text: str) -> None:
    assert [*in_words(f"see {text}")] == [UNSHAPED]


@pytest.mark.parametrize(
    "text",
    [
        "👨\u200d👩\u200d👧",
        "🇩🇪",
        "👍🏽",
        "☝🏽",
        "1\ufe0f\u20e3",
        "❤\ufe0f\u200d🔥",
        "🏳\ufe0f\u200d🌈",
    ],
)
def test_emoji_of_several_signs_are_named(text: str) -> None:
    assert [*in_words(f"see {text}")] == [IN_PARTS]


@pytest.mark.parametrize(
    "text", ["hello", "é e\u0301 ñ", "ภาษาไทย", "ພາສາລາວ", "Tiếng Việt", "አማርኛ", "Հայ", "ქართული",
             "日本語", "한국어", "😀 🎉 ❤\ufe0f", "שלום", "سلام", "می\u200cخواهم", "1 2 #*"]
)  # fmt: skip
def test_what_is_drawn_as_it_should_be_is_not(text: str) -> None:
    assert not [*in_words(text)]


@pytest.mark.window
def test_it_is_said_once_in_a_window_with_the_first_line_that_has_it(desktop: Desktop) -> None:
    with new_window(desktop) as root:
        theme = Theme(root, "light")
        one, other = (Conversation(root, theme, lambda _: None) for _ in range(2))
        one.add([Line("public", "10:00:00", "Bob", "हिन्दी 🇩🇪", "Bob")])
        said = "10:00:00  Bob  हिन्दी 🇩🇪\n"
        assert one.shown() == f"{said}10:00:00  *  {UNSHAPED}\n10:00:00  *  {IN_PARTS}\n"
        other.add([Line("public", "10:00:01", "Bob", "தமிழ் 👍🏽", "Bob")])
        assert other.shown().count("\n") == 1
        assert one.selection.said == ""
