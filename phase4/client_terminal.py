r"""The chat client for a terminal. Run it: python -m phase4.client_terminal --name Ann

New here: the line being typed stays whole. With `input()` in one thread and `print()` in another
(phases 2 and 3), what arrives lands in the middle of what is being typed. prompt_toolkit owns the
whole line: it takes it off the screen, lets us print above, and draws it again. It also brings
completion with Tab, the history with Up, and the bar at the bottom.

From `phase4.connection` comes all that the network is: this file only shows events and hands on
lines. One thread, the main one, draws; the connection's thread never touches the terminal.

Where standard input or output is no terminal, it works as a filter: it sends each line of its
input, prints what arrives, and leaves once the server has taken everything:

    printf 'The build is done.\n' | python -m phase4.client_terminal --name builder

Exit status: 0 after leaving by one's own wish, and in a pipe only if every line was taken;
1 otherwise; 130 in a pipe after Ctrl-C.
"""

import argparse
import asyncio
import contextlib
import io
import itertools
import os
import queue
import signal
import sys
import threading
import time
import zlib
from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Sequence

try:
    from prompt_toolkit import PromptSession
    from prompt_toolkit.buffer import Buffer
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.formatted_text import FormattedText, StyleAndTextTuples
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
    from prompt_toolkit.output import ColorDepth
    from prompt_toolkit.shortcuts import CompleteStyle
    from prompt_toolkit.styles import Style
    from prompt_toolkit.utils import get_cwidth, is_dumb_terminal
except ImportError as error:
    raise SystemExit(
        "The terminal client needs prompt_toolkit: python -m pip install prompt_toolkit"
    ) from error

from phase4.connection import (
    COMMANDS as SERVER_COMMANDS,
)
from phase4.connection import (
    Connection,
    Disconnected,
    Event,
    NameRefused,
    Received,
    SendError,
    SendQueueFull,
    Welcomed,
    is_goodbye,
    is_public,
)
from shared import message
from shared.arguments import add_connect_arguments
from shared.defaults import CHAT_PORT, FLOOD_LINES_PER_SECOND, HOST, POLL_SECONDS, RECV_BYTES
from shared.framing import BadLine, LineDecoder
from shared.listener import address_text

BATCH_EVENTS = 200
"""Lines shown between two looks at the keyboard: the line being typed is drawn once for each batch,
not for each message, so a flood slows nobody's typing."""

LEAVE_SECONDS = 2.0
"""How long leaving may take: long enough for the last line to go, short enough to wait for."""

MAX_COMPLETIONS = 40
"""Names that Tab offers: a screenful. Type one more letter to see others."""

_LAST_ANSWER_SECONDS = 10.0  # in a pipe: for the server to take what was sent, beside its bound
_RETRY_SECONDS = 0.05  # in a pipe: before a line that found no room is sent again

# --- what a line looks like --------------------------------------------------------------------

Fragments = StyleAndTextTuples
"""A list of (style, text) pairs. Text from people stands in the second place only, so no markup in
it means anything; the connection has cleaned it already."""

NAME_COLOURS = (
    "#af5f5f", "#af5f00", "#5f8700", "#008700", "#00875f", "#008787",
    "#0087af", "#005fff", "#5f5fff", "#875fd7", "#d700d7", "#d70087",
)  # fmt: skip
"""Each is one of the 256 that terminals have, with a contrast of at least 4 to 1 on black and on
white: a program cannot ask a terminal, reliably, which of the two it shows."""

STYLE = Style.from_dict(
    {
        "time": "#767676",
        "notice": "#767676 italic",
        "error": "#ff0000 bold",
        "private": "#af5faf",
        "own": "italic",
        "name": "bold",
        "prompt": "bold",
        "bottom-toolbar": "noreverse bg:#30343c #d7dae0",
        "bottom-toolbar.name": "bold #ffffff",
        "bottom-toolbar.error": "bold #ff8787",
        "bottom-toolbar.hint": "#9aa0aa",
        **{f"name{index}": colour for index, colour in enumerate(NAME_COLOURS)},
    }
)


def name_style(name: str) -> str:
    """The steady style of a person: the same in every run, and however the name is written."""
    return f"class:name class:name{zlib.crc32(name.casefold().encode()) % len(NAME_COLOURS)}"


