"""Why a room is not published: an experiment with a real Redis.

    python -m phase4.hub.pubsub redis://127.0.0.1:6379

Two readers hear the same lines. One has subscribed to a channel (PUBLISH, SUBSCRIBE), the other
reads a stream (XADD, XREAD). Both are away for a while: their connection ends, and they come back,
as a server does whose cable somebody has pulled. Redis is as quick with either. The difference is
who remembers: a channel has no past, so what is published is for those who listen at that moment.

What it writes there is removed again.
"""

import argparse
import secrets
import sys
from collections.abc import Callable, Iterable

from shared.libraries import missing

try:
    import redis
except ImportError as error:
    raise missing(error, "hub") from error

LINES = 300
AWAY = range(100, 200)
"""While these are said, the readers are away."""

WAIT_SECONDS = 5.0  # for what takes a millisecond

Numbers = list[int]


def main(arguments: list[str] | None = None) -> int:
    """Say the lines, and show what each of the two has read. Gives the exit status."""
    parser = argparse.ArgumentParser(
        prog="phase4.hub.pubsub", description="What a reader misses that is away for a while."
    )
    parser.add_argument("url", metavar="URL", help="a Redis: redis://127.0.0.1:6379")
    url = parser.parse_args(arguments).url
    place = f"pubsub-{secrets.token_hex(8)}"  # nobody else's
    print(f"{LINES} lines are said. The readers are away from {AWAY.start} to {AWAY.stop - 1}.")
    try:
        with redis.Redis.from_url(url, socket_timeout=WAIT_SECONDS) as speaker:
            _show("a channel", _by_channel(speaker, url, place))
            _show("a stream", _by_stream(speaker, url, place))
    except (redis.RedisError, ValueError) as error:
        print(f"phase4.hub.pubsub: Redis does not do that: {error}", file=sys.stderr)
        return 2
    return 0


def _by_channel(speaker: "redis.Redis", url: str, channel: str) -> Numbers:
    """What somebody reads who listens before the pause, and again after it."""

    def say(numbers: Iterable[int]) -> None:
        for number in numbers:
            speaker.publish(channel, number)

    def listen(numbers: range) -> Numbers:
        with redis.Redis.from_url(url, socket_timeout=WAIT_SECONDS) as client:
            reader = client.pubsub(ignore_subscribe_messages=True)
            reader.subscribe(channel)
            reader.get_message(timeout=WAIT_SECONDS)  # that we listen from now on
            say(numbers)
            messages = (reader.get_message(timeout=WAIT_SECONDS) for _ in numbers)
            return [int(each["data"]) for each in messages if each]

    return _before_and_after(listen, say)


def _by_stream(speaker: "redis.Redis", url: str, stream: str) -> Numbers:
    """What somebody reads who knows how far they have read."""
    position = "0-0"

    def say(numbers: Iterable[int]) -> None:
        for number in numbers:
            speaker.xadd(stream, {"n": number})

    def read(numbers: range) -> Numbers:
        nonlocal position
        say(numbers)
        with redis.Redis.from_url(url, socket_timeout=WAIT_SECONDS) as reader:
            ((_, entries),) = reader.xread({stream: position})
        position = entries[-1][0].decode()
        return [int(fields[b"n"]) for _, fields in entries]

    try:
        return _before_and_after(read, say)
    finally:
        speaker.delete(stream)


def _before_and_after(
    read: Callable[[range], Numbers], say: Callable[[Iterable[int]], None]
) -> Numbers:
    """Read while the first are said, be away, and read while the last are said."""
    before = read(range(1, AWAY.start))
    say(AWAY)
    return before + read(range(AWAY.stop, LINES + 1))


def _show(way: str, read: Numbers) -> None:
    lost = sorted({*range(1, LINES + 1)} - {*read})
    which = f": {lost[0]} to {lost[-1]}" if lost else ""
    print(f"By {way}: {len(read)} were read, {len(lost)} are lost{which}.")


if __name__ == "__main__":
    sys.exit(main())
