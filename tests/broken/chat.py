"""A chat with names for phase 4, small and right. The broken ones derive from it.

A thread reads for each person and another one writes, from a queue with a bound: easy to read, and
five times slower than one writer for all (phase4/server/README.md says why). The second argument is
the directory for the logs.

Phase: 4
"""

import contextlib
import queue
import re
import socket
import sys
import threading
import time
from pathlib import Path

from tests.broken.echo import Echo, clean

NAME = re.compile(r"[^\W\d_][\w-]{0,19}")


class Person:
    """Somebody who is connected."""

    def __init__(self, connection: socket.socket, queue_lines: int) -> None:
        self.connection = connection
        self.name = ""
        self.lines: queue.Queue[str | None] = queue.Queue(queue_lines)


class Chat(Echo):
    """Names, private messages, queues and logs."""

    queue_lines = 500  # of 4 KB at most: 2 MB

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}  # by the name in lower case; under lock
        self.logs = Path(sys.argv[2])
        self.logs.mkdir(exist_ok=True)

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        person = Person(connection, self.queue_lines)
        writer = threading.Thread(target=self.write, args=(person,), daemon=True)
        writer.start()
        try:
            self.talk_with(person)
        except OSError:
            pass
        finally:
            self.leave(person)
            with contextlib.suppress(queue.Full):
                person.lines.put_nowait(None)
            writer.join(1.0)
            connection.close()

    def talk_with(self, person: Person) -> None:
        """Ask for a name, then do what each line says."""
        self.tell(person, "* Enter your nickname:")
        for line in self.lines(person.connection):
            text = self.text(person.connection, line)
            if text is None:
                continue
            if not person.name:
                self.give_name(person, text)
            elif text.strip().lower() in ("/quit", "/exit", "exit"):
                return
            elif text.strip():  # an empty line says nothing
                self.command(person, text)

    # --- names ---------------------------------------------------------------------------------

    def give_name(self, person: Person, wanted: str) -> None:
        """Let them in under this name, or say why not."""
        if not self.is_name(wanted):
            self.tell(person, "! That is no name.", "* Enter your nickname:")
        elif not self.claim(person, wanted):
            self.tell(person, "! That name is taken.", "* Enter your nickname:")
        else:
            self.tell(person, f"{now()} * Welcome, {wanted}! {len(self.people)} online.")
            self.say(person, f"{now()} * {wanted} joined")

    def is_name(self, wanted: str) -> bool:
        """Whether somebody may have this name."""
        return NAME.fullmatch(wanted) is not None

    def key(self, name: str) -> str:
        """What makes two names the same."""
        return name.casefold()

    def claim(self, person: Person, name: str) -> bool:
        """Take a name; False if it is taken."""
        with self.lock:
            if self.key(name) in self.people:
                return False
            self.people[self.key(name)] = person
            person.name = name
            return True

    def leave(self, person: Person) -> None:
        """Forget somebody, and tell the others."""
        with self.lock:
            known = self.people.pop(self.key(person.name), None) if person.name else None
            if known:
                self.say(person, f"{now()} * {person.name} left")

    # --- lines ---------------------------------------------------------------------------------

    def command(self, person: Person, text: str) -> None:
        """Do what a line asks for."""
        word, _, rest = text.partition(" ")
        if word == "/who":
            with self.lock:
                names = sorted(each.name for each in self.people.values())
            self.tell(person, f"{now()} * {len(names)} online: {', '.join(names)}")
        elif word == "/nick":
            self.rename(person, rest)
        elif word == "/pm":
            self.whisper(person, *rest.partition(" ")[::2])
        elif word.startswith("@"):
            self.whisper(person, word[1:].removesuffix(":"), rest)
        elif word.startswith("/"):
            self.unknown(person, text)
        else:
            self.say_public(person, text)

    def unknown(self, person: Person, text: str) -> None:
        """It may be a private message, mistyped."""
        self.tell(person, "! There is no such command.")

    def rename(self, person: Person, name: str) -> None:
        """Take another name, and give the old one back."""
        old = person.name
        with self.lock:
            if self.is_name(name) and self.claim(person, name):
                del self.people[self.key(old)]
                self.say(person, f"{now()} * {old} is now {name}")
                return
        self.tell(person, "! That name cannot be had.")

    def whisper(self, sender: Person, name: str, text: str) -> None:
        """Tell one person something."""
        with self.lock:
            recipient = self.people.get(self.key(name))
            if recipient is None or not text:
                self.tell(sender, "! Nobody has that name, or there is no text.")
                return
            head = f"{sender.name} -> {recipient.name}: "
            self.log("private_messages.txt", head + self.for_logs(text))
            for each in self.hearers(sender, recipient):
                self.tell(each, f"{now()} {head}{self.for_screens(text)}")

    def hearers(self, sender: Person, recipient: Person) -> list[Person]:
        """The people who get what one says to another."""
        return [recipient, sender]

    def say_public(self, sender: Person, text: str) -> None:
        """Tell everybody, and the log before them."""
        with self.lock:  # one order for all, which is the log's
            self.log("messages.txt", f"{sender.name}: {self.for_logs(text)}")
            self.say(sender, f"{now()} {sender.name}: {self.for_screens(text)}")

    def for_screens(self, text: str) -> str:
        """What one says, as all others may see it."""
        return clean(text)

    def for_logs(self, text: str) -> str:
        """The same, as it may stand in a log."""
        return clean(text)

    def say(self, sender: Person, line: str) -> None:
        """Put a line into everybody's queue but the sender's."""
        with self.lock:
            for each in list(self.people.values()):
                if each is not sender:
                    self.tell(each, line)

    def log(self, name: str, entry: str) -> None:
        """Append to a log, so that it is there when this returns."""
        with (self.logs / name).open("a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {entry}\n")

    # --- queues --------------------------------------------------------------------------------

    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue. Who is too far behind is disconnected."""
        try:
            for line in lines:
                person.lines.put_nowait(line)
        except queue.Full:
            with contextlib.suppress(OSError):
                person.connection.shutdown(socket.SHUT_RDWR)

    def write(self, person: Person) -> None:
        """Send what is in somebody's queue: a thread of its own."""
        with contextlib.suppress(OSError):
            while (line := person.lines.get()) is not None:
                self.send(person.connection, line)
            person.connection.shutdown(socket.SHUT_WR)


def now() -> str:
    """The time before a line."""
    return time.strftime("[%H:%M:%S]")


if __name__ == "__main__":
    Chat.main()
