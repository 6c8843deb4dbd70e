"""Threads of a check. One that does not end fails it, and does not hold up those that follow."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import ParamSpec, TypeVar

from tests.kit.harness import SECONDS

P = ParamSpec("P")
R = TypeVar("R")


class Threads:
    """Each call has a thread of its own, from when it is made."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def submit(self, call: Callable[P, R], *args: P.args, **options: P.kwargs) -> Future[R]:
        """Begin a call. Its Future has what it gives, or raises."""
        future: Future[R] = Future()

        def run() -> None:
            try:
                future.set_result(call(*args, **options))
            except BaseException as error:  # noqa: BLE001 - it is the caller's
                future.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()
        return future

    def join(self) -> None:
        """Wait for all of them. The check has told them to end."""
        for thread in self._threads:
            thread.join(SECONDS)
            assert not thread.is_alive(), "a thread of the check did not end"
