"""In a real browser: people talk, alone and to all, and nothing becomes public by mistake."""

import pytest

from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser


def test_people_of_page_and_plain_clients_talk(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        alice.see("Bob joined")
        bob.send("hello from nc")
        alice.see("Bob: hello from nc")
        alice.say("hello from a browser")
        bob.hear("Alice: hello from a browser")
    alice.see("Bob left")
    assert alice.said() == ["Bob: hello from nc", "Alice: hello from a browser"]


def test_a_private_message_reaches_one_person_alone(visit: Open, site: Site) -> None:
    alice, carol = visit().join("Alice"), visit().join("Carol")
    with site.chat.join("Bob") as bob:
        alice.say("@Bob: between us")
        bob.hear("Alice -> Bob: between us")
        carol.fence("after")
    assert not [line for line in carol.lines() if "between us" in line]


def test_all_that_is_typed_in_the_tab_of_a_person_is_for_them_alone(
    visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        alice.page.click("[role=tab]:has-text('Bob')")
        alice.see("Bob: psst")
        bob.hear("Bob -> Alice: psst")
        for text in ("yes", "//etc/hosts", "Carol: no"):
            alice.say(text)
        for text in ("yes", "/etc/hosts", "Carol: no"):
            bob.hear(f"Alice -> Bob: {text}")
            alice.see(f"Alice: {text}")
    assert "Carol: no" not in (site.chat.logs / "messages.txt").read_text()


@pytest.mark.parametrize(
    "line", ["/pmm Bob secret", "@ Bob secret", "\u200b/pm Bob secret", "／pm Bob x"]
)
def test_what_looks_like_a_private_message_is_not_sent_and_not_lost(
    visit: Open, site: Site, line: str
) -> None:
    alice = visit().join("Alice")
    alice.say(line)
    alice.until("() => document.querySelector('.row.error')")
    assert alice.typed() == line
    alice.fence("after")
    assert "secret" not in (site.chat.logs / "messages.txt").read_text()


def test_several_pasted_lines_are_asked_about(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    paste = """text => {
      const data = new DataTransfer();
      data.setData("text", text);
      const entry = document.getElementById("text");
      entry.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
      entry.setRangeText(text);
      entry.dispatchEvent(new Event("input"));
    }"""
    with site.chat.join("Bob") as bob:
        alice.page.evaluate(paste, "if x:\n    y()\n\nz()")
        alice.page.press("#text", "Enter")
        alice.page.wait_for_selector("#question:visible")
        assert alice.page.inner_text("#questionText") == "Send 4 lines to everybody?"
        assert alice.page.evaluate("document.activeElement.textContent") == "Edit"
        alice.page.click("#answers >> text=Send")
        for text in ("if x:", "    y()", "\u200b", "z()"):
            bob.hear(f"Alice: {text}")
    assert alice.page.locator(".row.code").count() == 4


def test_markup_and_script_are_no_more_than_text(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    nasty = ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "&lt;b&gt; &amp;",
             "javascript:alert(1)", "\"><svg onload=alert(1)>", "${alert(1)}"]  # fmt: skip
    with site.chat.join("Bob") as bob:
        for each in nasty:
            bob.send(each)
            alice.see(f"Bob: {each}")
            bob.send(f"@Alice {each}")
        bob.send("see http://a.example/b.")
        alice.see("Bob: see http://a.example/b.")
    assert alice.page.locator("#talk :is(script, img, svg, b)").count() == 0
    links = alice.page.locator("#talk a")
    assert links.all_text_contents() == ["http://a.example/b"]
    assert links.first.get_attribute("href") == "http://a.example/b"
    assert "noopener" in (links.first.get_attribute("rel") or "")


def test_tab_completes_names_and_commands_and_leads_on_where_there_is_nothing(
    visit: Open, site: Site
) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Robert") as robert:
        alice.see("Robert joined")
        alice.type("ro")
        alice.page.press("#text", "Tab")
        assert alice.typed() == "Robert: "
        alice.type("/w")
        alice.page.press("#text", "Tab")
        assert alice.typed() == "/who"
        alice.type("")
        alice.page.press("#text", "Tab")
        assert alice.page.evaluate("document.activeElement.id") == "send"
        robert.fence()


def test_up_brings_back_what_was_sent_in_this_conversation(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    for text in ("one", "two"):
        alice.say(text)
    alice.type("being typed")
    for key, shown in (("ArrowUp", "two"), ("ArrowUp", "one"), ("ArrowDown", "two"),
                       ("ArrowDown", "being typed")):  # fmt: skip
        alice.page.press("#text", key)
        assert alice.typed() == shown


def test_a_password_is_typed_into_a_field_that_shows_nothing(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    alice.page.focus("#text")
    alice.page.keyboard.type("/login ")
    alice.page.wait_for_selector("#secret[open]")
    assert alice.typed() == ""
    alice.page.keyboard.type("correct horse")
    assert alice.page.get_attribute("#secretText", "type") == "password"
    alice.page.keyboard.press("Enter")
    alice.fence("after")
    alice.page.press("#text", "ArrowUp")
    assert alice.typed() == "/ping after"
    assert "correct horse" not in str(alice.page.content())


def test_what_could_not_be_delivered_is_in_the_entry_again(visit: Open, site: Site) -> None:
    alice = visit().join("Alice")
    with site.chat.join("Bob") as bob:
        bob.send("@Alice psst")
        alice.page.click("[role=tab]:has-text('Bob')")
        alice.see("Bob: psst")
    alice.see("Bob left", or_more=True)
    alice.say("are you there?")
    alice.see("Not delivered: are you there?")
    assert alice.typed() == "are you there?"
