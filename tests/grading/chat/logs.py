"""The logs: what is in them, when, in which form, and who may read it."""

import re
import stat
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from shared.readable import readable
from tests.grading.chat.commands import rename
from tests.grading.chat.people import LOGS, TIME, hears, is_told, join
from tests.grading.chat.trust import CONTROLS, EACH_KIND
from tests.grading.people import MISMATCH, SILENCE, Verdict
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches
from tests.grading.zone import time_there

PUBLIC, SECRET = "messages.txt", "private_messages.txt"
MESSAGES = 100  # one that is written after it was sent is seen to be missing now and then
WHEN = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* "
TOLERANCE = timedelta(seconds=3)  # a clock may be read once a second, and a disk be slow
ZONES = timedelta(minutes=15)  # all differ by so much, or a multiple


def entries(logs: Path, name: str) -> list[str]:
    """The lines of a log; none where there is none yet."""
    file = logs / name
    return file.read_text(encoding="utf-8").split("\n") if file.exists() else []


def logged(logs: Path, name: str, text: str) -> str:
    """The entry of a log that ends with `text`; one must be there, and one alone."""
    found = [line for line in entries(logs, name) if line.endswith(text)]
    if not found:
        other = PUBLIC if name == SECRET else SECRET
        if any(line.endswith(text) for line in entries(logs, other)):
            raise Verdict(MISMATCH, f"'{text}' should be in {name}, and is in {other}")
        raise Verdict(SILENCE, f"{name} should have an entry '… {text}', and has none")
    if len(found) > 1:
        raise Verdict(MISMATCH, f"{name} has {len(found)} entries '… {text}', and should have one")
    return found[0]


def must_be_an_entry(name: str, entry: str, said: str) -> None:
    """Raises Verdict unless it is date and time, and what was said."""
    if not re.fullmatch(WHEN + re.escape(said), entry):
        shown, wanted = readable(entry.encode()), readable(f"2026-11-21T14:03:05 {said}".encode())
        raise Verdict(MISMATCH, f"{name} has '{shown}', and should have '{wanted}'")


def must_be_of_now(name: str, entry: str, first: datetime, last: datetime) -> None:
    """Raises Verdict where its time is not between these, in whichever zone."""
    first, last = first.replace(tzinfo=None), last.replace(tzinfo=None)
    try:
        after = datetime.fromisoformat(entry[:19]) - first
    except ValueError as error:
        raise Verdict(MISMATCH, f"{name} has '{entry}', which has no date and time") from error
    is_near = abs(after) < timedelta(days=1, hours=3)
    if not is_near or (after + TOLERANCE) % ZONES > last - first + 2 * TOLERANCE:
        raise Verdict(MISMATCH, f"{name} has '{entry}', written when it was {last:%H:%M:%S} there")


