"""What waits for one who does not read grows until the memory is full.

Phase: 4
Fails: test_one_who_stops_reading_is_disconnected
"""

from tests.broken.chat import Chat


class QueueWithoutABound(Chat):
    queue_bytes = 10**12


if __name__ == "__main__":
    QueueWithoutABound.main()
