"""The server's window shows what to write on the board, to be projected, and as a QR code."""

import sys
import tkinter as tk
from collections.abc import Callable
from pathlib import Path

import pytest
import segno

from phase4.server.board import Board
from phase4.server_gui.app import App
from phase4.server_gui.board_window import BoardWindow
from phase4.server_gui.form import Wanted
from phase4.transport.contexts import fingerprint_of_file
from shared.networks import Use, own_ways
from tests.kit.certificates import Authority, groups_of
from tests.kit.desktop import Desktop
from tests.kit.harness import free_port
from tests.kit.windows import press, see
from tests.phase4.server_gui.test_server_gui import ServerWindow, bar, port_of

pytestmark = pytest.mark.window

OpenApp = Callable[..., App]


@pytest.fixture
def open_app(root: tk.Tk, tmp_path: Path, put_up: Callable[[App], App]) -> OpenApp:
    """Put a window up; its server, if one runs at the end, is ended with it."""

    def build(
        host: str = "0.0.0.0", tls_cert: str = "", *more: str, shows_board: bool = False
    ) -> App:
        options = ("--log-dir", str(tmp_path / "logs"), *more)
        fields = {"host": host, "port": "0", "status_port": "0", "tls_cert": tls_cert}
        wanted = Wanted(fields, options, shows_board)
        return put_up(App(root, wanted, "dark", lambda: False))

    return build


@pytest.fixture
def host() -> str:
    """The address of this machine that belongs on the board."""
    ways = [way for way in own_ways(with_ipv6=False) if way.use is not Use.INSIDE]
    if not ways:
        pytest.skip("this machine is in no network")
    return str(ways[0].address)


def opened(app: App) -> BoardWindow:
    """The board's window, once it is there and has been drawn."""
    see(app.root, lambda: vars(app)["_board_window"], "the window")
    window: BoardWindow = vars(app)["_board_window"]
    see(app.root, lambda: shown(window), "what it says")
    return window


def canvas_of(window: BoardWindow) -> tk.Canvas:
    [canvas] = window.winfo_children()
    assert isinstance(canvas, tk.Canvas)
    return canvas


def shown(window: BoardWindow) -> list[str]:
    """The lines that it says."""
    canvas = canvas_of(window)
    texts = [
        canvas.tk.call(canvas, "itemcget", each, "-text") for each in canvas.find_withtag("text")
    ]
    return [line for each in texts for line in str(each).split("\n")]


def dark_squares(window: BoardWindow) -> set[tuple[int, int]]:
    """The code, read back from the pixels: where it is dark, counted from its upper left corner."""
    canvas = canvas_of(window)
    boxes = [tuple(map(round, canvas.coords(each))) for each in canvas.find_withtag("square")]
    side = boxes[0][2] - boxes[0][0]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    assert {(box[2] - box[0], box[3] - box[1]) for box in boxes} == {(side, side)}
    assert left >= 0
    assert top >= 0
    assert max(box[2] for box in boxes) <= canvas.winfo_width()
    assert max(box[3] for box in boxes) <= canvas.winfo_height()
    return {((box[0] - left) // side, (box[1] - top) // side) for box in boxes}


def expected(text: str) -> set[tuple[int, int]]:
    """What segno makes of it."""
    rows = segno.make(text, micro=False).matrix_iter(border=0)
    return {(x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark}


def test_the_board_says_address_and_fingerprint_and_its_code_is_segnos_in_any_size(
    root: tk.Tk, open_app: OpenApp, authority: Authority, host: str
) -> None:
    certificate = authority.certificate()
    app = open_app(tls_cert=str(certificate))
    app.start()
    port = port_of(app)
    press(app.page.people.tree, "<Alt-b>")
    window = opened(app)
    fingerprint = fingerprint_of_file(certificate)
    lines = [f"{host} port {port}", "SHA256", *groups_of(fingerprint)]
    for size in ("800x400", "400x740", "1000x900"):
        window.geometry(size)
        width = int(size.partition("x")[0])
        see(root, lambda width=width: canvas_of(window).winfo_width() == width, size)  # type: ignore[misc]
        assert shown(window) == lines
        assert dark_squares(window) == expected(Board(host, port, fingerprint).text)
    press(window, "<Control-c>")
    assert root.clipboard_get() == "\n".join(lines)
    press(window, "<Escape>")
    assert not window.winfo_exists()


def test_a_renewed_certificate_is_on_the_board_and_it_goes_with_the_server(
    root: tk.Tk, open_app: OpenApp, authority: Authority, host: str
) -> None:
    certificate = authority.certificate()
    app = open_app(tls_cert=str(certificate), shows_board=True)
    app.start()
    window = opened(app)
    authority.certificate().replace(certificate)
    app.renew()
    new = groups_of(fingerprint_of_file(certificate))
    see(root, lambda: shown(window)[-4:] == new, "the new fingerprint")
    app.stop()
    see(root, lambda: not window.winfo_exists(), "that the board is gone")
    press(app.page.start_button, "<Alt-b>")
    assert app.page.board_button.instate(["disabled"])


def test_without_the_library_the_board_says_what_to_install(
    open_app: OpenApp, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    app = open_app(shows_board=True)
    app.start()
    why, *lines = shown(opened(app))
    assert why.endswith("-m pip install segno")
    assert lines == [f"{host} port {port_of(app)}"]


def test_where_nobody_else_can_connect_the_window_says_so(root: tk.Tk, open_app: OpenApp) -> None:
    app = open_app("127.0.0.1")
    app.start()
    port_of(app)
    press(app.page.people.tree, "<Alt-b>")
    see(root, lambda: "nothing to write on the board" in bar(app), "the sentence")
    assert vars(app)["_board_window"] is None


def test_beside_the_buttons_the_state_is_always_whole(root: tk.Tk, open_app: OpenApp) -> None:
    """A running server has more to say than a stopped one, and the window stays as it is."""
    app = open_app("127.0.0.1")
    state = vars(app.page)["_head"]  # with its light
    root.update()
    rows = (("_head", "_inputs", "_buttons"), ("tls_box", "_hint"))
    needed = [sum(vars(app.page)[part].winfo_reqwidth() for part in row) for row in rows]
    width = max(needed) + 6 * app.theme.unit
    root.geometry(f"{width}x600")
    see(root, lambda: root.winfo_width() == width, "a window in which it fits, just")
    app.start()
    port_of(app)
    see(root, lambda: state.winfo_width() >= state.winfo_reqwidth() > 1, "all of it")


def test_the_option_opens_it_once_the_server_runs(
    desktop: Desktop, tmp_path: Path, host: str
) -> None:
    given = ("--start", "--qr", "--host", "0.0.0.0")
    with ServerWindow(desktop, tmp_path / "logs", *given) as server:
        desktop.window("For the board")
        server.process.terminate()
        assert server.wait() == 0
        assert server.rest_of_output() == []


def test_with_a_page_the_board_leads_there(root: tk.Tk, open_app: OpenApp, host: str) -> None:
    port = free_port()
    app = open_app("0.0.0.0", "", "--web-port", str(port))
    app.start()
    plain = port_of(app)
    press(app.page.people.tree, "<Alt-b>")
    window = opened(app)
    url = f"http://{host}:{port}/"
    see(root, lambda: shown(window) == [url, f"{host} port {plain}"], "the page, and the port")
    window.geometry("800x400")
    see(root, lambda: canvas_of(window).winfo_width() == 800, "its size")
    assert dark_squares(window) == expected(url)
