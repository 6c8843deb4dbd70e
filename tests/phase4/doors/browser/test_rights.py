"""In a real browser, and with a server that the check plays: accounts, topic, who may write."""

import pytest

from tests.kit.browser import Browser, Scripted, Visitor
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

WELCOME = "[10:00:00] * Welcome, Alice! 1 online. /help lists the commands."
ONLINE = "[10:00:00] * 2 online: Alice, Bob"
REGISTERED = "! Alice is registered: /login Alice PASSWORD, or another name."
PROMPT = "* Enter your nickname:"


@pytest.fixture
def visitor(browser: Browser, site: Site) -> Visitor:
    """In front of the page; its server is the check's."""
    return browser.visit(f"http://{site.host}/")


@pytest.fixture
def server(visitor: Visitor) -> Scripted:
    """It lets Alice in."""
    scripted = Scripted(visitor)
    scripted.answer("Alice", WELCOME)
    scripted.answer("/who", ONLINE)
    return scripted


def test_a_registered_name_is_had_by_its_password(visitor: Visitor, server: Scripted) -> None:
    server.answer("Alice", REGISTERED, PROMPT)
    server.answer("/login Alice correct horse", WELCOME, "[10:00:00] * You are logged in as Alice.")
    page = visitor.open().page
    page.fill("#name", "Alice")
    page.press("#name", "Enter")
    page.wait_for_selector("#namePassword:visible")
    page.keyboard.type("correct horse")
    page.keyboard.press("Enter")
    visitor.is_in().see("You are logged in as Alice.")
    assert "correct horse" not in str(page.content())


