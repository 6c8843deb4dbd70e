"""What the web door answers to a request that is no chat: the page, or why there is none.

New here: a page's own rules. The Content-Security-Policy tells the browser that this page has one
script and one style, by their hashes, and may connect to its own server alone. So if somebody found
a way to smuggle a script into it, the browser would not run it.
"""

import base64
import hashlib
import re
from pathlib import Path

from phase4.doors.request import Host

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"
SVG = "image/svg+xml"
SCRIPT = "text/javascript; charset=utf-8"

_PARTS = Path(__file__).with_name("page")
SCRIPTS = (
    *("lines.js", "typed.js", "missed.js"),  # what they decide, the server decides as well
    *("conversation.js", "tab.js", "chat.js", "heard.js", "entry.js", "menu.js"),
)
"""In the order in which they stand in the page."""

_ALWAYS = (
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Cache-Control: no-cache\r\n"
    "Connection: close\r\n"
)
_NOTHING = "default-src 'none'; frame-ancestors 'none'"


class Page:
    """The page, read once, and the policy that goes with it. It does not change."""

    def __init__(self) -> None:
        """Raises OSError."""
        self.body = _whole_page()
        self.worker = (_PARTS / "notes.js").read_bytes()
        scripts, styles = (_hashes(self.body, tag) for tag in (b"script", b"style"))
        self._policy = (
            f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src 'self'; "
            "connect-src 'self' {sockets}; worker-src 'self'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )

    def policy(self, host: Host) -> str:
        """For whoever came by this host. Safari wants the WebSocket's address to be spelled out."""
        return self._policy.replace("{sockets}", f"ws://{host.text} wss://{host.text}")


def _whole_page() -> bytes:
    """One file, so that a browser asks for no other."""
    page = (_PARTS / "page.html").read_bytes()
    script = b"\n".join((_PARTS / name).read_bytes() for name in SCRIPTS)
    page = page.replace(b"/* page.css */\n", (_PARTS / "page.css").read_bytes(), 1)
    return page.replace(b"// %b\n" % " ".join(SCRIPTS).encode(), script, 1)


def _hashes(page: bytes, tag: bytes) -> str:
    found = re.findall(rb"<%b>(.*?)</%b>" % (tag, tag), page, re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(each).digest()).decode() for each in found)
    return " ".join(f"'sha256-{each}'" for each in digests)


def answer(
    status: str,
    body: bytes,
    kind: str = TEXT,
    *,
    policy: str = _NOTHING,
    more: str = "",
    is_head_only: bool = False,
) -> bytes:
    """A whole response (RFC 9112). `more` is for further headers, each with its CR LF."""
    head = (
        f"HTTP/1.1 {status}\r\n"
        f"{more}Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        f"Content-Security-Policy: {policy}\r\n{_ALWAYS}\r\n"
    )
    return head.encode() + (b"" if is_head_only else body)


def sentence(status: str, text: str, more: str = "") -> bytes:
    """A response that says one thing to a person."""
    return answer(status, f"{text}\n".encode(), more=more)