class Logs:
    """What is said is kept. Without {logs} in the command, nothing is asked of it."""

    @pytest.fixture
    def logs(self, subject: Subject, graded: Graded) -> Path:
        """Where the logs of the server are."""
        if "{logs}" not in subject.command:
            pytest.skip("the command has no {logs}")
        return graded.running.logs

    @teaches(
        LOGS,
        "A message that somebody has seen is not in its log: it waits in a buffer, or comes later.",
        "When is the line written, before it is sent or after?",
        "A file has a buffer, too.",
        "Write to the log and flush() it, and only then send.",
        mismatch="Each message is in one log, once: public ones in messages.txt, private ones in"
        " private_messages.txt. Does the log begin anew at some time, or was one written twice?",
    )
    def test_what_was_delivered_is_in_the_log(self, graded: Graded, logs: Path) -> None:
        """At the moment at which somebody has heard it, each of many."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for name, sent, said in (
            (PUBLIC, "for the record, {}", f"{alice.name}: for the record, {{}}"),
            (SECRET, f"@{bob.name} for you, {{}}", f"{alice.name} -> {bob.name}: for you, {{}}"),
        ):
            for number in range(MESSAGES):
                alice.send(sent.format(number))
                hears(bob, said.format(number))
                logged(logs, name, said.format(number))
            found = sum(said.format("") in line for line in entries(logs, name))
            if found != MESSAGES:
                raise Verdict(
                    MISMATCH, f"{name} should have {MESSAGES} entries by now, and has {found}"
                )

    @teaches(
        LOGS,
        "An entry of the log is one line: date and time, and then what others have read.",
        "What does somebody want to know who reads the log a week later?",
        "2026-11-21T14:03:05 Alice: hello",
        "In Python: time.strftime('%Y-%m-%dT%H:%M:%S'), and the file opened with encoding='utf-8'.",
    )
    def test_an_entry_has_date_and_time_and_what_was_said(self, graded: Graded, logs: Path) -> None:
        """In both logs, in any language."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for sent, text in (
            ("né 日本 🙂", "né 日本 🙂"),
            ("//etc", "/etc"),
            ("x" * 4000, "x" * 4000),
        ):
            alice.send(sent, f"@{bob.name} {text}")
            for name, said in (
                (PUBLIC, f"{alice.name}: {text}"),
                (SECRET, f"{alice.name} -> {bob.name}: {text}"),
            ):
                hears(bob, said)
                must_be_an_entry(name, logged(logs, name, said), said)

    @teaches(
        LOGS,
        "An entry of the log has another name in it than the line that was read.",
        "Which name is written, the one that somebody came with, or the one that they have?",
        "Whoever reads the log knows people by the names that they had at that moment.",
        "Put the line together once, and send and write the same.",
        silence="The message is not in the log under the names that others have read.",
    )
    def test_an_entry_has_the_names_that_others_read(self, graded: Graded, logs: Path) -> None:
        """After /nick, and where the recipient was named in capitals."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        rename(graded, alice, bob, graded.name("Eve"))
        rename(graded, bob, alice, graded.name("Mallory"))
        alice.send("new names", f"@{bob.name.upper()} new names")
        for name, said in (
            (PUBLIC, f"{alice.name}: new names"),
            (SECRET, f"{alice.name} -> {bob.name}: new names"),
        ):
            hears(bob, said)
            logged(logs, name, said)

    @teaches(
        LOGS,
        "The time of an entry is not that of the message.",
        "When does your server look at its clock? Is the time that of the server's start?",
        "Which zone it is in is free, but it is the time of the message, with its date.",
        "In Python: time.strftime('%Y-%m-%dT%H:%M:%S'), for each entry.",
    )
    @pytest.mark.patient
    def test_an_entry_has_the_time_of_its_message(self, graded: Graded, logs: Path) -> None:
        """In both logs; and it goes on."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        pause = threading.Event()  # never set: a pause between two messages
        seen: set[str] = set()
        written: set[str] = set()
        while len(seen) < 3:  # two seconds, at most
            said, asked_at = f"{alice.name} -> {bob.name}: {len(seen)}", time_there()
            alice.send(f"@{bob.name} {len(seen)}")
            seen.add(bob.gets_like(rf"\[(.*?)\] {said}", f"'[time] {said}'")[1])
            # the same text may have been logged in the second before
            [*_, entry] = [line for line in entries(logs, SECRET) if line.endswith(said)]
            must_be_of_now(SECRET, entry, asked_at, time_there())
            written.add(entry[:19])
            pause.wait(0.2)
        if len(written) < 2:
            raise Verdict(MISMATCH, f"{SECRET} has the same time always: {min(written)}")

    @teaches(
        LOGS,
        "What somebody says while nobody else is there is not kept.",
        "Where is the line written: where it is said, or where it is sent to each hearer?",
        "Once for each message, whether many hear it or nobody.",
        "Write it before the loop over those who hear it.",
        silence="It is not in the log: is it only written where it is sent to somebody?",
    )
    def test_what_nobody_hears_is_in_the_log(self, graded: Graded, logs: Path) -> None:
        """At the answer to a ping."""
        alice = join(graded, "Alice")
        alice.send("nobody hears this", "/ping")
        is_told(alice, "Pong", " ?")
        logged(logs, PUBLIC, f"{alice.name}: nobody hears this")

    @teaches(
        LOGS,
        "A private message, or a mistyped one, is in the public log, which everybody may read, or a"
        " public one in the log of the private ones.",
        "How many logs do you write?",
        "messages.txt is for what everybody has heard.",
        "private_messages.txt for the others, readable by its owner only (mode 0600).",
    )
    def test_nothing_private_is_in_the_public_log(self, graded: Graded, logs: Path) -> None:
        """Nor the other way round; and what was mistyped is not in the public log either."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        private, public = f"between {alice.name} and you", f"{alice.name} in the open"
        wrong = f"{alice.name} has mistyped this"
        alice.send(f"@{bob.name} {private}", f"/pmm {bob.name} {wrong}", f"@Nobody {wrong}", public)
        hears(bob, f"{alice.name} -> {bob.name}: {private}")
        hears(bob, f"{alice.name}: {public}")
        logged(logs, PUBLIC, public)
        logged(logs, SECRET, private)
        for name, text in ((PUBLIC, private), (PUBLIC, wrong), (SECRET, public)):
            if any(text in line for line in entries(logs, name)):
                raise Verdict(MISMATCH, f"{name} should not hold '{text}'")

    @teaches(
        LOGS,
        "The log of private messages can be read by everybody on that machine.",
        "Which mode has a file that your server makes? What does `ls -l` say?",
        "It should have it from the beginning: between making and closing it there is a gap.",
        "open() it with O_CREAT and mode 0600. In Python: os.open(path, flags, 0o600), or the"
        " opener of open().",
    )
    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
    def test_only_its_owner_can_read_the_private_log(self, graded: Graded, logs: Path) -> None:
        """Mode 0600, whatever the umask allows."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        alice.send(f"@{bob.name} between us")
        hears(bob, f"{alice.name} -> {bob.name}: between us")
        logged(logs, SECRET, f"{alice.name} -> {bob.name}: between us")
        mode = stat.S_IMODE((logs / SECRET).stat().st_mode)
        if mode != 0o600:
            raise Verdict(MISMATCH, f"{SECRET} has mode {mode:04o}, and should have 0600")

    @teaches(
        LOGS,
        "An entry of the log was forged: a character in a message began a new line in the file.",
        "Which characters end a line? For your editor, for grep, for Python's splitlines()?",
        "\\r, \\x85, U+2028 and U+2029 do, in some programs.",
        "Clean a text before it is written, as you do before it is sent.",
    )
    @pytest.mark.parametrize(
        "name", [PUBLIC, SECRET], ids=["in the public log", "in the private log"]
    )
    def test_no_message_can_forge_an_entry(self, graded: Graded, logs: Path, name: str) -> None:
        """In either log: no control character is in it."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        to, before = ("", alice.name)
        if name == SECRET:
            to, before = f"/pm {bob.name} ", f"{alice.name} -> {bob.name}"
        for number, separator in enumerate(EACH_KIND):
            alice.send(f"{to}innocent{separator}2026-01-01T00:00:00 Bob: I confess {number}")
            bob.gets_like(rf"{TIME} {before}: innocent.*", "what Alice said, cleaned")
            logged(logs, name, f"Bob: I confess {number}")
        text = (logs / name).read_bytes().decode()
        if found := CONTROLS & set(text.replace("\r\n", "\n")):
            raise Verdict(MISMATCH, f"{name} holds the control character {min(found)!a}")