def fragments(shown: message.Message, own_name: str) -> Fragments:
    """A message as it is shown, without a newline."""
    match shown:
        case message.Public(time, sender, text):
            style = "class:own" if sender == own_name else ""
            return [("class:time", f"{time} "), (name_style(sender), sender), (style, f": {text}")]
        case message.Private(time, sender, recipient, text):
            return [
                ("class:time", f"{time} "),
                (name_style(sender), sender),
                ("class:private", " -> "),
                (name_style(recipient), recipient),
                ("class:private", f" (private): {text}"),
            ]
        case message.Error(text):
            return [("class:error", f"! {text}")]
        case message.Other(text):
            return [("", text)]
        case message.Prompt():
            return []
    return [("class:time", f"{shown.time} "), ("class:notice", message.format(shown)[11:])]


# --- what Tab offers ---------------------------------------------------------------------------

COMMANDS = tuple(f"{each} " if each in ("/pm", "/nick") else each for each in SERVER_COMMANDS)


def completions(before: str, names: Iterable[str]) -> Iterator[str]:
    """What could stand in the place of the last word of `before`.

    >>> list(completions("/w", ["Ann"])), list(completions("a", ["Ann"]))
    (['/who'], ['Ann: '])
    >>> list(completions("/pm b", ["Bob"])), list(completions("@B", ["Bob"]))
    (['Bob '], ['@Bob '])
    >>> list(completions("ask bo", ["Bob", "Ann"]))
    ['Bob']
    """
    start, word = split_last_word(before)
    folded = word.lstrip("@").casefold()
    found = (name for name in names if name.casefold().startswith(folded))
    if start.casefold() == "/pm ":
        yield from (f"{name} " for name in found)
    elif start:
        yield from found if word else ()
    elif word.startswith("@"):
        yield from (f"@{name} " for name in found)
    elif word[:1] in ("", "/", "?"):
        yield from (each for each in COMMANDS if each.startswith(word.casefold()))
    else:
        yield from (f"{name}: " for name in found)


def common_start(texts: Sequence[str]) -> str:
    """What all of them begin with.

    >>> common_start(["Robert", "Roberta", "Robin"])
    'Rob'
    """
    first, last = min(texts), max(texts)  # in order, what these two share, all share
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(character for character, _ in same)


def split_last_word(text: str) -> tuple[str, str]:
    """What stands before the last word, and that word, which is empty after a blank."""
    start = text.rfind(" ") + 1
    return text[:start], text[start:]


class _Completer(Completer):
    def __init__(self, client: "TerminalClient") -> None:
        self._client = client

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        before = document.text_before_cursor
        _, word = split_last_word(before)
        found = completions(before, self._client.others)
        for text in itertools.islice(found, MAX_COMPLETIONS):
            yield Completion(text, start_position=-len(word), display=text.strip())


# --- in a terminal -----------------------------------------------------------------------------


