"""In a real browser: notifications, which a service worker shows where there may be one."""

import json

import pytest

from tests.kit.browser import Browser, Visitor
from tests.phase4.doors.browser.conftest import Open
from tests.phase4.doors.conftest import Site

pytestmark = pytest.mark.browser

_SHOWN = """async () => {
  const all = await notes.registration.getNotifications();
  return all.map(({title, body}) => [title, body]);
}"""
_PRESSED = "is => document.getElementById('notify').getAttribute('aria-pressed') === is"

# Only the system's own click may bring a tab to the front. So it is noted which one would come.
_CLICK = """async title => {
  const came = [];
  WindowClient.prototype.focus = function() { came.push(this.id); };
  clients.openWindow = async address => { came.push(address); };
  let notification = null;
  for (const end = Date.now() + 10000; !notification && Date.now() < end;) {
    notification = (await registration.getNotifications()).find(each => each.title === title);
  }
  const {tag} = notification;
  const event = new NotificationEvent("notificationclick", {notification});
  let done = null;
  event.waitUntil = promise => { done = promise; };
  dispatchEvent(event);
  await done;
  return came.map(each => each === tag ? "the tab that has notified" : each);
}"""


def wants(visitor: Visitor) -> Visitor:
    """Somebody who has chosen to be notified, in the menu."""
    visitor.page.click("#menuButton")
    visitor.page.click("#notify")
    visitor.until(_PRESSED, "true")
    visitor.page.click("#closeMenu")
    return visitor


def is_notified(visitor: Visitor, title: str, body: str) -> None:
    """Wait until the system shows this, and nothing else of our pages."""
    shown = json.dumps([[title, body]], separators=(",", ":"))
    visitor.until(f"async shown => JSON.stringify(await ({_SHOWN})()) === shown", shown)


@pytest.fixture
def alice(visit: Open) -> Visitor:
    """She has joined, is notified, and looks elsewhere."""
    alice = wants(visit(permissions=["notifications"]).join("Alice"))
    alice.until("() => notes.worker")
    alice.hide()
    return alice


def test_a_mention_notifies_somebody_who_looks_elsewhere(alice: Visitor, site: Site) -> None:
    with site.chat.join("Bob") as bob:
        bob.send("malice", "ask Alice")
        is_notified(alice, "Bob mentions you", "ask Alice")
        bob.send("nobody", "@Alice a secret")
        is_notified(alice, "Bob wrote to you", "A private message.")
        alice.until("() => document.title.startsWith('@2 ')")
    alice.hide(is_hidden=False)
    alice.until("() => document.title.startsWith('@1 ')")  # the tab of Bob waits still
    alice.until("async () => !(await notes.registration.getNotifications()).length")


def test_whoever_looks_at_the_page_is_not_notified(alice: Visitor, site: Site) -> None:
    alice.hide(is_hidden=False)
    with site.chat.join("Bob") as bob:
        bob.send("ask Alice")
        alice.see("Bob: ask Alice")
        alice.hide()
        bob.send("@Alice psst")
        is_notified(alice, "Bob wrote to you", "A private message.")


def test_a_click_on_a_notification_leads_to_the_tab_that_has_notified(
    browser: Browser, alice: Visitor, site: Site
) -> None:
    for name in ("Carol", "Dave"):  # two more tabs of the same browser
        other = browser.watch(alice.page.context.new_page(), alice.address).join(name)
        other.until("() => notes.worker")
    with site.chat.join("Bob") as bob:
        bob.send("ask Alice")
        is_notified(alice, "Bob mentions you", "ask Alice")
    [worker] = alice.page.context.service_workers
    assert worker.evaluate(_CLICK, "Bob mentions you") == ["the tab that has notified"]
    assert alice.page.evaluate(_SHOWN) == []


def test_a_click_on_a_notification_of_a_closed_tab_opens_the_page(
    alice: Visitor, site: Site
) -> None:
    with site.chat.join("Bob") as bob:
        bob.send("ask Alice")
        is_notified(alice, "Bob mentions you", "ask Alice")
    [worker] = alice.page.context.service_workers
    alice.page.goto("about:blank")
    assert worker.evaluate(_CLICK, "Bob mentions you") == ["/"]


def test_the_worker_that_notifies_keeps_no_page_and_goes_with_the_wish(alice: Visitor) -> None:
    alice.hide(is_hidden=False)
    alice.page.reload()
    alice.is_in().until("() => notes.worker")
    assert alice.page.evaluate("navigator.serviceWorker.controller") is None
    assert alice.page.evaluate("caches.keys()") == []
    alice.page.click("#menuButton")
    alice.page.click("#notify")
    alice.until(_PRESSED, "false")
    alice.until("async () => !(await navigator.serviceWorker.getRegistrations()).length")


def test_where_there_is_no_worker_the_page_notifies_by_itself(visit: Open, site: Site) -> None:
    alice = visit(permissions=["notifications"], service_workers="block").join("Alice")
    alice.page.evaluate(
        "() => { window.noted = []; window.Notification = class extends Notification {"
        " constructor(title, how) { super(title, how); noted.push([title, how.body]); } }; }"
    )
    wants(alice).hide()
    with site.chat.join("Bob") as bob:
        bob.send("ask Alice")
        alice.until("() => noted.length")
    assert alice.page.evaluate("noted") == [["Bob mentions you", "ask Alice"]]


def test_over_http_from_another_machine_the_page_says_that_there_are_none(
    browser: Browser, site: Site
) -> None:
    visitor = browser.visit("http://chat.example/", permissions=["notifications"])
    visitor.page.route(
        "http://chat.example/**",
        lambda route: route.fulfill(response=route.fetch(url=f"http://{site.host}/")),
    )
    page = visitor.open().page
    page.click("#menuButton")
    page.click("#notify")
    page.wait_for_selector("#menuSays:has-text('over https alone')")
    assert page.get_attribute("#notify", "aria-pressed") == "false"
