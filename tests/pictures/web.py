"""Makes the picture of the page from the programs themselves, with nothing painted in.

Run it: python -m tests.pictures.web [PICTURE.png]

It starts a server with a page, and opens that in Chromium twice: as large as a desk has it, and as
large as a phone. People talk, in windows and with plain sockets. The browser puts both side by
side. Needs what the checks of the page need.
"""

import argparse
import base64
import contextlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.kit.browser import Browser, Visitor
from tests.kit.chat import Chat, Person
from tests.kit.harness import ROOT
from tests.kit.web import web_port

DESK, PHONE = (900, 560), (360, 600)
SIZE = (1350, 660)

_TOGETHER = """
<body style="margin:0;background:#dfe3ea">
<img src="{desk}" style="position:absolute;left:24px;top:44px;border-radius:8px">
<img src="{phone}" style="position:absolute;left:948px;top:22px;border:8px solid #222;
border-radius:26px"></body>
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("picture", nargs="?", type=Path, default=ROOT / "docs" / "web.png")
    picture = parser.parse_args(arguments).picture
    with (
        tempfile.TemporaryDirectory() as directory,
        Chat(Path(directory), "--flood-rate", "0", "--web-port", "0") as chat,
        Browser() as browser,
        contextlib.ExitStack() as stack,
    ):
        address = f"http://127.0.0.1:{web_port(chat)}/"
        desk = browser.visit(address, DESK, color_scheme="light").join("Ada")
        phone = browser.visit(address, PHONE, color_scheme="dark").join("Linus")
        others = [stack.enter_context(chat.join(name)) for name in ("Grace", "Анна")]
        _talk(others, desk, phone)
        shown = {"desk": _shot(desk), "phone": _shot(phone)}
        both = browser.visit("about:blank", SIZE).open()
        both.page.set_content(_TOGETHER.format(**shown))
        both.page.screenshot(path=picture)
    print(f"Wrote {picture}")


def _talk(others: Sequence[Person], ada: Visitor, linus: Visitor) -> None:
    """Each line is heard before the next is said, so that the picture tells one story."""
    grace, anna = others
    grace.send("hello from nc: no client at all")
    ada.see("Grace: hello from nc: no client at all")
    linus.say("and from my phone. Ada, which port was it?")
    ada.see("Linus: and from my phone. Ada, which port was it?")
    ada.say("8080, see https://example.org/slides")
    linus.see("Ada: 8080, see https://example.org/slides")
    anna.send("Привет, я уже тут", "/pm Ada a word with you?", "/ping x")
    linus.see("Анна: Привет, я уже тут")
    anna.skip_to(r".* Pong x")
    linus.say("/me waves")
    for each in (ada, linus):
        each.page.wait_for_selector(".row:has-text('waves')")
    ada.type("I write while the others")


def _shot(visitor: Visitor) -> str:
    """What is shown, as an address that a page can have."""
    return "data:image/png;base64," + base64.b64encode(visitor.page.screenshot()).decode()


if __name__ == "__main__":
    main()
