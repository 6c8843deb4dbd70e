"""A page that scrolls comes to rest in a window of any size."""

import time
import tkinter as tk
from collections.abc import Iterator

import pytest

from phase4.widgets.scrolled import ScrolledPage
from phase4.widgets.theme import Theme
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, see

pytestmark = pytest.mark.window

HEIGHT, ROW = 200, 60
QUIET_SECONDS = 0.1


@pytest.fixture
def root(desktop: Desktop) -> Iterator[tk.Tk]:
    """An empty window."""
    with new_window(desktop) as window:
        yield window


def test_what_needs_one_row_more_beside_a_scrollbar_comes_to_rest(root: tk.Tk) -> None:
    """As figures do that stand beside each other, as many as there is space for."""
    theme = Theme(root, "light")
    page = ScrolledPage(root, theme)
    page.pack(fill="both", expand=True)
    part = tk.Frame(page.inside)
    part.pack(fill="x")
    heights: list[int] = []

    def fit(event: "tk.Event[tk.Misc]") -> None:
        """In a page of less than 400 pixels it needs more height than there is."""
        heights.append(HEIGHT - ROW if event.width >= 400 else HEIGHT + ROW)
        part.configure(height=heights[-1])
        page.fit()

    page.inside.bind("<Configure>", fit)
    for width in range(370, 430, 3):
        root.geometry(f"{width}x{HEIGHT}")
        see(root, lambda width=width: root.winfo_width() == width, f"{width} pixels")  # type: ignore[misc]
        last, since = len(heights), time.monotonic()
        for _ in range(2_000):
            root.tk.dooneevent(0b10)  # one event, without waiting: update() would never return
            if len(heights) != last:
                last, since = len(heights), time.monotonic()
            elif time.monotonic() - since > QUIET_SECONDS:
                break
            time.sleep(0.0005)
        else:
            pytest.fail(f"with {width} pixels it goes on: {heights[-6:]}")