def test_an_operator_is_offered_the_commands_of_operators(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    visitor.type("/ki")
    visitor.page.press("#text", "Tab")
    assert visitor.typed() == "/ki"
    server.say("[10:00:00] * You are logged in as Alice, an operator.")
    visitor.see("You are logged in as Alice, an operator.")
    visitor.type("/ki")
    visitor.page.press("#text", "Tab")
    assert visitor.typed() == "/kick "


def test_a_wrong_password_is_asked_for_again(visitor: Visitor, server: Scripted) -> None:
    server.answer("Alice", REGISTERED, PROMPT)
    server.answer("/login Alice wrong horse", "! That is not the password of Alice.", PROMPT)
    page = visitor.open().page
    page.fill("#name", "Alice")
    page.press("#name", "Enter")
    page.wait_for_selector("#namePassword:visible")
    page.fill("#namePassword", "wrong horse")
    page.press("#namePassword", "Enter")
    page.wait_for_selector("#joinError:has-text('That is not the password of Alice.')")
    assert page.is_visible("#namePassword")
    assert not page.is_visible("#text")


def test_whoever_logged_in_is_logged_in_again_on_the_return(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    server.answer("/login Alice correct horse", "[10:00:00] * You are logged in as Alice.", WELCOME)
    visitor.page.focus("#text")
    visitor.page.keyboard.type("/login ")
    visitor.page.wait_for_selector("#secret[open]")
    visitor.page.keyboard.type("correct horse")
    visitor.page.keyboard.press("Enter")
    visitor.see("You are logged in as Alice.")
    server.answer("Alice", REGISTERED, PROMPT)
    server.heard.clear()
    server.hang_up()
    visitor.page.wait_for_selector("#retry:visible")
    visitor.page.click("#retry")
    server.hear("/login Alice correct horse")
    visitor.see("Connected again, as Alice.")


def test_a_page_that_lost_its_connection_comes_back_by_itself(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    server.hang_up()
    visitor.see_state("Not connected")
    assert visitor.page.inner_text("#peopleTitle") == "– online"  # nobody knows
    visitor.see("Connected again, as Alice.")
    assert server.connections == 2


def test_the_topic_stands_above_and_only_a_change_of_it_among_the_lines(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    server.say("[10:00:00] * The topic is: <b>sockets</b>")
    visitor.until("() => document.getElementById('topic').textContent === '<b>sockets</b>'")
    server.say("[10:00:00] * The topic is: see http://a.example/b")
    visitor.page.wait_for_selector("#topic a[href='http://a.example/b']")
    server.say(
        "[10:00:00] * Bob set the topic: ports", "[10:00:00] * Bob closed the room to writing."
    )
    visitor.see("Bob set the topic: ports")
    visitor.see("Bob closed the room to writing.")
    server.say("[10:00:00] * Bob removed the topic.")
    visitor.see("Bob removed the topic.")
    assert not visitor.page.is_visible("#topic")
    assert not [line for line in visitor.lines() if line.startswith("The topic is")]


def test_what_waited_for_the_login_stands_in_the_tab_of_its_sender(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    server.say("(2026-11-21 14:03:05) Bob -> Alice: hi")
    visitor.page.click("[role=tab]:has-text('Bob')")
    visitor.see("Bob: hi")
    days = visitor.page.locator(".panel:not([hidden]) .day").all_text_contents()
    assert [each.replace(",", "") for each in days] == ["Saturday 21 November 2026"]


@pytest.mark.parametrize(
    "words", ["Disconnected by Bob: enough", "You are banned.", "You logged in from elsewhere."]
)
def test_last_words_that_are_meant_for_good_are_obeyed(
    visitor: Visitor, server: Scripted, words: str
) -> None:
    visitor.join("Alice")
    server.say(f"! {words}")
    server.hang_up()
    visitor.page.wait_for_selector(f"#joinError:has-text('{words}')")
    visitor.hide()
    visitor.hide(is_hidden=False)
    visitor.page.reload()
    visitor.page.wait_for_selector("#name:visible")
    assert server.connections == 1
    visitor.page.click("#joinForm button")
    server.hear("")
    assert server.connections == 2


def test_a_flood_of_names_and_lines_leaves_the_page_small(
    visitor: Visitor, server: Scripted
) -> None:
    visitor.join("Alice")
    for start in range(0, 20_000, 1000):
        server.say(*(f"[10:00:00] * N{number} joined" for number in range(start, start + 1000)))
        server.say(*(f"[10:00:00] N{number} -> Alice: x" for number in range(start, start + 100)))
    server.say("[10:00:00] Bob: the end")
    visitor.until("() => document.body.textContent.includes('the end')")
    assert visitor.page.locator("[role=tab]").count() <= 21
    assert visitor.page.locator(".panel >> nth=0 >> .row").count() <= 3001
    assert visitor.page.locator("#peopleList li").count() <= 5000


def test_where_others_could_read_it_no_password_is_asked_for_or_sent(
    browser: Browser, site: Site
) -> None:
    visitor = browser.visit("http://chat.example/")
    visitor.page.route(
        "http://chat.example/**",
        lambda route: route.fulfill(response=route.fetch(url=f"http://{site.host}/")),
    )
    server = Scripted(visitor)
    server.answer("Alice", REGISTERED, PROMPT)
    server.answer("Bob", WELCOME.replace("Alice", "Bob"))
    server.answer("/who", ONLINE)
    page = visitor.open().page
    page.fill("#name", "/login Alice correct horse")
    page.press("#name", "Enter")
    page.wait_for_selector("#joinError:has-text('Others on the way')")
    page.fill("#name", "Alice")
    page.press("#name", "Enter")
    page.wait_for_selector("#joinError:has-text('Alice is registered. Others on the way')")
    assert not page.is_visible("#namePassword")
    page.fill("#name", "Bob")
    page.press("#name", "Enter")
    visitor.is_in()
    page.focus("#text")
    page.keyboard.type("/login Alice correct horse\n")
    visitor.see("Others on the way could read a password", or_more=True)
    assert visitor.typed() == "/login Alice correct horse"
    page.fill("#text", "bye")
    page.press("#text", "Enter")
    server.hear("bye")
    assert not [line for line in server.heard if "horse" in line]


def test_of_several_lines_with_a_password_among_them_none_is_brought_back(
    visitor: Visitor, server: Scripted
) -> None:
    page = visitor.join("Alice").page
    page.fill("#text", "/ids on")
    page.press("#text", "Enter")
    page.fill("#text", "/who\n/login Alice correct horse")
    page.press("#text", "Enter")
    server.hear("/login Alice correct horse")
    page.press("#text", "ArrowUp")
    assert visitor.typed() == "/ids on"
    page.fill("#text", "/who\n/login Alice correct horse")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert "horse" not in page.evaluate("JSON.stringify(sessionStorage)")
