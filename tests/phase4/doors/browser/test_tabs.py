"""In a real browser: a tab of which the browser makes a second one stays who it is.

With all that a page keeps for itself, the browser copies the secret by which the server knows it.
"""

import pytest

from tests.kit.browser import Browser, Visitor
from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

COPY = "This tab is a copy of another one, which goes on as it was. Join under another name here."


def is_told_to_be_another(copy: Visitor) -> None:
    """Wait until a copy asks for a name."""
    copy.page.wait_for_selector(f"#joinError:has-text('{COPY}')")
    assert copy.page.input_value("#name") == ""


def join_again(visitor: Visitor, name: str) -> None:
    """Under a name, in the page as it is."""
    visitor.page.fill("#name", name)
    visitor.page.press("#name", "Enter")
    visitor.is_in().see_state(f"You are {name}")


def test_a_copy_of_a_tab_is_somebody_else_and_the_first_goes_on(
    browser: Browser, visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        bob.hear("Bob -> Alice: psst")
        alice.page.wait_for_selector("[role=tab]:has-text('Bob')")
        alice.type("typed in the first")
        alice.page.evaluate("keepDrafts()")  # as when one looks at another tab
        copy = browser.copy(alice).open()
        is_told_to_be_another(copy)
        join_again(copy, "Carol")
        bob.hear("* Carol joined")  # and of Alice nothing was said
        copy.page.reload()
        copy.is_in().see_state("You are Carol")
        copy.fence("after")
        assert copy.typed() == ""
        assert copy.page.locator("[role=tab]").count() == 1
        assert alice.typed() == "typed in the first"
        alice.say("still here")
        bob.skip_to(r".* Alice: still here")


def test_a_link_with_an_opener_leads_to_a_copy_as_well(
    browser: Browser, visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with alice.page.context.expect_page() as opened:
        given = "{href: '/', target: '_blank', rel: 'opener'}"
        alice.page.evaluate(f"() => make('a', {given}).click()")
    is_told_to_be_another(browser.watch(opened.value, alice.address))
    alice.fence("after")


def test_a_copy_that_nobody_has_answered_gives_way_when_the_first_wakes_up(
    browser: Browser, visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        copy = browser.copy(alice)
        alice.freeze()
        copy.open().is_in().see_state("You are Alice")
        copy.type("typed in the copy")
        alice.thaw()
        is_told_to_be_another(copy)
        alice.see("Connected again, as Alice.")
        alice.say("it is me")
        bob.hear("Alice: it is me")  # and that nobody left, and nobody joined
        join_again(copy, "Carol")
        assert copy.typed() == "typed in the copy"
        bob.hear("* Carol joined")
    assert not [line for line in alice.lines() if "elsewhere" in line]


def test_a_copy_that_is_loaded_again_before_anybody_has_answered_asks_again(
    browser: Browser, visit: Open
) -> None:
    alice = visit().join("Alice")
    copy = browser.copy(alice)
    alice.freeze()
    # The time for an answer never ends.
    copy.page.add_init_script(
        "const wait = setTimeout; window.setTimeout = (task, ms) => ms === 1000 || wait(task, ms);"
    )
    copy.open().page.reload()
    copy.see_state("Connecting")
    alice.thaw()
    is_told_to_be_another(copy)
    assert not [line for line in alice.lines() if line.startswith("Connected again")]


def test_a_tab_that_comes_back_after_a_crash_is_who_it_was(
    browser: Browser, visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    alice.type("typed before")
    alice.page.evaluate("keepDrafts()")
    restored = browser.copy(alice)
    alice.page.close()
    restored.open().is_in().see_state("You are Alice")
    assert restored.typed() == "typed before"


def test_whoever_goes_back_to_the_page_is_who_they_were(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    alice.page.goto(f"{alice.address}qr.svg")
    alice.page.go_back()
    alice.is_in().see_state("You are Alice")