class TerminalClient:
    """One conversation in a terminal. All of it runs in the main thread."""

    def __init__(self, host: str, port: int, name: str = "") -> None:
        self._host = host
        self._port = port
        self._wanted_name = name
        self._connection: Connection | None = None  # None until a name is given
        self._asks_another_name = False
        self._is_in = False
        self._end: Disconnected | None = None
        self._is_leaving = False
        self._complaint = ""  # why the line was not sent; until it is mended
        self._prompt_is_over = asyncio.Event()
        self._printing = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._completer = _Completer(self)
        self._session: PromptSession[str] = PromptSession(
            self._prompt,
            completer=self._completer,
            key_bindings=self._keys(),
            complete_while_typing=False,
            complete_style=CompleteStyle.MULTI_COLUMN,
            reserve_space_for_menu=4,
            bottom_toolbar=self._toolbar,
            style=STYLE,
            color_depth=_color_depth(),
            erase_when_done=True,
        )
        # Enter hands the line on and does not end the prompt: keys typed between the end of one
        # prompt and the start of the next would be echoed by the terminal itself.
        self._session.default_buffer.accept_handler = self._accept
        self._session.default_buffer.on_text_changed += self._forget_complaint

    @property
    def others(self) -> list[str]:
        """The people online but the person themself."""
        if self._connection is None:
            return []
        return [name for name in self._connection.people if name != self._connection.name]

    async def run(self) -> int:
        """The whole conversation; the exit status."""
        for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            with contextlib.suppress(NotImplementedError):  # Windows
                asyncio.get_running_loop().add_signal_handler(number, self._leave)
        if self._wanted_name:
            self._connect(self._wanted_name)
        with contextlib.suppress(EOFError, KeyboardInterrupt):  # Ctrl-D, Ctrl-C
            await self._session.prompt_async(pre_run=self._leave_if_over)
        self._prompt_is_over.set()
        if self._connection is not None:
            await asyncio.to_thread(self._connection.close, LEAVE_SECONDS)
        await asyncio.gather(*self._tasks)
        return 0 if self._end is None or self._end.was_wished else 1

    def _connect(self, name: str) -> None:
        self._connection = Connection(self._host, self._port, name)
        self._connection.start()
        self._spawn(self._show_events(self._connection))

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        """Do this beside the prompt. `run` waits for it at the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _leave(self) -> None:
        """End the prompt, and with it `run`. Again does no harm."""
        self._is_leaving = True
        app = self._session.app
        if app.is_running and app.future is not None and not app.future.done():
            app.exit(result="")

    def _leave_if_over(self) -> None:
        """The end may come before the prompt has begun: a closed port is noticed at once."""
        if self._is_leaving:
            self._leave()

    # --- what the prompt shows ---

    def _prompt(self) -> Fragments:
        if self._connection is None:
            return [("class:prompt", "Your name (empty: a random one): ")]
        if self._asks_another_name:
            return [("class:prompt", "Another name: ")]
        if not self._is_in:
            return [("class:prompt", "> ")]
        return [(name_style(self._connection.name), self._connection.name), ("class:prompt", "> ")]

    def _toolbar(self) -> Fragments:
        """Name, server, people online: as much of it as the width allows.

        Or a complaint: a line that is too long may fill the screen, but the bar is always there.
        """
        server = address_text((self._host, self._port))
        width = self._session.output.get_size().columns
        if self._complaint:
            return [("class:bottom-toolbar.error", shortened(f" ! {self._complaint}", width))]
        if self._connection is None or not self._is_in:
            state = server if self._connection is None else f"connecting to {server}"
            return [("", shortened(f" {state}", width))]
        name, people = self._connection.name, self._connection.people
        online = f" | {server} | {len(people)} online: {', '.join(people[:MAX_COMPLETIONS])}"
        hint = "  Tab completes, /help "
        left = width - get_cwidth(f" {name}")
        if get_cwidth(online) + get_cwidth(hint) > left:
            hint = ""
        online = shortened(online, left)
        space = " " * (left - get_cwidth(online) - get_cwidth(hint))
        return [
            ("class:bottom-toolbar.name", shortened(f" {name}", width)),
            ("", online + space),
            ("class:bottom-toolbar.hint", hint),
        ]

    # --- what arrives ---

    async def _show_events(self, connection: Connection) -> None:
        """Show events until the last one. It waits for the screen, and so the server does too."""
        while self._end is None:
            batch = await asyncio.to_thread(_take, connection.events)
            text: Fragments = []
            for event in batch:
                if shown := self._fragments_of(event):
                    text += [*shown, ("", "\n")]
            await self._print(text)
        self._leave()

    def _fragments_of(self, event: Event) -> Fragments:
        """Note what an event changes; what there is to show."""
        assert self._connection is not None
        match event:
            case Received(shown):
                return fragments(shown, self._connection.name)
            case Welcomed():
                self._is_in = True
                self._asks_another_name = False
            case NameRefused(reason):
                self._asks_another_name = True
                return [("class:error", f"! {reason}")]
            case Disconnected(reason, was_wished):
                self._end = event
                return [("class:notice" if was_wished else "class:error", reason), *self._unsent()]
        return []

    def _unsent(self) -> Fragments:
        """What was being typed when the server went: it must not be lost."""
        typed = self._session.default_buffer.text
        return [("", f"\nYou were writing: {message.clean(typed)}")] if typed else []

    async def _print(self, text: Fragments) -> None:
        """Print above the line being typed: take that away, print, and have it drawn again.

        prompt_toolkit's run_in_terminal() and patch_stdout() do the same, but give the terminal its
        ordinary settings meanwhile; what is typed in that moment is echoed where the cursor is.
        """
        app = self._session.app
        async with self._printing:
            if text and app.is_running and not app.is_done:
                # The terminal's answer where the cursor is must not be taken for the next one.
                await app.renderer.wait_for_cpr_responses()
            if app.is_running and app.is_done:
                await self._prompt_is_over.wait()
            if not app.is_running:
                app.print_text(FormattedText(text))
            elif text:
                app.renderer.erase()
                app.print_text(FormattedText(text))
                app.renderer.request_absolute_cursor_position()
            app.invalidate()  # also for the bar, which shows who is here

    # --- what is typed ---

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("tab")(self._complete)
        return keys

    def _complete(self, event: KeyPressEvent) -> None:
        """Insert what Tab stands for, at once where there is no choice.

        prompt_toolkit's own Tab looks in the background, and gives up when the next key comes
        first: who types fast would find their Tab ignored.
        """
        buffer = event.current_buffer
        asked = CompleteEvent(completion_requested=True)
        found = list(self._completer.get_completions(buffer.document, asked))
        if buffer.complete_state:
            buffer.complete_next()
        elif len(found) == 1:
            buffer.apply_completion(found[0])
        elif found:
            word = buffer.document.text_before_cursor[found[0].start_position :]
            common = common_start([each.text for each in found])
            if word and len(common) > len(word):
                buffer.delete_before_cursor(len(word))
                buffer.insert_text(common)
            buffer.start_completion()

    def _accept(self, buffer: Buffer) -> bool:
        """Enter was pressed. True, because what stands in the line then is decided here."""
        buffer.append_to_history()
        unsent = self._handle(buffer.text)
        buffer.reset(Document("\n".join(unsent)))  # in the line again, to be mended
        buffer.load_history_if_not_yet_loaded()  # now: Up may be the next key
        return True

    def _handle(self, text: str) -> list[str]:
        """Do what a typed line asks for; the lines that could not be sent."""
        if is_goodbye(text):
            self._leave()
        elif self._connection is None:
            self._connect(text.strip())
        else:
            return self._send(text.splitlines() if text.strip() else [])
        return []

    def _forget_complaint(self, _: Buffer) -> None:
        self._complaint = ""

    def _send(self, lines: list[str]) -> list[str]:
        """Send what was typed, or pasted as several lines; the lines that could not be sent."""
        assert self._connection is not None
        if self._asks_another_name:
            lines = lines[:1] or [""]  # an empty name asks for a random one
        shown: Fragments = []
        unsent = deque(lines)
        try:
            while unsent:
                self._connection.send(unsent[0])
                shown += self._own(unsent.popleft())
        except SendError as error:
            self._complaint = str(error)
        self._asks_another_name = self._asks_another_name and bool(unsent)
        self._spawn(self._print(shown))
        return list(unsent)

    def _own(self, line: str) -> Fragments:
        """The person's own words. The server sends them to everybody else, and not back."""
        assert self._connection is not None
        if not self._is_in or not is_public(line):
            return []
        name, now = self._connection.name, time.strftime("%H:%M:%S")
        own = message.Public(now, name, message.clean(line.rstrip()))
        return [*fragments(own, name), ("", "\n")]


