r"""Phase 4, my server: a chat with names, commands, private messages, outboxes and logs.

What the phases before taught is here already (or take your own). The TODOs are what is new. The
lesson is phase4/README.md, and its part "The protocol" says what each line looks like.

The TODOs are numbered in the order of the checks, and each begins with the name of its check. Do
TODO 1, run the checks, and let them lead you on:

    CHECK_COMMAND
"""

import argparse
import contextlib
import itertools
import os
import queue
import re
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MAX_LINE_BYTES = 4096  # of a line, with its newline
RUNAWAY_BYTES = 65536  # so many without a newline are no line that grew too long
MAX_OUTBOX_CHARACTERS = 500_000  # so many may wait for one person

LETTER = r"[^\W\d_]"
NAME = re.compile(rf"{LETTER}[\w-]*")  # a letter first; then letters, digits, _ and -


def now() -> str:
    """The time, as it stands before a line."""
    return time.strftime("[%H:%M:%S]")


def open_listener(port: int) -> socket.socket:
    """A socket to which the clients of this machine can connect."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


class Person:
    """Somebody who is connected."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.sending = threading.Lock()  # or else the lines of two threads could get mixed
        self.name = ""  # until the server has given one
        self.outbox: queue.Queue[str | None] = queue.Queue()  # lines to be sent; None ends it
        self.waiting = 0  # characters in the outbox; under the lock of the chat

    def send(self, line: str) -> None:
        """Send one line, now, and wait for as long as that takes. Raises OSError."""
        with self.sending:
            self.connection.sendall(line.encode() + b"\n")

    def cut_off(self) -> None:
        """End the connection, and wake whoever waits in recv() or sendall(). Never raises."""
        with contextlib.suppress(OSError):  # it may be gone already
            self.connection.shutdown(socket.SHUT_RDWR)


