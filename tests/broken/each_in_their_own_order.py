"""Two who speak at once walk through the list at once: each hearer sees another order.

Phase: 4
Fails: test_all_see_the_same_order
"""

import time

from tests.broken.chat import Chat, Person, now


class EachInTheirOwnOrder(Chat):
    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody, one after the other, and let others do the same meanwhile."""
        with self.lock:
            self.log("messages.txt", f"{sender.name}: {self.for_logs(text)}")
            others = [each for each in self.people.values() if each is not sender]
        for each in others:
            self.tell(each, f"{now()} {sender.name}: {self.for_screens(text)}")
            time.sleep(0)  # another thread may go on here; it may anywhere, only more rarely


if __name__ == "__main__":
    EachInTheirOwnOrder.main()
