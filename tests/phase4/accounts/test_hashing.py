"""The thread that computes hashes: one at a time, with a queue that has an end."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from phase4.accounts.hashing import Busy, HashingThread, Stopped
from tests.kit.harness import wait_until


@pytest.fixture
def hashing() -> Iterator[HashingThread]:
    thread = HashingThread(queue=2)
    yield thread
    thread.stop()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(32) as pool:
        yield pool


def _waiting(hashing: HashingThread) -> int:
    return len(hashing._jobs)


@pytest.fixture
def block(hashing: HashingThread, pool: ThreadPoolExecutor) -> Iterator[Callable[[], None]]:
    """The thread is busy until this is called, or the check is over."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go_on.wait(30)

    pool.submit(hashing.do, work)
    assert begun.wait(30)
    yield go_on.set
    go_on.set()


def test_work_is_done_one_at_a_time(hashing: HashingThread, pool: ThreadPoolExecutor) -> None:
    at_once, most = 0, 0
    lock = threading.Lock()

    def work() -> int:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        os.sched_yield() if hasattr(os, "sched_yield") else None
        with lock:
            at_once -= 1
        return 7

    results = [pool.submit(hashing.do, work, 30.0) for _ in range(32)]
    assert [each.result(30) for each in results] == [7] * 32
    assert most == 1


def test_what_the_work_raises_is_raised_to_whoever_asked(hashing: HashingThread) -> None:
    with pytest.raises(ZeroDivisionError):
        hashing.do(lambda: 1 // 0)
    assert hashing.do(lambda: 7) == 7


def test_where_the_queue_is_full_one_is_told(
    hashing: HashingThread, pool: ThreadPoolExecutor, block: Callable[[], None]
) -> None:
    waiting = [pool.submit(hashing.do, lambda: 7) for _ in range(2)]
    wait_until(lambda: _waiting(hashing) == 2, "two wait")
    with pytest.raises(Busy):
        hashing.do(lambda: 7, seconds=0)
    block()
    assert [each.result(30) for each in waiting] == [7, 7]


def test_one_waits_for_a_place_in_the_queue(
    hashing: HashingThread, pool: ThreadPoolExecutor, block: Callable[[], None]
) -> None:
    waiting = [pool.submit(hashing.do, lambda: 7, 30.0) for _ in range(5)]
    wait_until(lambda: _waiting(hashing) == 2, "two wait")
    block()
    assert [each.result(30) for each in waiting] == [7] * 5


def test_a_stop_gives_up_what_waits(
    hashing: HashingThread, pool: ThreadPoolExecutor, block: Callable[[], None]
) -> None:
    waiting = [pool.submit(hashing.do, lambda: 7, 30.0) for _ in range(5)]
    wait_until(lambda: _waiting(hashing) == 2, "two wait")
    hashing.stop(seconds=0)
    for each in waiting:
        with pytest.raises(Stopped):
            each.result(30)
    with pytest.raises(Stopped):
        hashing.do(lambda: 7)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process has one niceness for all")
def test_the_system_prefers_all_other_threads(hashing: HashingThread) -> None:
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    assert hashing.do(niceness) > niceness()


def test_without_work_there_is_no_thread() -> None:
    before = threading.active_count()
    HashingThread().stop()
    assert threading.active_count() == before