class Chat:
    """Who is here, and what they say. Each person has a thread, in serve()."""

    def __init__(self, logs: Path) -> None:
        self.lock = threading.RLock()  # who holds it may take it again
        self.people: dict[str, Person] = {}  # who has a name, by key(name); under the lock
        self.guests = itertools.count(1)  # numbers for those who want any name
        self.logs = logs

    def accept_clients(self, listener: socket.socket) -> None:
        """A thread for each client, for ever."""
        while True:
            try:
                person = Person(listener.accept()[0])
            except ConnectionError:
                continue  # it hung up while it queued; some systems tell us so here
            threading.Thread(target=self.serve, args=(person,), daemon=True).start()

    def serve(self, person: Person) -> None:
        """One person's whole stay."""
        writer = threading.Thread(target=self.write, args=(person,), daemon=True)
        writer.start()
        try:
            self.talk_with(person)
        except OSError as error:
            print("Somebody was cut off:", error.strerror, flush=True)
        finally:
            self.leave(person)
            person.outbox.put(None)
            writer.join(1.0)  # seconds for what is in the outbox
            person.connection.close()

    def talk_with(self, person: Person) -> None:
        """Ask for a name, then do what each line says."""
        self.tell(person, "* Enter your nickname:")
        for line in lines(person):
            text = text_of(line)
            if text is None:
                self.tell(person, "! That line is too long, or not UTF-8.")
            elif not person.name:
                self.give_name(person, text if text.strip() else self.any_name())
            # <7>
            # TODO 7: to quit ends the conversation, with /quit
            #   /quit ends this conversation: return, and what stands in serve() is done. So do
            #   /exit and exit, where nothing else is on the line.
            elif text.strip() in ("/quit", "/exit", "exit"):
                return
            # </7>

            elif text.strip():  # an empty line is not said
                self.command(person, text)

    # --- names ---------------------------------------------------------------------------------

    def give_name(self, person: Person, wanted: str) -> None:
        """Let somebody in under this name, or say why not."""
        # <1>
        # TODO 1: a newcomer gives a name and is welcomed
        #   The line that has come is the name. claim() it. Where that fails, tell() the person
        #   "! " and why, and ask again. Else welcome them, under the name that they have now:
        #   f"{now()} * Welcome, {person.name}! {len(self.people)} online."
        #   And say() to the others that they joined: the protocol says how. Do both in one step
        #   with claim(), under the lock: the welcome is the first that they hear.
        with self.lock:
            if not self.claim(person, wanted):
                self.tell(person, "! That name is taken, or not allowed.")
                self.tell(person, "* Enter your nickname:")
            else:
                self.tell(person, f"{now()} * Welcome, {person.name}! {len(self.people)} online.")
                self.say(person, f"{now()} * {person.name} joined")
        # </1>

    def any_name(self) -> str:
        """A name that is free."""
        with self.lock:
            names = (f"Guest{number}" for number in self.guests)
            return next(name for name in names if key(name) not in self.people)

    def claim(self, person: Person, name: str) -> bool:
        """Give somebody a name; False where they cannot have it."""
        if not allowed(name):
            return False
        with self.lock:
            # <3>
            # TODO 3: a name has one holder
            #   Is it taken? Look here, where the lock is held: between looking and taking, nobody
            #   else may look.
            if key(name) in self.people:
                return False
            # </3>

            self.people[key(name)] = person
            person.name = name
            return True

    def rename(self, person: Person, name: str) -> None:
        """Take another name, give the old one back, and tell everybody."""
        # <11>
        # TODO 11: /nick changes the name and frees the old one
        #   Under the lock: claim() the new one, and only then delete the old one from self.people.
        #   The others hear f"{now()} * {old} is now {name}", and so does the person.
        with self.lock:
            old = person.name
            if not self.claim(person, name):
                self.tell(person, "! That name is taken, or not allowed.")
                return
            del self.people[key(old)]
            self.tell(person, f"{now()} * {old} is now {name}")
            self.say(person, f"{now()} * {old} is now {name}")
        # </11>

    def leave(self, person: Person) -> None:
        """Forget somebody, and tell the others."""
        # <6>
        # TODO 6: all others are told once who has left, by closing the connection
        #   Whoever never had a name was never here. Else, under the lock: delete them from
        #   self.people, and say() that they left.
        if person.name:
            with self.lock:
                del self.people[key(person.name)]
                self.say(person, f"{now()} * {person.name} left")
        # </6>

    # --- lines ---------------------------------------------------------------------------------

    def command(self, person: Person, text: str) -> None:
        """Do what a line asks for."""
        word, _, rest = text.partition(" ")
        if word.startswith(("//", "@@")):
            self.say_to_all(person, text[1:])
        elif word == "/nick":
            self.rename(person, rest)
        elif word == "/pm":
            name, _, text = rest.partition(" ")
            self.whisper(person, name, text)
        elif word.startswith("@"):
            self.whisper(person, word[1:].removesuffix(":"), rest)
        # <8>
        # TODO 8: the list has all who are online, asked for by /who
        #   /who is answered f"{now()} * {count} online: {names}", and so is ?list, where nothing
        #   else is on the line.
        elif word == "/who" or text.strip() == "?list":
            with self.lock:
                names = sorted(each.name for each in self.people.values())
            self.tell(person, f"{now()} * {len(names)} online: {', '.join(names)}")
        # </8>

        # <12>
        # TODO 12: /help names the commands
        #   /help is answered by a notice, f"{now()} * ", with /pm, /who, /nick and /quit in it.
        elif word == "/help":
            self.tell(person, f"{now()} * /pm NAME TEXT, @NAME TEXT, /who, /nick NAME, /quit")
        # </12>

        # <13>
        # TODO 13: /ping is answered in its turn
        #   /ping TEXT is answered f"{now()} * Pong {text}", and the text through clean().
        elif word == "/ping":
            self.tell(person, f"{now()} * Pong {clean(rest)}")
        # </13>

        # <10>
        # TODO 10: a mistyped private message is an error and never public, as '/pmm Bob secret'
        #   What begins with "/" or "@", and is not a command, is answered by an error.
        elif word.startswith("/"):
            self.tell(person, "! There is no such command. Nothing was sent.")
        # </10>

        else:
            self.say_to_all(person, text)

    def say_to_all(self, sender: Person, text: str) -> None:
        """Tell everybody what one says."""
        # <2>
        # TODO 2: what one says all others hear with the name
        #   say() f"{now()} {sender.name}: {text}", and with the text through clean(). Hold the
        #   lock meanwhile. Then nobody's line can overtake another's, and all see one order.
        with self.lock:
            said = f"{sender.name}: {clean(text)}"
            # <17b>
            self.log("messages.txt", said)
            # </17b>
            self.say(sender, f"{now()} {said}")
        # </2>

    def whisper(self, sender: Person, name: str, text: str) -> None:
        """Tell one person something."""
        # <9>
        # TODO 9: a private message reaches two people, as '/pm Bob hi there'
        #   Under the lock, look for the name in self.people. Where nobody has it, or there is no
        #   text, tell() the sender "! " and why. Else tell() both of them
        #   f"{now()} {sender.name} -> {recipient.name}: {text}", and the text through clean().
        with self.lock:
            recipient = self.people.get(key(name))
            if recipient is None or not text.strip():
                self.tell(sender, "! Nobody has that name, or there is no text.")
                return
            said = f"{sender.name} -> {recipient.name}: {clean(text)}"
            # <17c>
            self.log("private_messages.txt", said)
            # </17c>
            for each in (recipient, sender):
                self.tell(each, f"{now()} {said}")
        # </9>

    def log(self, name: str, entry: str) -> None:
        """Append an entry to a log. When this returns, it is in the file."""
        # <17>
        # TODO 17: what was delivered is in the log
        #   Public messages are in messages.txt, as "Alice: hello", and private messages in
        #   private_messages.txt, as "Alice -> Bob: hi", each with date and time before it. Append
        #   here, and call this in say_to_all() and whisper(), before anybody hears the line.
        with open(self.logs / name, "a", encoding="utf-8", opener=opener) as file:
            file.write(f"{time.strftime('%Y-%m-%dT%H:%M:%S')} {entry}\n")
        # </17>

    # --- sending -------------------------------------------------------------------------------

    def say(self, sender: Person, line: str) -> None:
        """Send a line to everybody who has a name, but not to its sender."""
        with self.lock:
            for each in self.people.values():
                if each is not sender:
                    self.tell(each, line)

    def tell(self, person: Person, line: str) -> None:
        """Send a line to one person. Never raises."""
        # <15>
        # TODO 15: one who stops reading holds up nobody
        #   This waits for somebody who does not read, and with it whoever speaks, who holds the
        #   lock. Put the line into person.outbox instead, and let write() send it.
        #: with contextlib.suppress(OSError):  # they are gone; their own thread will notice
        #:     person.send(line)
        # <16>
        # TODO 16: one who stops reading is disconnected
        #   Count in person.waiting, under the lock, how many characters are in the outbox. Where
        #   it would be more than MAX_OUTBOX_CHARACTERS, person.cut_off(), and put nothing there.
        with self.lock:
            if person.waiting + len(line) > MAX_OUTBOX_CHARACTERS:
                person.cut_off()
                return
            person.waiting += len(line)
        # </16>
        person.outbox.put(line)
        # </15>

    def write(self, person: Person) -> None:
        """Send what is put into somebody's outbox, until None: a thread of its own."""
        # <15b>
        # TODO 15b: ... and here: get() a line from the outbox, and send() it. When that raises
        #   OSError, they are gone.
        with contextlib.suppress(OSError):
            while (line := person.outbox.get()) is not None:
                person.send(line)
                # <16b>
                # TODO 16b: ... and here it is in the outbox no more.
                with self.lock:
                    person.waiting -= len(line)
                # </16b>
        # </15b>