def shortened(text: str, columns: int) -> str:
    """`text`, cut to so many columns: some characters take two.

    >>> shortened("3 online: Ann, Bob", 12)
    '3 online: A…'
    """
    if get_cwidth(text) <= columns:
        return text
    widths = itertools.accumulate(map(get_cwidth, text))
    fitting = itertools.takewhile(lambda width: width < columns, widths)
    return text[: len(list(fitting))] + "…"


def _take(events: queue.Queue[Event]) -> list[Event]:
    """Wait for an event, and take those that came with it."""
    batch = [events.get()]
    with contextlib.suppress(queue.Empty):
        while len(batch) < BATCH_EVENTS:
            batch.append(events.get_nowait())
    return batch


def _color_depth() -> ColorDepth | None:
    """None lets prompt_toolkit choose; it honours NO_COLOR (https://no-color.org)."""
    if ColorDepth.from_env() is None and os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return ColorDepth.TRUE_COLOR
    return ColorDepth.from_env()


# --- in a pipe ---------------------------------------------------------------------------------


class _LineSender:
    """Sends the lines of standard input, in a thread of its own.

    The thread may wait in read() when the program ends, and nothing can interrupt that: so it is a
    daemon, and reads the descriptor itself. (A daemon that holds the lock of `sys.stdin` makes
    Python abort at exit.) All attributes are written by that thread alone.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._thread = threading.Thread(target=self._run, name="standard input", daemon=True)
        self._stopping = threading.Event()
        self._questions = 0  # lines sent that ask who is here
        self.sent = 0  # lines handed over
        self.refused = 0  # lines that could not be sent
        self.last_question = 0  # which answer to "who is here" proves that all was taken; 0: none
        self.has_ended = threading.Event()  # everything is handed over, the goodbye too

    def start(self) -> None:
        """Begin to read and send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more. Does not wait: the thread may be held up by its input."""
        self._stopping.set()

    def _run(self) -> None:
        for line in _input_lines():
            if isinstance(line, BadLine):
                self._refuse(line.reason)
            elif is_goodbye(line):
                break
            elif line.strip() and self._send(line):
                self._questions += _asks_who_is_here(line)
            if self._stopping.is_set():
                return
        # Its answer comes when the server has taken all that went before it.
        self.last_question = self._questions + 1
        self._send("/who")
        self._send("/quit")
        self.has_ended.set()

    def _send(self, line: str) -> bool:
        while not self._stopping.is_set():
            try:
                self._connection.send(line)
            except SendQueueFull:
                self._stopping.wait(_RETRY_SECONDS)
            except SendError as error:
                if not self._connection.is_open:
                    return False  # the main thread says why, once
                self._refuse(str(error))
                return False
            else:
                self.sent += 1
                return True
        return False

    def _refuse(self, reason: str) -> None:
        self.refused += 1
        _complain(reason)


def _input_lines() -> Iterator[str | BadLine]:
    if sys.stdin is None:
        return
    decoder = LineDecoder()
    while data := os.read(sys.stdin.fileno(), RECV_BYTES):
        yield from decoder.feed(data)
    if decoder.has_unfinished_line:
        yield from decoder.feed(b"\n")


def _asks_who_is_here(line: str) -> bool:
    words = line.lower().split(None, 1)
    return words[0] == "/who" or words == ["?list"]


def _complain(reason: str) -> None:
    print(f"! {reason}", file=sys.stderr, flush=True)


class PipeClient:
    """Sends standard input, prints what arrives, and leaves when all was taken."""

    def __init__(self, host: str, port: int, name: str = "") -> None:
        self._connection = Connection(host, port, name)
        self._sender = _LineSender(self._connection)
        self._is_in = False
        self._answers = 0  # to the question who is here
        self._refusals = 0  # by the server

    def run(self) -> int:
        """The whole conversation; the exit status."""
        self._connection.start()
        try:
            end = self._show_events()
        finally:
            self._sender.stop()
            self._connection.close(LEAVE_SECONDS)
        if not end.was_wished:
            _complain(end.reason)
        elif not self._is_all_taken and self._is_in:
            _complain("The server did not take everything in time.")
        is_done = end.was_wished and self._is_all_taken
        return 0 if is_done and not self._sender.refused and not self._refusals else 1

    @property
    def _is_all_taken(self) -> bool:
        return 0 < self._sender.last_question <= self._answers

    def _show_events(self) -> Disconnected:
        leave_by: float | None = None
        while True:
            if leave_by is None and self._sender.has_ended.is_set():
                # Twice as long as the server's bound on lines a second may need for them.
                seconds = _LAST_ANSWER_SECONDS + 2 * self._sender.sent / FLOOD_LINES_PER_SECOND
                leave_by = time.monotonic() + seconds
            if leave_by is not None and time.monotonic() > leave_by:
                self._connection.close(0)
            with contextlib.suppress(queue.Empty):
                event = self._connection.events.get(timeout=POLL_SECONDS)
                if isinstance(event, Disconnected):
                    return event
                self._show(event)

    def _show(self, event: Event) -> None:
        match event:
            case Welcomed() if not self._is_in:
                self._is_in = True
                self._sender.start()
            case NameRefused(reason):
                self._refuse(reason)
                self._connection.close(LEAVE_SECONDS)  # there is nobody to ask for another
            case Received(message.Error(text)):
                self._refuse(text)
            case Received(shown):
                is_own_question = self._answers + 1 == self._sender.last_question
                if isinstance(shown, message.Online):
                    self._answers += not shown.more
                    if is_own_question:
                        return
                print(message.format(shown), flush=True)

    def _refuse(self, reason: str) -> None:
        self._refusals += 1
        _complain(reason)


# --- the command line --------------------------------------------------------------------------


def _has_terminal() -> bool:
    """Whether there is a person in front of it, on a terminal that can do more than print."""
    both = (sys.stdin, sys.stdout)  # None where the shell closed one, as with `<&-`
    return all(each is not None and each.isatty() for each in both) and not is_dumb_terminal()


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m phase4.client_terminal", description="Chat in a terminal, or in a pipe."
    )
    add_connect_arguments(parser, HOST, CHAT_PORT)
    parser.add_argument(
        "--name", default="", help="your name; without it you are asked (in a pipe: a random one)"
    )
    options = parser.parse_args(arguments)
    if _has_terminal():
        return asyncio.run(TerminalClient(options.host, options.port, options.name).run())
    return _in_a_pipe(PipeClient(options.host, options.port, options.name))


def _in_a_pipe(client: PipeClient) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an encoding may lack a character
    try:
        return client.run()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output has gone (as `| head -1` does). Python would try once more at
        # exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
