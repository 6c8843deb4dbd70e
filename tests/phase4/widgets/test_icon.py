"""The icons of both windows: pictures that Tk can read, in every size, and given to the window."""

import tkinter as tk

import pytest

from phase4.widgets.icon import SIZES, Picture, png
from phase4.widgets.opening import show_icon
from tests.kit.desktop import Desktop
from tests.kit.windows import new_window, see

pytestmark = pytest.mark.window


@pytest.mark.parametrize("picture", ["chat", "server"])
def test_a_window_gets_its_icon_in_every_size_and_its_corners_are_clear(
    desktop: Desktop, picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    with new_window(desktop) as root:
        give = root.iconphoto

        def iconphoto(default: bool, *images: tk.PhotoImage) -> None:
            assert default
            sizes.extend(image.width() for image in images)
            give(default, *images)

        monkeypatch.setattr(root, "iconphoto", iconphoto)
        show_icon(root, picture)
        see(root, lambda: sizes, "the icon")
        for size in SIZES:
            image = tk.PhotoImage(master=root, data=png(picture, size), format="png")
            corners = [image.transparency_get(x, y) for x in (0, size - 1) for y in (0, size - 1)]
            assert all(corners)
            middle = size // 2
            assert not image.transparency_get(middle, middle)
            red, green, blue = image.get(middle, size // 8)
            assert (blue > 150) == (picture == "chat")
            assert (green > max(red, blue)) == (picture == "server")
    assert sizes == [*SIZES]
