"""What came while nobody looked: the rule above it, and the way from mention to mention."""

from collections.abc import Callable

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.tabs import Tab
from phase4.widgets.news import WORDS
from shared import message
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, press, see, shows, tab_of, tabs_of, type_line

pytestmark = pytest.mark.window


@pytest.fixture
def alice(start_app: Apps, chat: Chat) -> App:
    """The client, in the conversation as Alice, with a private tab as well."""
    app = start_app.talking(chat.port)
    shows(app, "Welcome")
    app.chat_page.entry.focus_force()
    see(app.root, app._pages.is_in_front, "the keyboard")
    received(app, private("Zoe", "first"))
    for tab in (tab_of(app, "Zoe"), tabs_of(app).main):  # so that it has been seen
        go_to(app, tab)
    return app


def received(app: App, *messages: message.Message) -> None:
    app.called.tend()
    app.router.show(messages)
    app.root.update()


def said(text: str, sender: str = "Bob") -> message.Public:
    return message.Public("12:00:00", sender, text)


def private(sender: str, text: str) -> message.Private:
    return message.Private("12:00:00", sender, "Alice", text)


def go_to(app: App, tab: Tab) -> None:
    tabs_of(app).select(tab)
    app.root.update()


def drawn(tab: Tab) -> list[str]:
    """What is said in each line, and the rule as "---"."""
    lines = [each.line for each in tab.conversation.text.lines]
    return ["---" if WORDS in each.text else each.text for each in lines]


def rule_is_above(tab: Tab, text: str) -> bool:
    lines = drawn(tab)
    return lines.count("---") == 1 and lines[lines.index("---") + 1] == text


@pytest.fixture
def away(alice: App) -> Callable[[], None]:
    """Look at the tab of Zoe, so that nobody looks at everybody's."""
    return lambda: go_to(alice, tab_of(alice, "Zoe"))


def test_a_rule_stands_above_the_first_line_that_came_while_nobody_looked(
    alice: App, away: Callable[[], None]
) -> None:
    main = tabs_of(alice).main
    received(alice, said("seen"))
    assert "---" not in drawn(main)
    away()
    received(alice, message.Joined("12:00:00", "Carol"), said("one"))
    received(alice, said("two"))
    assert rule_is_above(main, "Carol joined")
    go_to(alice, main)
    received(alice, said("three"))
    assert rule_is_above(main, "Carol joined")
    text = main.conversation.text
    (number,) = [at for at, line in enumerate(drawn(main), 1) if line == "---"]
    assert WORDS in text.get(f"{number}.0", f"{number}.end")
    assert text.dlineinfo(f"{number}.0") is not None


def test_the_rule_goes_when_one_has_looked_away_or_has_written(
    alice: App, away: Callable[[], None]
) -> None:
    main = tabs_of(alice).main
    away()
    received(alice, said("one"))
    go_to(alice, main)
    away()
    assert "---" not in drawn(main)
    received(alice, said("two"))
    assert rule_is_above(main, "two")  # and not above what was seen
    go_to(alice, main)
    type_line(alice, "an answer")
    assert "---" not in drawn(main)


def test_looking_at_another_window_is_looking_away(
    alice: App, desktop: Desktop, chat: Chat
) -> None:
    main = tabs_of(alice).main
    with chat.join("Bob") as bob:
        shows(alice, "Bob joined")
        alice.root.iconify()
        see(alice.root, lambda: not alice._pages.is_in_front(), "that nobody looks")
        bob.send("one", "two")
        shows(alice, "two")
        assert rule_is_above(main, "one")
        alice.root.deiconify()
        desktop.window("Alice on").focus()
        see(alice.root, alice._pages.is_in_front, "that somebody looks")
        assert "---" in drawn(main)
        alice.root.iconify()
        see(alice.root, lambda: "---" not in drawn(main), "that it has been seen")


def test_a_private_conversation_that_is_new_begins_with_the_rule_but_not_what_one_said_oneself(
    alice: App,
) -> None:
    received(alice, private("Bob", "psst"))
    assert drawn(tab_of(alice, "Bob")) == ["---", "psst"]
    own = message.Private("12:00:00", "Alice", "Carol", "said elsewhere")
    received(alice, own, private("Carol", "heard"))
    assert drawn(tab_of(alice, "Carol")) == ["said elsewhere", "---", "heard"]


