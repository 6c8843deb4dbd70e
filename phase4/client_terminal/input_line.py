"""The line being typed: it stays whole, whatever is printed above it. Main thread only.

prompt_toolkit owns the row: it takes it off the screen, lets us print above, and draws it again. It
also brings the history (Up, Ctrl-R) and the bar at the bottom. The history lives in memory only:
what was said in private must not lie about in a file that nobody thinks of.
"""

import asyncio
import contextlib
import itertools
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.application import in_terminal
from prompt_toolkit.application.current import set_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, is_searching
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.layout.processors import (
    ConditionalProcessor,
    Processor,
    Transformation,
    TransformationInput,
)
from prompt_toolkit.shortcuts import CompleteStyle

from phase4.client.completion import common_start, split_last_word
from phase4.client_terminal.colours import colours_and_depth
from phase4.client_terminal.look import Fragments, style
from phase4.client_terminal.printing import Printer
from phase4.client_terminal.title import Title
from shared.secret import has_secret

SHOWN_AT_ONCE = 200
SHOWN_CHARACTERS_AT_ONCE = 16_000
"""Lines printed between two looks at the keyboard, or fewer long ones: the line being typed is
drawn once for each so many, not for each message, so a flood slows nobody's typing."""

MAX_OFFERS = 40
"""What Tab offers at a time: a screenful. Type one more letter to see others."""

UNDO_CHARACTERS = 2_000_000
"""Of all states of the line that Ctrl-_ brings back; prompt_toolkit keeps one for each key, which
for a line of 40,000 characters would be 800 MB. Some 500 for the longest line that can be sent."""

REFRESH_SECONDS = 1.0
"""How often the bar is compared with what it should say (lag, the seconds to the next try)."""

Line = Fragments
"""One row to print, or several where it holds newlines; without the last one."""


