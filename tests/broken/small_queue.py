"""More than 16 KiB may not wait: whoever pauses for a moment is cut off.

Phase: 4
Fails: test_one_who_reads_on_has_lost_nothing
Fails: test_one_who_stops_reading_holds_up_nobody
Fails: test_one_who_stops_reading_is_disconnected
May fail: test_many_short_lines_at_once_reach_everybody
"""

from tests.broken.chat import Chat


class SmallQueue(Chat):
    queue_bytes = 16 * 1024


if __name__ == "__main__":
    SmallQueue.main()
