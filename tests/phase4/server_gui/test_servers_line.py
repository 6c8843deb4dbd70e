"""The line on a room that several servers share, in the server's window."""

import doctest
import os
import re
import tkinter as tk
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from phase4.server_gui import servers_line
from phase4.server_gui.app import App, State
from phase4.server_gui.form import Wanted
from phase4.server_gui.servers_line import AWAY, ServersLine, words
from phase4.widgets.theme import Theme
from shared.status import RoomServer, Snapshot
from tests.kit.desktop import Desktop
from tests.kit.engines import RedisProcess
from tests.kit.hub import Servers, join
from tests.kit.windows import see
from tests.phase4.server_gui.test_server_gui import port_of

HERE = RoomServer("one:1", is_here=True, people_now=3)
SHARED = Snapshot(
    people_now=83, hub_lag_seconds=0.0004, servers=(HERE, RoomServer("two:1", people_now=80))
)


def test_the_examples_in_it_are_true() -> None:
    assert doctest.testmod(servers_line).failed == 0


def test_of_many_servers_some_are_named_and_all_are_counted() -> None:
    rows = (HERE, *(RoomServer(f"box{each}:1", people_now=1) for each in range(99)))
    text = words(replace(SHARED, people_now=102, servers=rows, hub_lag_seconds=None))
    assert text.startswith("100 servers, 102 people in all: 3 here, 1 at box0:1, ")
    assert text.endswith(", 1 at box3:1, and 95 more servers.")
    assert words(replace(SHARED, servers=rows[:6])).endswith("and 1 more server. Hub: 0.4 ms.")


def test_a_name_of_a_server_writes_no_second_line() -> None:
    rows = (HERE, RoomServer("two\n! forged\u202e:1"))
    assert words(replace(SHARED, servers=rows)).isprintable()


@pytest.mark.window
def test_it_is_there_while_there_are_others_and_says_when_the_hub_is_away(root: tk.Tk) -> None:
    theme = Theme(root, "light")
    line = ServersLine(root, theme)
    line.grid()
    shown: list[str] = []
    for snapshot in (
        Snapshot(people_now=3),
        SHARED,
        replace(SHARED, hub_away_seconds=1.0),
        replace(SHARED, hub_away_seconds=1.0),
    ):
        line.show(snapshot)
        root.update()
        shown.append(str(line.cget("text")))
        assert line.winfo_ismapped() == bool(snapshot.servers)
    assert shown[:2] == ["", words(SHARED)]
    assert shown[2] == f"{words(SHARED)} {AWAY}"
    assert shown[3] == words(SHARED)
    line.hide()
    root.update()
    assert not line.winfo_ismapped()


@pytest.mark.window
def test_the_window_of_a_server_of_two_tells_of_both_and_asks_only_of_its_own_people(
    root: tk.Tk,
    tmp_path: Path,
    put_up: Callable[[App], App],
    servers: Servers,
    a_redis: RedisProcess,
    desktop: Desktop,
) -> None:
    other = servers.start("two")
    options = ("--log-dir", str(tmp_path / "logs"), "--hub", a_redis.url, "--hub-lease", "3")
    fields = {"host": "127.0.0.1", "port": "0", "status_port": "0"}
    app = put_up(App(root, Wanted(fields, options), "light", lambda: False))
    app.start()
    assert port_of(app) != other.port

    def text() -> str:
        return str(app.page.servers.cget("text"))

    with join(other, "Bob"), join(other, "Cat"):
        wanted = rf"2 servers, 2 people in all: 0 here, 2 at \S+:{other.port}\. Hub: [\d.]+ ms\."
        see(root, lambda: re.fullmatch(wanted, text()), "both")
        assert app.page.counts.shown()["Online"] == "2"
        if where := os.environ.get("SERVERS_LINE_PICTURE"):
            desktop.screenshot(Path(where))
        app.stop()  # nobody is here, so nobody is asked
        see(root, lambda: app.state is State.STOPPED, "the end")
        assert not app.page.servers.winfo_ismapped()
