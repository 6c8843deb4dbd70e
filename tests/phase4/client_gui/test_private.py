"""What is meant for one person is neither sent nor shown as if all should hear it."""

from collections.abc import Callable, Iterator

import pytest

from phase4.client.events import NameRefused
from phase4.client_gui.app import App
from phase4.client_gui.target import Target
from phase4.client_gui.typing_aids import Completer
from shared import message
from shared.request import Whisper
from tests.kit.chat import Chat, Person
from tests.kit.desktop import Desktop
from tests.kit.windows import Apps, new_window, press, see, shows, tab_of, tabs_of, type_line

# --- without a window --------------------------------------------------------------------------


def test_a_name_that_is_no_longer_here_is_not_completed() -> None:
    completer = Completer()
    assert completer.complete("@B", ("Bill", "Bob")) == "@Bill "
    assert completer.complete("@Bill ", ("Billy", "Bob")) is None
    assert completer.complete("@B", ("Billy", "Bob")) == "@Billy "


# --- in a window -------------------------------------------------------------------------------

window = pytest.mark.window


@pytest.fixture
def alice(desktop: Desktop, chat: Chat) -> Iterator[App]:
    """The client, in the conversation as Alice."""
    with new_window(desktop) as root:
        apps = Apps(root)
        app = apps.talking(chat.port)
        app.chat_page.entry.focus_force()
        yield app
        apps.close()


def join(app: App, chat: Chat, name: str) -> Person:
    person = chat.join(name)
    see(app.root, lambda: name in app.chat_page.people.names(), f"{name} in the list")
    return person


def recipient(app: App) -> str:
    """Whom the label beside the entry names."""
    return str(vars(app.chat_page)["_to"].cget("text")).removeprefix(" → ")


def received(app: App, *messages: message.Message) -> None:
    """Let the window show what a server might say."""
    app.router.show(messages)
    app.root.update()


def press_focused(app: App, keys: str) -> None:
    widget = app.root.focus_get()
    assert widget is not None
    press(widget, keys)


@window
@pytest.mark.parametrize(
    "text",
    [
        "\uff20Bob: see you",
        "\uff0fpm Bob see you",
        "\ufeff/pm Bob see you",
        "\u200b@Bob see you",
        "@@bob see you",
        "//pm Bob see you",
        "/pmm Bob see you",
        "\\pm Bob see you",
    ],
)
def test_what_the_server_refuses_is_not_shown_as_said(alice: App, chat: Chat, text: str) -> None:
    with join(alice, chat, "Bob") as bob:
        type_line(alice, text)
        type_line(alice, "the next line")
        bob.hear("Alice: the next line")
        shows(alice, "Nothing was sent.")
        shows(alice, "Alice  the next line")
        shown = tabs_of(alice).main.conversation.shown()
        assert "see you" not in shown.partition("Bob joined")[2]


@window
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("//etc/hosts", "/etc/hosts"),
        ("@@property", "@property"),
        ("@@Carol hi", "@Carol hi"),
        ("  //x", "  /x"),
    ],
)
def test_what_is_said_is_shown_as_others_hear_it(
    alice: App, chat: Chat, text: str, said: str
) -> None:
    with join(alice, chat, "Bob") as bob:
        type_line(alice, text)
        bob.hear(f"Alice: {said}")
        shows(alice, f"Alice  {said}\n")
        alice.open_person("Bob")
        type_line(alice, text)
        bob.hear(f"Alice -> Bob: {said.strip()}")
        shows(alice, said.strip(), "Bob")
        type_line(alice, "/etc/hosts")
        bob.fence()
        shows(alice, "There is no command /etc/hosts", "Bob")


@window
def test_a_text_that_could_not_be_delivered_comes_back_as_it_is_typed(
    alice: App, chat: Chat
) -> None:
    with join(alice, chat, "Bob"):
        alice.open_person("Bob")
    shows(alice, "Bob left", "Bob")
    type_line(alice, "//etc/hosts")
    shows(alice, "Not delivered: /etc/hosts", "Bob")
    assert alice.chat_page.entry.get() == "//etc/hosts"


@window
def test_the_label_names_the_recipient_at_every_moment(alice: App, chat: Chat) -> None:
    with join(alice, chat, "Bill") as bill:
        alice.open_person("Bill")
        assert recipient(alice) == "Bill"
        bill.send("/nick Billy")
        see(alice.root, lambda: recipient(alice) == "Billy", "the new name beside the entry")
        with join(alice, chat, "Bill") as other:
            other.fence()
            assert recipient(alice) == "Billy"
            type_line(alice, "for the first of them")
            bill.skip_to(".*Alice -> Billy: for the first of them")
            other.fence()
    shows(alice, "Billy left", "Billy")
    with join(alice, chat, "BILLY"):
        see(alice.root, lambda: recipient(alice) == "BILLY", "the name as it is spelled now")


@window
def test_the_count_of_bytes_goes_with_the_name(alice: App) -> None:
    alice.open_person("Bill")
    alice.chat_page.entry.put("x" * 4080)
    room = vars(alice.chat_page)["_room"]
    assert room.cget("text") == "6 bytes left"
    received(alice, message.Renamed("12:00:00", "Bill", "Billyboy"))
    assert room.cget("text") == "2 bytes left"


@window
def test_a_question_names_the_recipient_as_they_are_called_now(alice: App, chat: Chat) -> None:
    with join(alice, chat, "Bill") as bill:
        alice.open_person("Bill")
        alice.root.clipboard_clear()
        alice.root.clipboard_append("one\ntwo")
        alice.chat_page.entry.event_generate("<<Paste>>")
        assert alice.chat_page.question.text == "Send 2 lines to Bill alone?"
        bill.send("/nick Billy")
        see(alice.root, lambda: "to Billy alone?" in alice.chat_page.question.text, "the new name")
        press_focused(alice, "<Return>")
        bill.skip_to(".*Alice -> Billy: one")
        bill.hear("Alice -> Billy: two")