def test_the_rule_is_never_copied_nor_found(alice: App, away: Callable[[], None]) -> None:
    main = tabs_of(alice).main
    received(alice, said("above"))
    away()
    received(alice, said("below"))
    go_to(alice, main)
    conversation = main.conversation
    conversation.select_all()
    assert conversation.copy_selection()
    copied = alice.root.clipboard_get()
    assert "Bob: above\nBob: below\n" in copied
    conversation.copy_all()
    all_of_it = alice.root.clipboard_get()
    assert "12:00:00  Bob  above\n12:00:00  Bob  below\n" in all_of_it
    assert WORDS not in copied + all_of_it
    conversation.find()
    conversation.search.bar.open(WORDS)
    assert conversation.search.bar.count.cget("text") == "Not found"


def test_a_rule_whose_lines_have_been_left_out_does_no_harm(
    alice: App, away: Callable[[], None]
) -> None:
    main = tabs_of(alice).main
    away()
    received(alice, said("one"))
    received(alice, *[said(f"line {number}") for number in range(5_300)])
    go_to(alice, main)
    type_line(alice, "an answer")
    away()
    received(alice, said("two"))
    assert rule_is_above(main, "two")


# --- from mention to mention --------------------------------------------------------------------


def marked(tab: Tab) -> str:
    """What is said in the line that was gone to."""
    text = tab.conversation.text
    places = text.tag_ranges("here")
    if not places:
        return ""
    assert text.dlineinfo(str(places[0])) is not None, "it is not in sight"
    return text.lines[int(str(places[0]).partition(".")[0]) - 1].line.text


def test_keys_go_from_mention_to_mention_and_back_wherever_the_keyboard_is(alice: App) -> None:
    main, page = tabs_of(alice).main, alice.chat_page
    for number in range(4):
        received(alice, *[said(f"chatter {number}.{line}") for line in range(40)])
        received(alice, said(f"Alice, {number}?") if number < 3 else said("the end"))
    for widget in (page.entry, main.conversation.text, page.people.tree):
        page.entry.put("a draft")
        for keys, line in (("Up", 2), ("Up", 1), ("Up", 0), ("Up", 0), ("Down", 1), ("Down", 2)):
            press(widget, f"<Alt-{keys}>")
            assert marked(main) == f"Alice, {line}?"
        assert not main.conversation.follows
        press(widget, "<Alt-Down>")
        assert marked(main) == ""
        assert main.conversation.follows
        assert page.entry.get() == "a draft"


def test_the_key_goes_to_where_the_news_begin_as_well(alice: App, away: Callable[[], None]) -> None:
    main = tabs_of(alice).main
    received(alice, said("Alice, before"), *[said(f"old {number}") for number in range(60)])
    away()
    received(alice, *[said(f"new {number}") for number in range(60)])
    go_to(alice, main)
    place = f"{1 + drawn(main).index('---')}.0"
    text = main.conversation.text
    assert text.dlineinfo(place) is None
    press(alice.chat_page.entry, "<Alt-Up>")
    assert text.dlineinfo(place) is not None
    press(alice.chat_page.entry, "<Alt-Up>")
    assert marked(main) == "Alice, before"
    press(alice.chat_page.entry, "<Alt-Down>")
    assert text.dlineinfo(place) is not None


def test_after_the_last_mention_come_those_of_other_conversations(
    alice: App, away: Callable[[], None]
) -> None:
    away()
    received(alice, said("Alice, over here"), *[said(f"line {number}") for number in range(60)])
    press(alice.chat_page.entry, "<Alt-Down>")
    assert tabs_of(alice).current is tabs_of(alice).main
    text = tabs_of(alice).main.conversation.text
    place = f"{1 + drawn(tabs_of(alice).main).index('---')}.0"
    assert text.dlineinfo(place) is not None


def test_what_was_gone_to_is_marked_until_one_writes(alice: App) -> None:
    main = tabs_of(alice).main
    received(alice, said("Alice?"))
    press(alice.chat_page.entry, "<Alt-Up>")
    assert marked(main) == "Alice?"
    type_line(alice, "yes")
    assert marked(main) == ""
