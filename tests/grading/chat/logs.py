"""The logs: what is in them, when, in which form, and who may read it."""

import re
import stat
import sys
from pathlib import Path

import pytest

from tests.grading.chat.people import LOGS, TIME, hears, join
from tests.grading.people import MISMATCH, SILENCE, Verdict
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import teaches

PUBLIC, SECRET = "messages.txt", "private_messages.txt"
WHEN = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\S* "
SEPARATORS = ("\r", "\x0b", "\x85", "\u2028")


def entries(logs: Path, name: str) -> list[str]:
    """The lines of a log; none where there is none yet."""
    file = logs / name
    return file.read_text(encoding="utf-8").split("\n") if file.exists() else []


def logged(logs: Path, name: str, text: str) -> list[str]:
    """The entries of a log that hold `text`; at least one must be there."""
    found = [line for line in entries(logs, name) if text in line]
    if not found:
        raise Verdict(SILENCE, f"{name} should have an entry with '{text}', and has none")
    return found


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
    )
    def test_what_was_delivered_is_in_the_log(self, graded: Graded, logs: Path) -> None:
        """At the moment at which somebody has heard it, twenty times."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        for number in range(20):
            public = f"{alice.name}: for the record, {number}"
            private = f"{alice.name} -> {bob.name}: for your eyes, {number}"
            alice.send(f"for the record, {number}")
            hears(bob, public)
            logged(logs, PUBLIC, public)
            alice.send(f"@{bob.name} for your eyes, {number}")
            hears(bob, private)
            logged(logs, SECRET, private)
        for name, said in ((PUBLIC, f"{alice.name}: for the"), (SECRET, f"{bob.name}: for your")):
            if (count := len(logged(logs, name, said))) != 20:
                raise Verdict(MISMATCH, f"{name} should have 20 entries by now, and has {count}")

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
        text = f"né 日本 🙂, says {alice.name}"
        alice.send(text, f"@{bob.name} {text}")
        hears(bob, f"{alice.name}: {text}")
        hears(bob, f"{alice.name} -> {bob.name}: {text}")
        for name, said in (
            (PUBLIC, f"{alice.name}: {text}"),
            (SECRET, f"{alice.name} -> {bob.name}: {text}"),
        ):
            [entry] = logged(logs, name, said)[:1]
            if not re.fullmatch(WHEN + re.escape(said), entry):
                wanted = f"'2026-11-21T14:03:05 {said}'"
                raise Verdict(MISMATCH, f"{name} has '{entry}', and should have {wanted}")

    @teaches(
        LOGS,
        "A private message is in the public log, which everybody may read, or a public one in the"
        " log of the private ones.",
        "How many logs do you write?",
        "messages.txt is for what everybody has heard.",
        "private_messages.txt for the others, readable by its owner only (mode 0600).",
    )
    def test_nothing_private_is_in_the_public_log(self, graded: Graded, logs: Path) -> None:
        """Nor the other way round."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        private, public = f"between {alice.name} and you", f"{alice.name} in the open"
        alice.send(f"@{bob.name} {private}", public)
        hears(bob, f"{alice.name} -> {bob.name}: {private}")
        hears(bob, f"{alice.name}: {public}")
        logged(logs, PUBLIC, public)
        logged(logs, SECRET, private)
        for name, text in ((PUBLIC, private), (SECRET, public)):
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
        if mode & 0o077:
            raise Verdict(MISMATCH, f"{SECRET} has mode {mode:04o}, and should have 0600")

    @teaches(
        LOGS,
        "An entry of the log was forged: a character in a message began a new line in the file.",
        "Which characters end a line? For your editor, for grep, for Python's splitlines()?",
        "\\r, \\x85, U+2028 and U+2029 do, in some programs.",
        "Clean a text before it is written, as you do before it is sent.",
    )
    @pytest.mark.parametrize("name", [PUBLIC, SECRET], ids=["public", "private"])
    def test_no_message_can_forge_an_entry_of_the_log(
        self, graded: Graded, logs: Path, name: str
    ) -> None:
        """In either log: no control character is in it."""
        alice, bob = join(graded, "Alice"), join(graded, "Bob")
        to, before = ("", alice.name)
        if name == SECRET:
            to, before = f"/pm {bob.name} ", f"{alice.name} -> {bob.name}"
        for separator in (*SEPARATORS, "\x1b[2J"):
            alice.send(f"{to}innocent{separator}2026-01-01T00:00:00 Bob: I confess")
            bob.gets_like(rf"{TIME} {before}: innocent.*", "what Alice said, cleaned")
        logged(logs, name, "I confess")
        text = (logs / name).read_bytes().decode()
        for control in (*SEPARATORS, "\x1b"):
            if control in text:
                raise Verdict(MISMATCH, f"{name} holds the control character {control!a}")
