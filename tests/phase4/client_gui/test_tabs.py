"""Private conversations in tabs of their own, in a real window, with a real server."""

import tkinter as tk

import pytest

from phase4.client_gui.app import App
from phase4.client_gui.tabs import MAX_PRIVATE_TABS, Tab
from shared import message
from tests.kit.chat import Chat
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, press, see, shows, tab_of, tabs_of, type_line

pytestmark = pytest.mark.window


@pytest.fixture
def alice(start_app: Apps, chat: Chat) -> App:
    """The client, in the conversation as Alice."""
    app = start_app.talking(chat.port)
    app.chat_page.entry.focus_force()
    return app


def here(app: App, *names: str) -> None:
    """Wait until exactly these are online beside Alice."""
    expected = ("Alice", *names)
    see(app.root, lambda: app.chat_page.people.names() == expected, f"{expected} in the list")


def received(app: App, *messages: message.Message) -> None:
    """Let the window show what a server might say."""
    app.router.show(messages)
    app.root.update()


def private(sender: str, text: str = "hi") -> message.Private:
    return message.Private("12:00:00", sender, "Alice", text)


def text_of(tab: Tab) -> str:
    return tab.conversation.shown()


# --- talking ---------------------------------------------------------------------------------


def test_a_double_click_opens_a_tab_in_which_all_is_said_to_that_person_alone(
    desktop: Desktop, alice: App, chat: Chat
) -> None:
    with chat.join("Bob") as bob, chat.join("Carol") as carol:
        bob.hear("* Carol joined")
        here(alice, "Bob", "Carol")
        tree = alice.chat_page.people.tree
        x, y, width, height = (int(each) for each in tree.bbox("Bob"))
        desktop.click(tree.winfo_rootx() + x + width // 2, tree.winfo_rooty() + y + height // 2, 2)
        see(alice.root, lambda: tabs_of(alice).current.person == "Bob", "the tab of Bob")
        see(alice.root, lambda: alice.root.focus_get() is alice.chat_page.entry, "the cursor in it")
        type_line(alice, "just for you")
        bob.hear("Alice -> Bob: just for you")
        carol.fence()
        shows(alice, "→ Bob just for you", "Bob")
        assert "just for you" not in text_of(tabs_of(alice).main)


def test_a_private_message_opens_a_tab_behind_and_counts_until_it_is_seen(
    alice: App, chat: Chat
) -> None:
    alice.chat_page.entry.put("half a thou")
    with chat.join("Bob") as bob:
        bob.send("/pm Alice psst", "/pm Alice are you there?")
        shows(alice, "are you there?", "Bob")
        tabs = tabs_of(alice)
        assert tabs.labels == ("Everybody", "● Bob (@2)")
        assert alice.root.title().startswith("(@2) Alice on")
        assert tabs.current is tabs.main
        assert alice.chat_page.entry.get() == "half a thou"
        tabs.walk(1)
        alice.root.update()
        assert tabs.labels == ("Everybody", "● Bob")
        assert alice.root.title().startswith("Alice on")
        bob.send("to everybody")
        see(alice.root, lambda: tabs.labels[0] == "Everybody (1)", "a count for everybody, too")


def test_each_tab_keeps_its_draft_and_its_history(alice: App, chat: Chat) -> None:
    entry = alice.chat_page.entry
    with chat.join("Bob") as bob:
        here(alice, "Bob")
        type_line(alice, "said to all")
        bob.hear("Alice: said to all")
        entry.put("a draft for all")
        alice.open_person("Bob")
        assert entry.get() == ""
        type_line(alice, "secret")
        bob.hear("Alice -> Bob: secret")
        entry.put("a draft for Bob")
        tabs_of(alice).walk(1)
        assert entry.get() == "a draft for all"
        press(entry, "<Up>")
        assert entry.get() == "said to all"  # and not what was said to Bob
        tabs_of(alice).walk(-1)
        assert entry.get() == "a draft for Bob"
        press(entry, "<Up>")
        assert entry.get() == "secret"


def test_commands_work_in_a_private_tab_and_are_answered_there(alice: App, chat: Chat) -> None:
    with chat.join("Bob") as bob, chat.join("Carol") as carol:
        bob.hear("* Carol joined")
        here(alice, "Bob", "Carol")
        alice.open_person("Bob")
        type_line(alice, "/who")
        shows(alice, "3 online: Alice, Bob, Carol", "Bob")
        type_line(alice, "/nosuch")
        shows(alice, "no command /nosuch", "Bob")
        type_line(alice, "@Carol for you")
        carol.hear("Alice -> Carol: for you")
        shows(alice, "→ Carol for you", "Bob")  # where it was typed
        shows(alice, "→ Carol for you", "Carol")
        assert tabs_of(alice).labels[-1] == "● Carol"  # what one says oneself is not unread
        bob.fence()


# --- people come and go ----------------------------------------------------------------------


def test_a_tab_goes_with_a_person_who_takes_another_name(alice: App, chat: Chat) -> None:
    with chat.join("Bob") as bob:
        here(alice, "Bob")
        alice.open_person("Bob")
        bob.send("/nick Robert")
        shows(alice, "Bob is now Robert", "Robert")
        here(alice, "Robert")
        assert tabs_of(alice).labels == ("Everybody", "● Robert")
        type_line(alice, "hello Robert")
        bob.skip_to(".*Alice -> Robert: hello Robert")


def test_what_is_said_to_somebody_who_has_left_comes_back_with_the_error(
    alice: App, chat: Chat
) -> None:
    with chat.join("Bob"):
        here(alice, "Bob")
        alice.open_person("Bob")
    shows(alice, "Bob left", "Bob")
    here(alice)
    assert tabs_of(alice).labels[-1] == "○ Bob"
    type_line(alice, "too late")
    shows(alice, "Nobody here is called Bob", "Bob")
    shows(alice, "Not delivered: too late", "Bob")
    assert alice.chat_page.entry.get() == "too late"
    assert "Nobody here" not in text_of(tabs_of(alice).main)
    with chat.join("bob") as bob:  # the same name to the server, in another spelling
        shows(alice, "bob joined", "Bob")
        see(alice.root, lambda: tabs_of(alice).labels[-1] == "● bob", "that he is here")
        press(alice.chat_page.entry, "<Return>")
        assert alice.chat_page.question.text.startswith("bob may be somebody else now.")
        bob.fence()
        answers = alice.chat_page.question.winfo_children()
        press(answers[1], "<Right>")  # from "Do not send"
        press(answers[2], "<Return>")
        bob.hear("Alice -> bob: too late")


def test_what_comes_back_does_not_overwrite_what_is_being_typed(alice: App, chat: Chat) -> None:
    with chat.join("Bob") as bob:
        here(alice, "Bob")
        alice.open_person("Nobody")
        type_line(alice, "too late")
        alice.chat_page.entry.put("something else")
        alice.open_person("Bob")
        shows(alice, "Not delivered: too late", "Nobody")
        type_line(alice, "to Bob")  # the fence: nothing of the above went to Bob
        bob.hear("Alice -> Bob: to Bob")
        alice.open_person("Nobody")
        assert alice.chat_page.entry.get() == "something else"
        type_line(alice, "late again")
        alice.chat_page.entry.put("and something else")
        shows(alice, "Not delivered: late again", "Nobody")
        assert alice.chat_page.entry.get() == "and something else"


def test_who_takes_the_name_of_one_who_left_gets_a_single_tab(alice: App) -> None:
    received(alice, private("Bob", "the first Bob"), private("Robert", "from Robert"))
    received(alice, message.Renamed("12:00:00", "Robert", "Bob"))
    assert [tab.person for tab in tabs_of(alice).shown()] == ["", "Bob"]
    assert "from Robert" in text_of(tab_of(alice, "Bob"))
    assert tabs_of(alice).find("Robert") is None


# --- opening and closing -----------------------------------------------------------------------


def test_a_closed_tab_has_all_it_had_when_it_is_opened_again(alice: App) -> None:
    tabs = tabs_of(alice)
    received(alice, private("Bob", "one"))
    tabs.select(tab_of(alice, "Bob"))
    alice.chat_page.entry.put("a draft")
    press(alice.chat_page.entry, "<Control-w>")
    assert tabs.current is tabs.main
    assert [tab.person for tab in tabs.shown()] == [""]
    press(alice.chat_page.entry, "<Control-w>")  # that of everybody stays
    assert [tab.person for tab in tabs.shown()] == [""]
    received(alice, private("Bob", "two"))
    assert tabs.labels == ("Everybody", "● Bob (@1)")
    tabs.close(tab_of(alice, "Bob"))
    assert tabs.unread == 0  # who closes it does not want to be told
    alice.open_person("Bob")
    assert alice.chat_page.entry.get() == "a draft"
    assert "one" in text_of(tabs.current)


def test_tabs_are_chosen_and_closed_with_the_mouse(desktop: Desktop, alice: App) -> None:
    received(alice, private("Bob"), private("Carol"))
    tabs = tabs_of(alice)

    def click(person: str, button: str) -> None:
        place = tabs.place_of(tab_of(alice, person))
        x, y = place.winfo_rootx() + 20, place.winfo_rooty() + place.winfo_height() // 2
        desktop.xdotool("mousemove", str(x), str(y), "click", button)

    click("Carol", "1")
    see(alice.root, lambda: tabs.current.person == "Carol", "the tab that was clicked")
    click("Bob", "2")
    see(alice.root, lambda: len(tabs.shown()) == 2, "the tab closed")
    assert [tab.person for tab in tabs.shown()] == ["", "Carol"]


def test_the_number_of_tabs_has_a_bound_and_no_message_is_lost(alice: App) -> None:
    names = [f"p{number}" for number in range(MAX_PRIVATE_TABS + 5)]
    received(alice, *[private(name, f"from {name}") for name in names])
    tabs = tabs_of(alice)
    assert len(tabs.shown()) == 1 + MAX_PRIVATE_TABS
    for name in names[MAX_PRIVATE_TABS:]:
        assert f"→ you from {name}" in text_of(tabs.main)
    alice.open_person("Bob")
    assert "close one first" in text_of(tabs.main)
    alice.open_person("p5")
    alice.chat_page.entry.put("a draft")
    tabs.close(tab_of(alice, "p5"))
    tabs.close(tab_of(alice, "p7"))
    alice.open_person("Bob")  # in the place of the one that was closed, and holds no draft
    assert tab_of(alice, "p5").draft.text == "a draft"
    assert tabs.find("p7") is None
    assert tabs.current.person == "Bob"
    assert len([*tabs]) == 1 + MAX_PRIVATE_TABS


def test_a_name_that_no_honest_server_lets_in_gets_no_tab(alice: App) -> None:
    received(alice, private("x" * 5000, "from a long name"))
    assert len([*tabs_of(alice)]) == 1
    assert "from a long name" in text_of(tabs_of(alice).main)


def test_every_tab_is_in_sight_with_its_count_however_many_there_are(alice: App) -> None:
    names = [f"Maximiliane-Aug{number:02}" for number in range(MAX_PRIVATE_TABS)]
    received(alice, *[private(name) for name in names])
    tabs = tabs_of(alice)
    see(alice.root, lambda: tabs.labels[-1].startswith("● M"), "the tabs")
    assert len({*tabs.labels}) == len(names) + 1  # each can be told from the others
    for tab in tabs.shown():
        place = tabs.place_of(tab)
        assert place.winfo_width() >= place.winfo_reqwidth()
        assert place.winfo_x() + place.winfo_width() <= tabs.winfo_width()
    assert all(label.endswith(" (@1)") for label in tabs.labels[1:])
    assert "…" in tabs.labels[1]


def test_in_a_small_window_tabs_leave_room_to_read_and_the_front_is_in_sight(
    desktop: Desktop, alice: App
) -> None:
    alice.root.geometry("420x400")
    received(alice, *[private(f"Somebody-{number}") for number in range(MAX_PRIVATE_TABS)])
    tabs = tabs_of(alice)
    row = tabs.place_of(tabs.main).master
    assert isinstance(row, tk.Widget)
    see(alice.root, lambda: 1 < row.winfo_width() < 330, "the small window")

    def in_sight(tab: Tab) -> bool:
        alice.root.update()
        return 0 <= tabs.place_of(tab).winfo_y() < row.winfo_height()

    for _ in tabs.shown():
        assert in_sight(tabs.current)
        tabs.walk(1)
    assert tabs.current is tabs.main
    assert tabs.row.more.cget("text").startswith("▾ ")
    last = tabs.shown()[-1]
    assert not in_sight(last)
    desktop.xdotool("mousemove", str(row.winfo_rootx() + 40), str(row.winfo_rooty() + 10))
    for _ in range(MAX_PRIVATE_TABS):
        desktop.xdotool("click", "5")
        if in_sight(last):
            break
    see(alice.root, lambda: in_sight(last), "the last tab, by the wheel")
    assert in_sight(tabs.main)  # which is in front, wherever one looks
    assert alice.root.winfo_height() > 2 * row.winfo_height()


def test_a_tab_that_is_gone_is_not_kept_alive_by_the_theme(alice: App) -> None:
    tabs = tabs_of(alice)
    for number in range(MAX_PRIVATE_TABS + 3):
        alice.open_person(f"p{number}")
        tabs.close(tabs.current)
    before = len(vars(alice.theme)["_listeners"])
    alice.open_person("another")
    assert len(vars(alice.theme)["_listeners"]) == before
    alice.theme.toggle()  # and what is gone is not drawn
