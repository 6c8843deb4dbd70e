"""Opens a link that was clicked in the web browser. Any thread."""

import queue
import threading
import webbrowser
from collections.abc import Iterator


class LinkOpener:
    """Opens links without waiting: to start a browser may take seconds, which no window has."""

    def __init__(self) -> None:
        self._failures: queue.SimpleQueue[str] = queue.SimpleQueue()

    def open(self, link: str) -> None:
        """Have `link` opened soon; it must be one of lines.split_links(), so http or https."""
        threading.Thread(target=self._open, args=(link,), daemon=True).start()

    def failures(self) -> Iterator[str]:
        """The links for which no browser could be started, each told once."""
        while not self._failures.empty():
            yield self._failures.get()

    def _open(self, link: str) -> None:
        if not webbrowser.open(link):
            self._failures.put(link)