class InputLine:
    """The prompt, and everything that appears on the terminal above it."""

    def __init__(
        self,
        *,
        prompt: Callable[[int], Fragments],
        bar: Callable[[int], Fragments],
        offers: Callable[[str], Iterable[str]],
        accept: Callable[[str], str],
        as_remembered: Callable[[str], str] = str,
        is_hidden: Callable[[], bool] = lambda: False,
        cancel: Callable[[], bool] = lambda: False,
        title: Callable[[], str] = str,
        has_title: bool = False,
    ) -> None:
        """`prompt` and `bar` are asked with the width of the terminal; `offers` with what stands
        before the cursor. `accept` is called with what was typed at Enter; what it returns stands
        in the line then: nothing, or what has to be mended. What is taken away without being sent
        comes back with Up `as_remembered`, but nothing that holds a password. While the line
        `is_hidden` nothing of it is drawn; `cancel` is asked at Ctrl-C whether that was an answer.
        `title` is asked whenever the bar is drawn, and shown where the terminal `has_title`.
        """
        self._title_now = title
        self._as_remembered = as_remembered
        self._is_hidden, self._cancel = is_hidden, cancel
        self._bar = bar
        self._accept = accept
        self._offers = offers
        # What a y does, where the next key is an answer.
        self._if_yes: Callable[[str], str] | None = None
        # Whether it was an answer before the key that is being pressed.
        self._was_asking = False
        self._is_leaving = False
        self._has_terminal = True
        self._fault: BaseException | None = None
        self._shown_bar: Fragments = []
        self._is_over = asyncio.Event()
        self._completer = _Completer(offers)
        self._session = self._new_session(prompt)
        self._app = self._session.app
        # Enter hands the line on and does not end the prompt: keys typed between the end of one
        # prompt and the start of the next would be echoed by the terminal itself.
        self._session.default_buffer.accept_handler = self._entered
        self._app.key_processor.before_key_press += lambda _: self._note_asking()
        self._app.key_processor.after_key_press += lambda _: self._stop_asking()
        _forget_old_states(self._session.default_buffer)
        self._title = Title(self._session.output, is_wanted=has_title)
        self._printer = Printer(self._app, self._is_over)

    def _new_session(self, prompt: Callable[[int], Fragments]) -> PromptSession[str]:
        colours, depth = colours_and_depth()
        return PromptSession(
            lambda: prompt(self._session.output.get_size().columns),
            completer=self._completer,
            key_bindings=self._keys(),
            complete_while_typing=False,
            input_processors=[ConditionalProcessor(_Hidden(), Condition(self._is_hidden))],
            complete_style=CompleteStyle.MULTI_COLUMN,
            reserve_space_for_menu=4,
            bottom_toolbar=self._drawn_bar,
            style=style(colours),
            color_depth=depth,
            erase_when_done=True,
        )

    @property
    def text(self) -> str:
        """What is being typed, or was being typed at the end."""
        return self._session.default_buffer.text

    @property
    def is_over(self) -> bool:
        """Whether the person has left, or `leave` was called."""
        return self._is_leaving

    @property
    def is_asking(self) -> bool:
        """Whether the next key is an answer."""
        return self._if_yes is not None

    def ask(self, if_yes: Callable[[str], str]) -> None:
        """Take the next key for an answer: y calls `if_yes` with the line, as Enter calls `accept`.

        After any other key the line is as it was.
        """
        self._if_yes = if_yes

    def on_key(self, call: Callable[[], None]) -> None:
        """Have this called at each key. (A terminal's own answers are none.)"""
        self._app.key_processor.before_key_press += lambda _: call()

    def on_change(self, call: Callable[[], None]) -> None:
        """Have this called whenever what is being typed has changed."""
        self._session.default_buffer.on_text_changed += lambda _: call()

    def replace(self, text: str) -> str:
        """Have this in the line; what stood there."""
        before = self.text
        if text != before:
            self._if_yes = None  # the question was about another
            self._put(text)
        return before

    def remember(self, text: str) -> None:
        """Have this come back with Up, if no password stands in it."""
        history = self._session.default_buffer.history
        if any(map(has_secret, text.splitlines())):
            return
        if text and [text] != history.get_strings()[-1:]:
            history.append_string(text)

    async def run(self) -> None:
        """Let the person type, until they leave (Ctrl-D or Ctrl-C on an empty line) or `leave`."""
        self._take_suspension()
        asyncio.get_running_loop().set_exception_handler(self._end_for)
        refreshing = asyncio.create_task(self._keep_bar_true())
        try:
            await self._session.prompt_async(
                pre_run=self._leave_if_over, set_exception_handler=False
            )
        except (EOFError, KeyboardInterrupt):
            pass
        except OSError:  # the terminal was closed: there is nothing left to draw on
            self._has_terminal = False
        finally:
            self._title.bring_back()
        self._is_leaving = True
        self._is_over.set()
        await refreshing
        if self._fault is not None:
            raise self._fault

    def _end_for(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Something failed while nobody waited for it: that is the end, and `run` raises it.

        prompt_toolkit's own handler prints it and waits for Enter. On a terminal that is gone both
        fail, which is a fault to be handled, and so on for ever.
        """
        error = context.get("exception")
        if error is None:
            loop.default_exception_handler(context)
            return
        if isinstance(error, OSError):
            self._has_terminal = False
        else:
            self._fault = self._fault or error
        self.leave()

    def leave(self) -> None:
        """End `run`. Again does no harm."""
        self._is_leaving = True
        if self._app.is_running and self._app.future is not None and not self._app.future.done():
            self._app.exit(result="")

    def _leave_if_over(self) -> None:
        """The end may come before the prompt has begun: a closed port is noticed at once."""
        if self._is_leaving:
            self.leave()

    # --- the bar ---

    def _drawn_bar(self) -> Fragments:
        self._title.show(self._title_now())
        self._shown_bar = self._bar(self._session.output.get_size().columns)
        return self._shown_bar

    async def _keep_bar_true(self) -> None:
        """Draw the bar again where time alone has made it untrue."""
        while not self._is_over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._is_over.wait(), REFRESH_SECONDS)
            if self._bar(self._session.output.get_size().columns) != self._shown_bar:
                self._app.invalidate()

    # --- above the line ---

    async def show(self, lines: Sequence[Line], *, bell: bool = False) -> None:
        """Print lines above the one being typed, or to the terminal as it is once `run` is over.

        It draws the bar again, too, so a call without lines is of use. A person who leaves
        meanwhile is spared the rest.
        """
        was_over = self.is_over
        for piece in _pieces(lines):
            if not self._has_terminal or (self.is_over and not was_over):
                return
            try:
                await self._printer.print([part for line in piece for part in (*line, ("", "\n"))])
            except OSError:  # as in `run`
                self._has_terminal = False
                self.leave()
            await asyncio.sleep(0)  # what was typed meanwhile gets its turn
        if bell and self._app.is_running:
            self._app.output.bell()
        self._app.invalidate()

    # --- keys ---

    def _keys(self) -> KeyBindings:
        keys = KeyBindings()
        keys.add("tab", filter=~is_searching)(self._complete)
        keys.add("c-c", filter=~is_searching)(self._interrupt)
        keys.add("c-z")(lambda _: self._suspend())
        keys.add(Keys.BracketedPaste, filter=~is_searching)(self._paste)
        asking = Condition(lambda: self.is_asking)
        for key in ("y", "Y"):
            keys.add(key, filter=asking, eager=True)(self._answer_yes)
        for key in ("enter", "c-c", Keys.Any):  # what they would do else, a no does not
            keys.add(key, filter=asking)(lambda _: None)
        return keys

    def _note_asking(self) -> None:
        self._was_asking = self.is_asking

    def _stop_asking(self) -> None:
        """A key was pressed after the question. (A terminal's own answers do not come here.)"""
        if self._was_asking:
            self._if_yes = None

    def _answer_yes(self, event: KeyPressEvent) -> None:
        if_yes, self._if_yes = self._if_yes, None
        others = event.key_processor.input_queue  # a word that a terminal types begins with it
        if if_yes is not None and all(each.key is Keys.CPRResponse for each in others):
            self._put(if_yes(event.current_buffer.text))

    def _complete(self, event: KeyPressEvent) -> None:
        """Insert what Tab stands for, at once where there is no choice.

        prompt_toolkit's own Tab looks in the background, and gives up when the next key comes
        first: the Tab of a person who types fast would be ignored.
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
            common = common_start(list(self._offers(buffer.document.text_before_cursor)))
            if word and len(common) > len(word):
                buffer.delete_before_cursor(len(word))
                buffer.insert_text(common)
            buffer.start_completion()

    def _interrupt(self, event: KeyPressEvent) -> None:
        """Ctrl-C takes what is typed away, and Up brings it back; on an empty line it leaves.

        So it is a no, too, where the bar asks about the line.
        """
        buffer = event.current_buffer
        if self._cancel():
            self._put("")
        elif buffer.text:
            self.remember(self._as_remembered(buffer.text))
            self._put("")
            buffer.on_text_changed.fire()
        else:
            self.leave()

    def _paste(self, event: KeyPressEvent) -> None:
        """Insert what is pasted. The newline after a single line is not a reason to ask."""
        lines = event.data.expandtabs(4).splitlines()
        event.current_buffer.insert_text("\n".join(lines))

    def _suspend(self) -> None:
        """Ctrl-Z or SIGTSTP: stop with the terminal as the shell left it; draw anew after `fg`."""
        if self._app.is_running and hasattr(signal, "SIGTSTP"):
            self._app.create_background_task(self._stop())

    async def _stop(self) -> None:
        with set_app(self._app):  # a signal's handler has no application of its own
            async with in_terminal():
                asyncio.get_running_loop().remove_signal_handler(signal.SIGTSTP)
                self._title.bring_back()
                os.kill(0, signal.SIGTSTP)  # it takes effect here: the next line runs after `fg`
                self._take_suspension()

    def _take_suspension(self) -> None:
        with contextlib.suppress(NotImplementedError, AttributeError):  # Windows
            asyncio.get_running_loop().add_signal_handler(signal.SIGTSTP, self._suspend)

    def _entered(self, buffer: Buffer) -> bool:
        """Enter was pressed. True, because what stands in the line then is decided here."""
        was_hidden = self._is_hidden()
        self._put(self._accept(buffer.text))
        if was_hidden:  # what Ctrl-U and Ctrl-W took away comes back with Ctrl-Y
            self._app.clipboard.set_text("")
        return True

    def _put(self, text: str) -> None:
        buffer = self._session.default_buffer
        buffer.reset(Document(text))
        buffer.load_history_if_not_yet_loaded()  # now: Up may be the next key


def _forget_old_states(buffer: Buffer) -> None:
    """Bound the states of the line that can be brought back."""
    save = buffer.save_to_undo_stack

    def save_some(clear_redo_stack: bool = True) -> None:
        save(clear_redo_stack)
        del buffer._undo_stack[: -max(1, UNDO_CHARACTERS // (len(buffer.text) + 1))]

    buffer.save_to_undo_stack = save_some  # type: ignore[method-assign]


def _pieces(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """The lines in pieces, each short enough to be printed while somebody types."""
    piece: list[Line] = []
    size = 0
    for line in lines:
        piece.append(line)
        size += sum(len(part[1]) for part in line)
        if len(piece) >= SHOWN_AT_ONCE or size >= SHOWN_CHARACTERS_AT_ONCE:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


class _Hidden(Processor):
    """Draws nothing of the line, and the cursor at its beginning: not even its length is seen."""

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        return Transformation([], source_to_display=lambda _: 0, display_to_source=lambda _: 0)


class _Completer(Completer):
    def __init__(self, offers: Callable[[str], Iterable[str]]) -> None:
        self._offers = offers

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        before = document.text_before_cursor
        _, word = split_last_word(before)
        for text in itertools.islice(self._offers(before), MAX_OFFERS):
            yield Completion(text, start_position=-len(word), display=text.strip())
