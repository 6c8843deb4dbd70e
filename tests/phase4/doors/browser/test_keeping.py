"""In a real browser: what is typed is not lost, what is for one stays so, no password is kept."""

import pytest

from tests.kit.browser import Browser, Scripted, Visitor
from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.browser.test_rights import ONLINE, WELCOME
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

PASTE = """text => {
  const data = new DataTransfer(), entry = document.getElementById("text");
  data.setData("text", text);
  const options = {clipboardData: data, bubbles: true, cancelable: true};
  if (!entry.dispatchEvent(new ClipboardEvent("paste", options))) return;
  entry.setRangeText(text);
  entry.dispatchEvent(new Event("input"));
}"""


def tab(visitor: Visitor, name: str) -> None:
    """Go to a conversation."""
    visitor.page.click(f"[role=tab]:has-text('{name}')")


def choose(visitor: Visitor, entry: str) -> None:
    """Of the menu."""
    visitor.page.click("#menuButton")
    visitor.page.click(entry)


def test_what_is_typed_in_any_tab_outlives_a_reload(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        alice.type("for all")
        bob.send("@Alice psst")
        tab(alice, "Bob")
        alice.type("for Bob")
        alice.page.reload()
        assert alice.is_in().typed() == "for all"
        tab(alice, "Bob")
        assert alice.typed() == "for Bob"
        alice.page.press("#text", "Enter")  # he may be another by now
        alice.page.click("#answers >> text=Send")
        bob.skip_to(r".* Alice -> Bob: for Bob")


def test_what_waits_outlives_a_reload(visit: Open) -> None:
    alice = visit().join("Alice")
    server = Scripted(alice)
    server.answer("Alice", WELCOME)
    server.answer("/who", ONLINE)
    alice.open().is_in()
    alice.page.evaluate("chat.isIn = false")
    alice.say("one")
    alice.say("two")
    alice.page.reload()
    assert alice.is_in().typed() == "one\ntwo"


def test_what_is_typed_in_a_tab_stands_there_again_after_it_was_closed(
    visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        tab(alice, "Bob")
        alice.type("for Bob")
        alice.page.click("#closeTab")
        assert alice.typed() == ""
        alice.page.click("#peopleList >> text=Bob")
        assert alice.typed() == "for Bob"


@pytest.mark.parametrize("text", ["login Alice secret12", "hello\n/login Alice secret12"])
def test_a_password_is_kept_in_no_storage(visit: Open, text: str) -> None:
    alice = visit().join("Alice")
    alice.type(text)
    alice.page.reload()
    alice.is_in()
    assert "secret12" not in alice.page.evaluate("JSON.stringify([sessionStorage, localStorage])")


def test_pasted_lines_are_asked_about_also_after_a_look_at_another_tab(
    visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        alice.page.wait_for_selector("[role=tab]:has-text('Bob')")
        alice.page.evaluate(PASTE, "one\ntwo")
        tab(alice, "Bob")
        tab(alice, "Everybody")
        alice.page.press("#text", "Enter")
        assert alice.page.inner_text("#questionText") == "Send 2 lines to everybody?"


def test_whoever_finds_no_place_for_a_tab_does_not_write_to_everybody(
    visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob"):
        alice.see("Bob joined")
        alice.page.evaluate("for (let n = 0; n < MOST_TABS; n++) open(`Loud${n}`)")
        tab(alice, "Loud0")
        alice.page.click("#peopleList >> text=Bob")
        alice.see("Close a tab before you write to Bob: there are 20.")
        assert alice.page.get_attribute("#text", "placeholder") == "Message to Loud0 alone"


def test_a_board_shows_what_is_for_everybody_alone(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        tab(alice, "Bob")
        choose(alice, "#boardButton")
        alice.see("Bob joined")
    assert not [line for line in alice.lines() if "psst" in line]


def test_whoever_leaves_leaves_nothing_to_the_next_person(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        alice.page.evaluate("chat.password = 'secret12'")
        tab(alice, "Bob")
        choose(alice, "#leave")
        alice.page.wait_for_selector("#name:visible")
        assert alice.page.evaluate("chat.password") == ""
        alice.page.fill("#name", "Carol")
        alice.page.press("#name", "Enter")
        alice.is_in().see("Welcome, Carol!")
        assert alice.page.locator("[role=tab]").count() == 1
        assert "psst" not in alice.page.content()


def test_a_password_typed_without_a_connection_says_that_it_was_not_sent(visit: Open) -> None:
    alice = visit().join("Alice")
    alice.page.evaluate("chat.isIn = false")
    choose(alice, "#login")
    alice.page.fill("#secretText", "secret12")
    alice.page.press("#secretText", "Enter")
    alice.see("There is no connection now. Log in after the return.")


def test_a_heap_of_accents_covers_no_other_line(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("x" + "\u0301" * 1500)
        alice.until("() => document.querySelector('.row.public')")
    style = "getComputedStyle(document.querySelector('.row.public')).overflowY"
    assert alice.page.evaluate(style) == "clip"


def test_the_entry_says_from_the_beginning_who_hears_what_is_typed(visit: Open) -> None:
    alice = visit().join("Alice")
    assert alice.page.get_attribute("#text", "placeholder") == "Message to everybody"


def test_a_whole_book_is_not_sent_and_holds_up_nothing(visit: Open) -> None:
    alice = visit().join("Alice")
    alice.page.evaluate(PASTE, "a line of a book\n" * 300_000)
    text = "These are 300001 lines; 50 may be sent at a time."
    alice.see(f"{text} Nothing was pasted.")
    alice.page.evaluate(PASTE, "a line of a chapter\n" * 900)
    alice.page.press("#text", "Enter")
    text = "These are 900 lines; 50 may be sent at a time."
    assert alice.page.inner_text("#questionText") == text
    assert not alice.said()


def test_a_board_is_joined_by_the_keyboard_alone(browser: Browser, site: Site) -> None:
    board = browser.visit(f"http://{site.host}/#board", (360, 640)).open()
    board.until("() => document.activeElement.id === 'name'")
    assert not board.page.is_visible("#peopleButton")  # nobody is known yet
    board.page.keyboard.press("Enter")
    board.see("Welcome, Board!")