def key(name: str) -> str:
    """What two names have in common that people would take for one."""
    # <4>
    # TODO 4: names that differ in case are one name
    #   str.casefold() is made for that.
    #: return name
    return name.casefold()
    # </4>


def allowed(name: str) -> bool:
    """Whether this can be a name."""
    # <5>
    # TODO 5: a name that could deceive is refused, because it has a blank or a sign
    #   NAME.fullmatch(name) knows which letters a name may have. Let it be 20 of them at most.
    #: return True
    return len(name) <= 20 and NAME.fullmatch(name) is not None
    # </5>


def clean(text: str) -> str:
    """`text` as other people's screens, and the logs, can bear it."""
    # <14>
    # TODO 14: control characters reach nobody
    #   Put "\ufffd" for each character that is not printable: str.isprintable() knows.
    #: return text
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
    # </14>


def opener(path: str, flags: int) -> int:
    """Open a log for open()."""
    # <18>
    # TODO 18: only its owner can read the private log
    #   A file that this makes has the mode 0o644: all can read it. 0o600 is for its owner alone.
    #: return os.open(path, flags, 0o644)
    return os.open(path, flags, 0o600)
    # </18>


def lines(person: Person) -> Iterator[bytes]:
    """The lines of one person, without their newlines. Raises OSError when they vanish."""
    unfinished = b""
    while data := person.connection.recv(4096):
        *whole, unfinished = (unfinished + data).split(b"\n")
        yield from whole
        if len(unfinished) >= RUNAWAY_BYTES:
            person.send("! 64 KiB without a newline. Goodbye.")
            return


def text_of(line: bytes) -> str | None:
    """What a line says; None where it is too long, or not UTF-8."""
    try:
        return line.decode().removesuffix("\r") if len(line) < MAX_LINE_BYTES else None
    except UnicodeDecodeError:
        return None


def main() -> None:
    """Serve until somebody ends this program."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=12345)
    parser.add_argument("--log-dir", type=Path, default=Path("logs"))
    options = parser.parse_args()
    options.log_dir.mkdir(parents=True, exist_ok=True)
    with open_listener(options.port) as listener:
        Chat(options.log_dir).accept_clients(listener)


if __name__ == "__main__":
    main()
