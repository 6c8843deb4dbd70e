"""The window's life: what its buttons do to the server's process, and what comes back from it.

As in the client's window, **only the main thread touches Tk**, and it never waits: `_poll` looks
into the queue of the process (`process`) every POLL_MILLISECONDS, and draws a bounded batch. The
server takes up to 2 s to stop; meanwhile the window says so, and works on.
"""

import enum
import queue
import time
import tkinter as tk
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from phase4.server.board import NOT_FROM_ELSEWHERE, Board
from phase4.server_gui.board_window import BoardWindow
from phase4.server_gui.form import Wanted, arguments, fault_in
from phase4.server_gui.moderating import Moderating
from phase4.server_gui.page import ServerPage
from phase4.server_gui.process import Ended, Event, ServerProcess, Stray
from phase4.server_gui.reports import Answer, Failed, Moderated, News, Started, Stopped
from phase4.widgets.actions import Action, Group, key_groups, looks_actions, reading_actions
from phase4.widgets.fit import open_at, set_minimum
from phase4.widgets.key_panel import KeyPanel
from phase4.widgets.keys import bind_keys
from phase4.widgets.lines import OWN_CLOCK, line_by
from phase4.widgets.links import LinkOpener
from phase4.widgets.opening import on_close
from phase4.widgets.theme import Theme
from shared import message
from shared.status import Snapshot

POLL_MILLISECONDS = 50
BUSY_MILLISECONDS = 5
"""Between two looks, and where there is more to draw. Keys and clicks get their turn either way."""

BATCH_EVENTS = 20
BATCH_LINES = 200
BATCH_ROWS = 250
"""At most so much is drawn in one go."""

MAX_PENDING_LINES = 5_000
"""Lines that came and are not drawn yet: as many as the log holds. Older ones are left out."""

STOP_SECONDS = 5.0
"""The server stops within 2 s. One that has not stopped after this time is ended."""

NOT_ITSELF = "The server ended by itself ({how}). Start it again; the log below may say why."
BROKEN = "A fault in the server's program stopped it: see the log below. Start it again."
KILLED = "The server did not stop in time and was ended."


class State(enum.Enum):
    """What the server is doing, as far as the window knows."""

    STOPPED = "Stopped"
    STARTING = "Starting …"
    RUNNING = "Running"
    STOPPING = "Stopping …"


