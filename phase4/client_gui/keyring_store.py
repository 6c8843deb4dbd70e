"""Passwords in the system's keyring, where the library `keyring` (the extra) and one are there.

No toolkit here. A keyring may ask the person to unlock it, or not answer at all. So it is asked in
a thread of its own, and its answers are taken when the window looks. Nothing is ever written to a
file of ours.
"""

import importlib
import importlib.util
import queue
import threading
from collections.abc import Callable
from typing import Any

Answer = Callable[[], object]

SERVICE = "chat at {place}"
"""Under which a password is found again, with the name that it is for."""


NO_KEYRING = "There is no keyring here that could remember the password."


def is_installed() -> bool:
    """Whether the library is there. It is loaded only where a password is asked for."""
    return importlib.util.find_spec("keyring") is not None


class KeyringStore:
    """Asks the keyring. The main thread calls everything but `_run`."""

    def __init__(self) -> None:
        self.is_available = is_installed()
        """Whether there is one, for all that is known: the first answer tells."""
        self.gone: Callable[[], object] = lambda: None
        """Called when it turns out that there is none."""
        self._questions: queue.SimpleQueue[Callable[[Any], Answer] | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def probe(self) -> None:
        """Find out whether there is one, before somebody wants to use it."""
        self._ask(lambda _: lambda: None)

    def find(self, place: str, name: str, found: Callable[[str], object]) -> None:
        """Have `found` called with the password of this name there; with none: empty."""
        service = SERVICE.format(place=place)

        def ask(keyring: Any) -> Answer:
            password = "" if keyring is None else keyring.get_password(service, name) or ""
            return lambda: found(password)

        self._ask(ask)

    def keep(self, place: str, name: str, password: str, failed: Callable[[str], object]) -> None:
        """Put it there; an empty password: take out what is there. `failed` is told why not."""
        service = SERVICE.format(place=place)

        def ask(keyring: Any) -> Answer:
            if keyring is None:
                return lambda: failed(NO_KEYRING)
            try:
                if password:
                    keyring.set_password(service, name, password)
                elif keyring.get_password(service, name) is not None:
                    keyring.delete_password(service, name)
            except Exception as error:  # noqa: BLE001 - a backend raises what it likes
                why = f"The keyring did not do it: {error or type(error).__name__}"
                return lambda: failed(why)
            return lambda: None

        self._ask(ask)

    def tend(self) -> None:
        """Take the answers that have come. To be called often."""
        while not self._answers.empty():
            self._answers.get()()

    def close(self) -> None:
        """Ask no more. A thread that waits for a keyring ends with the program."""
        if self._thread is not None:
            self._questions.put(None)

    def _ask(self, question: Callable[[Any], Answer]) -> None:
        if not self.is_available:
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="keyring", daemon=True)
            self._thread.start()
        self._questions.put(question)

    def _run(self) -> None:
        keyring = _usable_keyring()
        if keyring is None:
            self._answers.put(self._give_up)
        while (question := self._questions.get()) is not None:
            try:
                self._answers.put(question(keyring))
            except Exception:  # noqa: BLE001 - a thread's outermost frame: nothing was found
                continue

    def _give_up(self) -> None:
        self.is_available = False
        self.gone()


def _usable_keyring() -> Any:
    """The library, if it has a keyring to talk to; else None."""
    try:
        keyring: Any = importlib.import_module("keyring")
        return keyring if keyring.get_keyring().priority > 0 else None
    except Exception:  # noqa: BLE001 - a backend raises what it likes
        return None