@window
def test_a_refusal_is_understood_though_the_person_is_called_otherwise_meanwhile(
    alice: App,
) -> None:
    alice.open_person("Bill")
    tab_of(alice, "Bill").unanswered.append(Whisper("Bill", "hello"))
    received(
        alice,
        message.Renamed("12:00:00", "Bill", "Billy"),
        message.Error("Nobody here is called Bill."),
    )
    assert "Not delivered: hello" in tab_of(alice, "Billy").conversation.shown()
    assert alice.chat_page.entry.get() == "hello"


@window
def test_a_tab_that_vanishes_leaves_its_text_to_nobody(alice: App) -> None:
    for name in ("Billy", "Bill", "Billy"):
        alice.open_person(name)
    entry = alice.chat_page.entry
    entry.put("a secret")
    received(alice, message.Left("12:00:00", "Billy"), message.Renamed("12:00:01", "Bill", "Billy"))
    assert tabs_of(alice).labels == ("Everybody", "● Billy")
    assert recipient(alice) == "Billy"  # and not everybody
    assert entry.get() == ""
    type_line(alice, "that goes on")
    assert alice.chat_page.question.text.startswith("Billy may be somebody else now.")
    press_focused(alice, "<Return>")
    assert entry.get() == "that goes on"
    press(entry, "<Up>")
    assert entry.get() == "a secret"


@window
@pytest.mark.parametrize("front", [True, False])
def test_a_text_that_was_begun_for_one_who_left_is_asked_about(
    alice: App, chat: Chat, *, front: bool
) -> None:
    with join(alice, chat, "Bob"):
        alice.open_person("Bob")
        alice.chat_page.entry.put("a secret")
        if not front:
            tabs_of(alice).go(0)
    shows(alice, "Bob left", "Bob")
    with join(alice, chat, "Robert") as other:
        other.send("/nick Bob")
        shows(alice, "Robert is now Bob", "Bob")
        alice.open_person("Bob")
        press(alice.chat_page.entry, "<Return>")
        assert alice.chat_page.question.text.startswith("Bob may be somebody else now.")
        press_focused(alice, "<Return>")  # the answer that is given by mistake
        assert alice.chat_page.entry.get() == "a secret"
        press(alice.chat_page.entry, "<Return>")
        press_focused(alice, "<Right>")
        press_focused(alice, "<Return>")
        other.skip_to(".*Alice -> Bob: a secret")
        type_line(alice, "and no question now")
        other.hear("Alice -> Bob: and no question now")


@window
def test_a_name_out_of_an_old_line_is_asked_about(alice: App, chat: Chat) -> None:
    with join(alice, chat, "Bob") as bob, join(alice, chat, "Eve") as eve:
        bob.send("an old line", "/nick Robert")
        shows(alice, "Bob is now Robert")
        eve.send("/nick Bob")
        shows(alice, "Eve is now Bob")
        eve.skip_to(".* Eve is now Bob")
        talk = tabs_of(alice).main.conversation.menu.talk
        assert talk is not None
        talk("Bob")
        type_line(alice, "a secret")
        assert alice.chat_page.question.text.startswith("Bob may be somebody else now.")
        press_focused(alice, "<Return>")
        eve.fence()


@window
def test_lines_that_are_pasted_behind_such_a_text_are_asked_about_with_no_first(
    alice: App, chat: Chat
) -> None:
    alice.open_person("Bob")
    alice.chat_page.entry.put("a secret ")
    with join(alice, chat, "Bob") as bob:
        shows(alice, "Bob joined", "Bob")
        alice.root.clipboard_clear()
        alice.root.clipboard_append("one\ntwo")
        alice.chat_page.entry.event_generate("<<Paste>>")
        question = "Bob may be somebody else now. Send 2 lines to Bob alone?"
        assert alice.chat_page.question.text == question
        press_focused(alice, "<Return>")
        bob.fence()
        assert alice.chat_page.entry.get() == "a secret "
        type_line(alice, "/who")  # which tells Bob nothing
        bob.fence()
        assert alice.chat_page.question.text == ""


@window
def test_a_text_that_was_begun_on_another_server_is_asked_about(
    alice: App, chat: Chat, start: Callable[..., Chat]
) -> None:
    with join(alice, chat, "Bob"):
        alice.open_person("Bob")
        alice.chat_page.entry.put("a secret")
        elsewhere = start()
        with elsewhere.join("Bob") as other:
            alice.connect(Target("127.0.0.1", elsewhere.port, "Alice"))
            other.hear("* Alice joined")
            is_there = f"Alice on 127.0.0.1:{elsewhere.port}"
            see(alice.root, lambda: is_there in alice.root.title(), "the other server")
            press(alice.chat_page.entry, "<Return>")
            assert alice.chat_page.question.text.startswith("Bob may be somebody else now.")
            other.fence()


@window
def test_the_end_of_a_sentence_does_not_become_a_name(alice: App) -> None:
    alice.chat_page.entry.insert("1.0", "/pm Bob my sec")
    vars(App)["_handle_change"](alice, NameRefused("That name is taken."))
    alice.root.update()
    form = alice.connect_page
    assert form.winfo_ismapped()
    assert alice.root.focus_get() is form
    press_focused(alice, "<Tab>")
    assert alice.root.focus_get() is form.host