class App:
    """The one window. Main thread only; `status` is the program's exit status, after its end."""

    def __init__(
        self,
        root: tk.Tk,
        wanted: Wanted,
        theme_name: str,
        must_stop: Callable[[], bool],
        new_process: Callable[[Sequence[str]], ServerProcess] = ServerProcess,
    ) -> None:
        """Nothing runs before `start`. Once `must_stop()` is true, the window closes in order."""
        self.root = root
        self.theme = Theme(root, theme_name)
        self.state = State.STOPPED
        self.status = 0
        self._wanted = wanted
        self._must_stop = must_stop
        self._new_process = new_process
        self._process: ServerProcess | None = None
        self._address = ""
        self._board: Board | None = None  # None too where no other machine can connect
        self._board_window: BoardWindow | None = None
        self._people_now = self._people_here = 0
        self._last_words: Stopped | Failed | None = None  # of a process, before it ended
        self._kill_at: float | None = None
        self._was_killed = False
        self._is_closing = self._is_destroyed = False
        self._next_poll = ""  # Tk's name for the next look
        self._pending: deque[str] = deque()  # lines of the log that are not drawn yet
        self._left_out = 0
        self._has_rows = False  # rows of the table are still to be drawn
        self.links = LinkOpener()
        self._build()
        self._show_state(State.STOPPED)
        on_close(root, self.close)
        self._poll()

    def appear(self) -> None:
        """Put the window on the screen, with the keyboard already on Start."""
        self.root.deiconify()
        self.root.update_idletasks()  # a widget that is not there yet cannot have the keyboard
        self.page.start_button.focus_set()

    # --- what the operator does -------------------------------------------------------------------

    def start(self) -> None:
        """Start a server as the fields say. What becomes of it comes as events."""
        if self.state is not State.STOPPED:
            return
        values = self.page.values()
        if fault := fault_in(values):
            self.page.show_bar(*fault)
            return
        self.page.hide_bar()
        self.page.say("")
        self._process = self._new_process([*self._wanted.options, *arguments(values)])
        try:
            self._process.start()
        except OSError as error:
            self._process = None
            self.page.show_bar(f"The server's program cannot be started: {error.strerror}.")
            return
        self._last_words, self._was_killed = None, False
        self._show_state(State.STARTING)

    def stop(self) -> None:
        """Stop the server, as `stop_at_once`; with people online, ask first."""
        self._ask_first("Stop the server", self.stop_at_once)

    def _ask_first(self, label: str, do: Callable[[], object]) -> None:
        if self.state is State.RUNNING and self._people_here:
            self.root.deiconify()  # the question must be seen
            self.page.questions.stop(lambda: self._people_here, label, do)
        else:
            do()

    def stop_at_once(self) -> None:
        """Stop the server in order. Does not wait for it."""
        if self._process is not None and self.state is not State.STOPPING:
            self._process.stop()
            self._kill_at = time.monotonic() + STOP_SECONDS
            self._show_state(State.STOPPING)

    def _order(self, line: str) -> bool | None:
        """Give the server an operator's command; None: none runs. An Answer comes."""
        if self._process is None or self.state is not State.RUNNING:
            return None
        return self._process.order(line)

    def show_board(self) -> None:
        """Open the window to be projected, or bring it to the front."""
        if self.state is not State.RUNNING:
            return
        if self._board is None:
            self.page.show_bar(NOT_FROM_ELSEWHERE)
        elif window := self._open_board():
            window.lift()
            window.focus_set()
        else:
            self._board_window = BoardWindow(self.root, self.theme, self._board)

    def _open_board(self) -> BoardWindow | None:
        """The window that was opened, if nobody has closed it."""
        window = self._board_window
        return window if window is not None and window.winfo_exists() else None

    def close(self) -> None:
        """Close the window, as `close_at_once`; with people online, ask first."""
        self._ask_first("Stop and close", self.close_at_once)

    def close_at_once(self) -> None:
        """Stop the server in order if it runs, and close the window when it has stopped."""
        self._is_closing = True
        if self._process is None:
            self._destroy()
        else:
            self.stop_at_once()

    def forget(self) -> None:
        """Escape: hide the question, or what the bar says, and select nobody."""
        if self.page.questions.is_shown:
            self.page.questions.hide()
            return
        self.page.hide_bar()
        self.page.people.tree.selection_set(())

    # --- what the process tells -------------------------------------------------------------------

    def _poll(self) -> None:
        """Draw what came, and look again soon."""
        if self._must_stop() and not self._is_closing:
            self.close_at_once()
        is_busy = False
        try:
            events = self._take_events()
            for event in events:
                self._handle(event)
            self._pend([f"! No browser could be started for {x}" for x in self.links.failures()])
            is_busy = self._draw() or len(events) == BATCH_EVENTS
            self._end_if_late()
        finally:  # after a fault in one event, too, the next ones are looked for
            if not self._is_over():
                pause = BUSY_MILLISECONDS if is_busy else POLL_MILLISECONDS
                self._next_poll = self.root.after(pause, self._poll)

    def _is_over(self) -> bool:
        """Close the window if it is to close and nothing runs any more; whether it did."""
        if self._is_closing and self._process is None:
            self._destroy()
            return True
        return False

    def _destroy(self) -> None:
        """Close the window, and stop looking into the queue."""
        if not self._is_destroyed:
            self._is_destroyed = True
            self.root.after_cancel(self._next_poll)
            self.root.destroy()

    def _take_events(self) -> list[Event]:
        events: list[Event] = []
        try:
            while self._process is not None and len(events) < BATCH_EVENTS:
                events.append(self._process.events.get_nowait())
        except queue.Empty:
            pass
        return events

    def renew(self) -> None:
        """Have the server look for a renewed certificate now. A signal handler calls this."""
        if self._process is not None:
            self._process.renew()

    def _handle(self, event: Event) -> None:
        match event:
            case Started():
                self._started(event)
            case News(lines, left_out):
                self._left_out += left_out
                self._pend(lines)
            case Snapshot():
                self._show_snapshot(event)
            case Answer(text, is_refused):
                if self._process is not None:
                    self._process.answered()
                self.moderating.answered(text, is_refused=is_refused)
            case Moderated():
                self.moderating.show(event)
                self._has_rows = True
            case Stray(text):
                self._pend([f"! {text}"])
            case Failed() | Stopped():
                self._last_words = event
            case Ended(status):
                self._ended(status)

    def _started(self, started: Started) -> None:
        """It runs; or, later, it has another certificate."""
        self._address, fingerprint = started.address, started.fingerprint
        self.page.tls.show_fingerprint(started.tls_address, fingerprint)
        host = started.host
        self._board = Board(host, started.port, fingerprint, started.url) if host else None
        if self._board and (window := self._open_board()):
            window.show(self._board)
        if self.state is State.STARTING:
            self._show_state(State.RUNNING)
            if self._wanted.shows_board:
                self.show_board()

    def _show_snapshot(self, snapshot: Snapshot) -> None:
        self.page.show_figures(snapshot)
        self._people_here = snapshot.people_here
        self.page.people.show(snapshot.people)
        self.moderating.renew()
        self._has_rows = True
        if self._people_now != snapshot.people_now:
            self._people_now = snapshot.people_now
            self._show_title()
        self.page.questions.renew()

    def _ended(self, status: int) -> None:
        if self._process is not None:
            self._process.stop()  # it has ended, but our end of its pipe is open
        self._process = self._kill_at = None
        self._people_now = self._people_here = 0
        self.page.people.show(())
        self._has_rows = True
        self.page.tls.show_fingerprint("", "")
        self.moderating.ended()
        if window := self._open_board():
            window.destroy()
        self._show_state(State.STOPPED)
        self.status = 1 if status else 0
        match self._last_words:
            case Failed(why, field):
                self.page.show_bar(why, field)
            case Stopped(is_broken=True):
                self.page.show_bar(BROKEN)
            case None if self._was_killed:
                self.page.show_bar(KILLED)
            case None:
                self.page.show_bar(NOT_ITSELF.format(how=_how(status)))

    def _end_if_late(self) -> None:
        if self._process is not None and self._kill_at and time.monotonic() >= self._kill_at:
            self._kill_at, self._was_killed = None, True
            self._process.kill()

    # --- drawing ----------------------------------------------------------------------------------

    def _pend(self, lines: Sequence[str]) -> None:
        self._pending.extend(lines)
        while len(self._pending) > MAX_PENDING_LINES:
            self._pending.popleft()
            self._left_out += 1

    def _draw(self) -> bool:
        """Draw some of what is to be drawn; whether there is more."""
        lines = list(self._next_lines())
        self.page.log.add([line_by(OWN_CLOCK, message.parse(line), "") for line in lines])
        if self._has_rows:
            self._has_rows = self.page.people.draw_some(BATCH_ROWS)
            self.page.show_selected(self.page.people.selected())
        return bool(self._pending) or self._has_rows

    def _next_lines(self) -> Iterator[str]:
        if self._left_out:
            count = self._left_out
            yield f"! {count:,} lines came faster than they can be shown, and are left out."
            self._left_out = 0
        for _ in range(min(BATCH_LINES, len(self._pending))):
            yield self._pending.popleft()

    def _show_state(self, state: State) -> None:
        self.state = state
        self.page.questions.hide()
        text = f"Running on {self._address}" if state is State.RUNNING else state.value
        self.page.show_state(
            text,
            can_start=state is State.STOPPED,
            can_stop=state in (State.STARTING, State.RUNNING),
            is_running=state is State.RUNNING,
        )
        self._show_title()
        if state is State.RUNNING:
            self.page.people.tree.focus_set()  # not Stop, which a second Return would press
        elif state is State.STOPPED:
            self.page.start_button.focus_set()

    def _show_title(self) -> None:
        if self.state is State.RUNNING:
            self.root.title(f"Running on {self._address} – {self._people_now:,} online")
        else:
            self.root.title(f"{self.state.value} – Chat server")

    # --- building ---------------------------------------------------------------------------------

    def _build(self) -> None:
        self.moderating = Moderating(self.root, self.theme, self._order)
        self.page = ServerPage(
            self.root,
            self.theme,
            start=self.start,
            stop=self.stop,
            show_board=self.show_board,
            moderating=self.moderating,
            open_link=self.links.open,
        )
        self.moderating.watch(self.page)
        self.page.fill(self._wanted.fields)
        self.page.pack(fill="both", expand=True)
        self._actions = self._list_actions()
        self.page.set_actions(self._actions)
        groups = key_groups(self._actions, OTHER_KEYS)
        self.key_panel = KeyPanel(self.root, self.theme, groups, self.page, self.page.focus_next)
        for action in self._actions:
            for sequence in action.sequences:
                bind_keys(self.root, sequence, lambda _, do=action.do: do())  # type: ignore[misc]
        for letter, do in self._underlined().items():
            bind_keys(self.root, f"<Alt-{letter}>", lambda _, do=do: do())  # type: ignore[misc]
        self.root.bind("<Escape>", lambda _: self.forget())
        self.theme.on_change(self._size_window)
        line = self.theme.body.metrics("linespace")
        open_at(self.root, line * 56, line * 42)

    def _list_actions(self) -> tuple[Action, ...]:
        log = self.page.log
        return (
            Action("Start", "F5", ("<F5>",), self.start),
            Action("Stop", "Shift F5", ("<Shift-F5>",), self.stop),
            Action("Disconnect the person selected …", "Delete", (), self.moderating.disconnect),
            Action("Mute the person selected …", "Alt U", (), self.moderating.mute),
            Action("Ban the person selected …", "Alt N", (), self.moderating.ban),
            Action("Close the room, or open it", "Alt R", (), self.moderating.toggle_writing),
            Action("Who is banned or muted …", "Alt W", (), self.page.room.bans_button.invoke),
            Action("What to write on the board", "Alt B", (), self.show_board),
            *looks_actions(self.theme),
            *reading_actions(lambda: log, "log"),
            Action("Newest line of the log", "Ctrl End", ("<Control-End>",), log.jump_to_newest),
            Action("Next part of the window", "F6", ("<F6>",), self.page.focus_next),
            Action("Keys", "F1", ("<F1>",), lambda: self.key_panel.toggle(), starts_group=True),
            Action("Stop and quit", "Ctrl Q", ("<Control-q>",), self.close),
        )

    def _underlined(self) -> dict[str, Callable[[], object]]:
        """What Alt does together with each underlined letter."""
        page = self.page
        return {
            "h": lambda: page.mark("host"),
            "p": lambda: page.mark("port"),
            "s": lambda: page.mark("status_port"),
            "t": page.start_button.invoke,
            "o": page.stop_button.invoke,
            "b": page.board_button.invoke,
            "d": page.disconnect_button.invoke,
            "u": page.mute_button.invoke,
            "n": page.ban_button.invoke,
            "i": page.room.edit_topic,
            "r": page.room.toggle_button.invoke,
            "w": page.room.bans_button.invoke,
            "e": page.want_tls,
            "c": lambda: page.mark("tls_cert"),
            "k": lambda: page.mark("tls_key"),
            "l": lambda: page.mark("tls_port"),
            "a": page.make_certificate,
            "y": page.tls.copy_fingerprint,
            "m": page.open_menu,
        }

    def _size_window(self) -> None:
        self.root.configure(background=self.theme.palette.panel)
        line = self.theme.body.metrics("linespace")
        set_minimum(self.root, line * 44, line * 26)


OTHER_KEYS: Group = (
    ("Alt and an underlined letter", "go to that field, or press that button"),
    ("Letters", "select a name among the people"),
    ("Escape", "select nobody; close a message"),
    ("Menu, Shift F10", "what can be done with the person selected, or the lines of the log"),
    ("Shift Up, Shift Down", "in the log: select lines"),
)


def _how(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"exit status {status}"
