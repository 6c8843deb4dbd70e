"""In a real Firefox: people talk, come back, and nothing goes wrong on the way."""

import functools
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import Need
from tests.kit import firefox as kit
from tests.kit.browser import Visitor
from tests.kit.chat import Chat
from tests.kit.firefox import Firefox
from tests.kit.web import web_port
from tests.phase4.doors.browser.test_tabs import COPY
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def _firefox() -> Iterator[Callable[[], Firefox]]:
    """One for all checks, started by the first that needs it."""
    with ExitStack() as stack:
        yield functools.cache(lambda: stack.enter_context(Firefox()))


@pytest.fixture
def firefox(need: Need, _firefox: Callable[[], Firefox]) -> Iterator[Firefox]:
    """Without any page; in the end nothing may have gone wrong in those of the check."""
    need(kit.program(), modules=kit.MODULES)
    firefox = _firefox()
    firefox.forget()
    yield firefox
    assert not firefox.forget()


@pytest.fixture
def visit(firefox: Firefox, site: Site) -> Callable[[], Visitor]:
    """`visit()` is somebody in front of the site's page, which is not loaded yet."""
    return lambda: firefox.visit(f"http://{site.host}/")


def test_people_of_page_and_plain_clients_talk(visit: Callable[[], Visitor], site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        alice.see("Bob joined")
        bob.send("hello from nc")
        alice.see("Bob: hello from nc")
        alice.say("hello from Firefox")
        bob.hear("Alice: hello from Firefox")
    alice.see("Bob left")
    assert alice.said() == ["Bob: hello from nc", "Alice: hello from Firefox"]


def test_a_private_message_reaches_one_person_alone(
    visit: Callable[[], Visitor], site: Site
) -> None:
    alice, carol = visit().join("Alice"), visit().join("Carol")
    with site.chat.join("Bob") as bob:
        alice.say("@Bob between us")
        bob.hear("Alice -> Bob: between us")
        bob.send("@Alice yes")
        alice.page.wait_for_selector("[role=tab]:nth-child(2)")
        alice.page.click("[role=tab]:nth-child(2)")
        alice.see("Bob: yes")
        alice.say("typed in his tab")
        bob.skip_to(r".* Alice -> Bob: typed in his tab")
        carol.fence("after")
    assert not [line for line in carol.lines() if "between" in line or "tab" in line]


def test_markup_and_script_are_no_more_than_text(visit: Callable[[], Visitor], site: Site) -> None:
    alice = visit().join("Alice")
    nasty = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)"]
    with site.chat.join("Bob") as bob:
        for each in nasty:
            bob.send(each)
            alice.see(f"Bob: {each}")
    assert not alice.page.locator("#talk :is(script, img, svg, a)").all_text_contents()


def test_a_page_that_is_loaded_again_is_in_under_the_same_name(
    visit: Callable[[], Visitor], site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        alice.type("typed before")
        alice.page.reload()
        alice.is_in().see_state("You are Alice")
        assert alice.typed() == "typed before"
        alice.say("here again")
        bob.skip_to(r".* Alice: here again")


def test_a_copy_of_a_tab_is_somebody_else_and_the_first_goes_on(
    firefox: Firefox, visit: Callable[[], Visitor], site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        told = "text => document.getElementById('joinError')?.textContent === text"
        firefox.copy(alice).until(told, COPY)
        alice.say("still here")
        bob.hear("Alice: still here")  # and that nobody left, and nobody joined


def test_after_a_restart_all_read_one_order_that_of_the_log(
    firefox: Firefox, start_site: Callable[..., Chat]
) -> None:
    chat = start_site("--history", "20")
    web = web_port(chat)
    alice = firefox.visit(f"http://{chat.host}:{web}/").join("Alice")
    with chat.join("Bob") as bob:
        bob.send("before")
        alice.see("Bob: before")
    chat.interrupt()
    chat.wait()
    alice.see_state("Not connected")
    alice.say("typed while away")
    alice.page.evaluate("chat.wake()")
    alice.until("() => !chat.socket")  # nobody listens there, which is no fault of the page
    again = start_site("--history", "20", "--web-port", str(web), port=chat.port)
    with again.join("Bob") as bob:
        alice.page.evaluate("chat.wake()")
        bob.skip_to(r".* Alice: typed while away")
        alice.see("Alice: typed while away")
        alice.until("() => !document.querySelector('.row.waiting')")
    log = (again.logs / "messages.txt").read_text().splitlines()
    assert alice.said() == [entry.partition(" ")[2] for entry in log]
