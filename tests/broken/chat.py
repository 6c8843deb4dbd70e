"""A chat with names for phase 4, small and right. The broken ones derive from it.

A thread reads for each person and another one writes, from a queue with a bound: easy to read, and
five times slower than one writer for all (phase4/server/README.md says why). The second argument is
the directory for the logs.

Phase: 4
"""

import contextlib
import itertools
import os
import queue
import re
import socket
import sys
import threading
import time
from pathlib import Path

from tests.broken.echo import Echo, clean

QUESTION = "* Enter your nickname:"
NAME = re.compile(r"[^\W\d_][\w-]{0,19}")


class Person:
    """Somebody who is connected."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.name = ""
        self.lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.waiting = 0  # bytes in the queue, or about; under the lock


class Chat(Echo):
    """Names, private messages, queues and logs."""

    queue_bytes = 1_000_000

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.people: dict[str, Person] = {}  # by the name in lower case; under lock
        self.logs = Path(sys.argv[2])
        self.logs.mkdir(exist_ok=True)
        self.guests = itertools.count(1)

    def serve(self, connection: socket.socket) -> None:
        """One connection, to its end."""
        person = Person(connection)
        writer = threading.Thread(target=self.write, args=(person,), daemon=True)
        writer.start()
        try:
            self.talk_with(person)
        except OSError:
            pass
        finally:
            self.leave(person)
            person.lines.put(None)
            writer.join(1.0)
            connection.close()

    def talk_with(self, person: Person) -> None:
        """Ask for a name, then do what each line says."""
        self.tell(person, QUESTION)
        for line in self.lines(person.connection):
            text = self.text(person.connection, line)
            if text is None:
                if not person.name:
                    self.tell(person, QUESTION)
            elif not person.name:
                self.give_name(person, text)
            elif self.is_goodbye(text):
                return
            elif text.strip():  # an empty line says nothing
                self.command(person, text)

    def is_goodbye(self, text: str) -> bool:
        """Whether a line ends the conversation."""
        return text.strip().lower() in ("/quit", "/exit", "exit")

    # --- names ---------------------------------------------------------------------------------

    def give_name(self, person: Person, wanted: str) -> None:
        """Let them in under this name, or say why not."""
        name = wanted if wanted.strip() else self.any_name()
        if not self.is_name(name):
            self.tell(person, "! That is not a valid name.", QUESTION)
        elif not self.claim(person, name):
            self.tell(person, "! That name is taken.", QUESTION)

    def any_name(self) -> str:
        """A name that is free."""
        with self.lock:
            names = (f"Guest{number}" for number in self.guests)
            return next(name for name in names if self.key(name) not in self.people)

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
            self.let_in(person, name)
            return True

    def let_in(self, person: Person, name: str) -> None:
        """Put them on the list, welcome them, and tell the others."""
        with self.lock:
            self.people[self.key(name)] = person
            person.name = name
            self.tell(person, f"{now()} * Welcome, {name}! {len(self.people)} online.")
            self.say(person, f"{now()} * {name} joined")

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
        if text.startswith(("//", "@@")):
            self.say_public(person, text[1:])
        elif word == "/who" or text == "?list":
            with self.lock:
                names = sorted(each.name for each in self.people.values())
            self.tell(person, f"{now()} * {len(names)} online: {', '.join(names)}")
        elif word == "/nick":
            self.rename(person, rest)
        elif word == "/pm":
            self.whisper(person, *rest.partition(" ")[::2])
        elif word.startswith("@"):
            self.whisper(person, word[1:].removesuffix(":"), rest)
        elif word == "/help":
            self.tell(person, f"{now()} * /who, /nick NAME, /pm NAME TEXT, /quit, /ping TEXT")
        elif word == "/ping":
            self.tell(person, f"{now()} * Pong {self.for_answers(rest)}")
        elif word.startswith("/"):
            self.unknown(person, text)
        else:
            self.say_public(person, text)

    def unknown(self, person: Person, text: str) -> None:
        """It may be a private message, mistyped."""
        self.tell(person, f"! There is no command {self.for_answers(text)}")

    def rename(self, person: Person, name: str) -> None:
        """Take another name, and give the old one back."""
        with self.lock:
            if not self.is_name(name) or self.key(name) in self.people:
                self.tell(person, "! That name cannot be had.")
                return
            old, person.name = person.name, name
            self.people[self.key(name)] = self.people.pop(self.key(old))
            self.say(person, f"{now()} * {old} is now {name}")

    def whisper(self, sender: Person, name: str, text: str) -> None:
        """Tell one person something."""
        with self.lock:
            recipient = self.people.get(self.key(name))
            if recipient is None or not text.strip():
                self.tell(sender, f"! Nobody is called {self.for_answers(name)}, or no text.")
                return
            head = f"{sender.name} -> {recipient.name}: "
            self.log("private_messages.txt", head + self.for_logs(text))
            for each in self.hearers(sender, recipient):
                self.tell(each, f"{now()} {head}{self.for_two(text)}")

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

    def for_two(self, text: str) -> str:
        """The same, where only two see it."""
        return clean(text)

    def for_answers(self, text: str) -> str:
        """The same, where only the one who typed it sees it."""
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
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        with open(os.open(self.logs / name, flags, 0o600), "a", encoding="utf-8") as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {entry}\n")

    # --- queues --------------------------------------------------------------------------------

    def tell(self, person: Person, *lines: str) -> None:
        """Put lines into somebody's queue. Who is too far behind is disconnected."""
        with self.lock:
            for line in lines:
                person.waiting += len(line)
                if person.waiting > self.queue_bytes:
                    with contextlib.suppress(OSError):
                        person.connection.shutdown(socket.SHUT_RDWR)
                    return
                person.lines.put(line)

    def write(self, person: Person) -> None:
        """Send what is in somebody's queue: a thread of its own."""
        with contextlib.suppress(OSError):
            while (line := person.lines.get()) is not None:
                self.send(person.connection, line)
                with self.lock:
                    person.waiting -= len(line)
            person.connection.shutdown(socket.SHUT_WR)


def now() -> str:
    """The time before a line."""
    return time.strftime("[%H:%M:%S]")


if __name__ == "__main__":
    Chat.main()
