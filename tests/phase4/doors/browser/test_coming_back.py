"""In a real browser: a connection goes, also without a word, and nothing is lost or said twice."""

from collections.abc import Callable

import pytest

from tests.kit.browser import Browser, swallower
from tests.kit.chat import Chat
from tests.kit.web import web_port
from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

Start = Callable[..., Chat]


def _said_in(chat: Chat) -> list[str]:
    """The public messages of the log, as `Alice: hello`."""
    entries = (chat.logs / "messages.txt").read_text().splitlines()
    return [entry.partition(" ")[2] for entry in entries]


def test_after_a_restart_all_read_one_order_that_of_the_log(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--history", "20")
    web = web_port(chat)
    alice = browser.visit(f"http://127.0.0.1:{web}/").join("Alice")
    with chat.join("Bob") as bob:
        for number in range(3):
            bob.send(f"before {number}")
            alice.see(f"Bob: before {number}")
        alice.say("mine before")
        bob.hear("Alice: mine before")
    alice.page.evaluate("() => { chat.connect = () => {}; }")  # it is away until it is told
    chat.interrupt()
    chat.wait()
    alice.see_state("Not connected")
    alice.say("typed while away")
    alice.page.wait_for_selector(".row.waiting")
    again = start_site("--history", "20", "--web-port", str(web), port=chat.port)
    with again.join("Bob") as bob:
        bob.send("missed", "/ping done")
        bob.skip_to(r".* Pong done")
        alice.page.evaluate("() => { delete chat.connect; chat.wake(); }")
        alice.see("Alice: typed while away")
        bob.skip_to(r".* Alice: typed while away")
        alice.fence("after")
    assert alice.said() == _said_in(again)
    assert alice.said().count("Bob: missed") == 1


def test_a_swallowed_connection_is_noticed_on_waking_and_what_was_typed_arrives_once(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--history", "20", "--on-duplicate", "number")
    with swallower(web_port(chat)) as between, chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{between.port}/").join("Alice")
        bob.hear("* Alice joined")
        bob.send("heard")
        alice.see("Bob: heard")
        alice.fence("numbers are on")
        between.swallow()
        alice.say("typed into the void")
        bob.send("said meanwhile")
        alice.hide()
        alice.hide(is_hidden=False)
        alice.page.wait_for_selector(".row.waiting", state="attached")
        alice.see("Bob: said meanwhile")
        bob.hear("Alice: typed into the void")  # and that nobody left, and nobody joined
        alice.until("() => !document.querySelector('.row.waiting')")
    assert sum("typed into the void" in line for line in _said_in(chat)) == 1
    assert sum("typed into the void" in line for line in alice.said()) == 1


def test_a_line_that_arrived_before_the_loss_is_not_said_again(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--history", "20", "--on-duplicate", "number")
    with swallower(web_port(chat)) as between, chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{between.port}/").join("Alice")
        bob.send("heard")
        alice.see("Bob: heard")
        alice.fence("numbers are on")
        # The line leaves, and the connection dies before the page can ask whether it arrived.
        alice.page.evaluate("() => { chat.ask = () => {}; }")
        alice.say("this arrives")
        bob.skip_to(r".* Alice: this arrives")
        between.swallow()
        alice.page.evaluate("() => { delete chat.ask; }")
        alice.hide()
        alice.hide(is_hidden=False)
        alice.page.wait_for_selector(".row:has-text('Connected again')")
        alice.say("and this")
        bob.skip_to(r".* Alice\S*: and this")
        alice.until("() => !document.querySelector('.row.waiting')")
    assert sum("this arrives" in line for line in _said_in(chat)) == 1
    assert sum("this arrives" in line for line in alice.said()) == 1


def test_in_a_room_that_greets_with_nothing_each_line_arrives_once_as_well(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--history", "0", "--on-duplicate", "number")
    with swallower(web_port(chat)) as between, chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{between.port}/").join("Alice")
        alice.page.evaluate("() => { chat.ask = () => {}; }")  # it cannot know what arrives
        for line in ("ok", "ok"):
            alice.say(line)
            bob.skip_to(r".* Alice: ok")
        between.swallow()
        bob.send("missed")
        alice.page.evaluate("() => { delete chat.ask; }")
        alice.hide()
        alice.hide(is_hidden=False)
        alice.see("Bob: missed")
        alice.say("and this")
        bob.skip_to(r".* Alice\S*: and this")
        alice.until("() => !document.querySelector('.row.waiting')")
    everything = ["Alice: ok", "Alice: ok", "Bob: missed", "Alice: and this"]
    assert _said_in(chat) == alice.said() == everything


def test_whoever_is_logged_in_has_the_name_back_though_the_dead_connection_holds_it(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site()
    with swallower(web_port(chat)) as between, chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{between.port}/").join("Alice")
        alice.page.click("#menuButton")
        alice.page.click("#register")
        alice.page.keyboard.type("correct horse")
        alice.page.keyboard.press("Enter")
        alice.see("You are logged in as Alice.")
        between.swallow()
        alice.hide()
        alice.hide(is_hidden=False)
        alice.see("Connected again, as Alice.")
        alice.say("it is me")
        bob.skip_to(r".* Alice: it is me")
        bob.send("/who")
        bob.skip_to(r".* \* 2 online: .*")


def test_a_page_that_is_loaded_again_is_in_under_the_same_name(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    alice.page.reload()
    alice.is_in()
    alice.see_state("You are Alice")
    with site.chat.join("Bob") as bob:
        alice.say("here again")
        bob.skip_to(r".* Alice: here again")


def test_whoever_says_goodbye_is_not_brought_back(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    alice.say("/quit")
    alice.page.wait_for_selector("#name:visible")
    alice.hide()
    alice.hide(is_hidden=False)
    alice.page.reload()
    alice.page.wait_for_selector("#name:visible")
    assert not alice.page.is_visible("#text")


def test_earlier_lines_come_above_those_that_are_shown(browser: Browser, start_site: Start) -> None:
    chat = start_site("--history", "5", "--flood-rate", "0")
    with chat.join("Bob") as bob:
        bob.send(*(f"line {number}" for number in range(30)))
        bob.fence()
    alice = browser.visit(f"http://127.0.0.1:{web_port(chat)}/").join("Alice")
    alice.see("Bob: line 29")
    assert len(alice.said()) == 5
    alice.page.click(".older")
    alice.see("Bob: line 0")
    assert alice.said() == [f"Bob: line {number}" for number in range(30)]


def test_private_messages_that_a_dead_connection_swallowed_are_shown_once(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--on-duplicate", "number")
    with swallower(web_port(chat)) as between, chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{between.port}/").join("Alice")
        bob.hear("* Alice joined")
        bob.send("/pm Alice heard")
        alice.page.click("[role=tab]:has-text('Bob')")
        alice.see("Bob: heard")
        between.swallow()
        bob.send("/pm Alice swallowed", "/pm Alice swallowed")
        for text in ("heard", "swallowed", "swallowed"):
            bob.hear(f"Bob -> Alice: {text}")
        alice.hide()
        alice.hide(is_hidden=False)
        alice.see("Bob: swallowed")
        bob.send("/pm Alice the end")
        alice.see("Bob: the end")
        bob.hear("Bob -> Alice: the end")  # and nobody left, and nobody joined
        said = [line for line in alice.lines() if line.startswith("Bob: ")]
        assert said == ["Bob: heard", "Bob: swallowed", "Bob: swallowed", "Bob: the end"]


@pytest.mark.parametrize("said", ["/pm Bob did it arrive?", "did it arrive?"])
def test_a_private_message_whose_echo_was_lost_is_not_said_again(
    said: str, browser: Browser, start_site: Start
) -> None:
    chat = start_site("--on-duplicate", "number")
    with chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{web_port(chat)}/").join("Alice")
        bob.hear("* Alice joined")
        bob.send("/pm Alice hello")
        bob.hear("Bob -> Alice: hello")
        alice.page.wait_for_selector("[role=tab]:has-text('Bob')")
        if not said.startswith("/"):
            alice.page.click("[role=tab]:has-text('Bob')")
        alice.page.evaluate(
            "() => { chat.socket.onmessage = () => {}; }"
        )  # from here on it is deaf
        alice.say(said)
        bob.hear("Alice -> Bob: did it arrive?")
        alice.hide()
        alice.hide(is_hidden=False)
        alice.page.wait_for_selector(".panel .row.private.own:not(.waiting)", state="attached")
        alice.until("() => chat.isIn && !chat.outgoing.items.length")
        alice.say("/pm Bob the end")
        for line in iter(bob.read_line, ""):  # that she left and came, as the server heard her go
            assert "did it arrive?" not in line
            if line.endswith("Alice -> Bob: the end"):
                break


def test_what_came_while_nobody_looked_comes_again_where_the_browser_threw_the_page_away(
    browser: Browser, start_site: Start
) -> None:
    chat = start_site("--on-duplicate", "number")
    with chat.join("Bob") as bob:
        alice = browser.visit(f"http://127.0.0.1:{web_port(chat)}/").join("Alice")
        bob.send("/pm Alice seen")
        alice.page.wait_for_selector("[role=tab]:has-text('Bob')")
        alice.hide()
        bob.send("/pm Alice unseen")
        alice.until("() => chat.shown === 2")
        alice.page.reload()
        alice.is_in().page.click("[role=tab]:has-text('Bob')")
        alice.see("Bob: unseen")
        alice.fence("all")
        assert alice.lines()[0] == "Bob: unseen"
