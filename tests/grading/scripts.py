"""Small servers that go wrong, and what a learner reads about them."""

import contextlib
import shlex
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.grading.journal import Journal
from tests.grading.people import Verdict
from tests.grading.subject import Graded, Subject
from tests.grading.teaching import Lesson, explanation
from tests.kit.harness import ROOT

PYTHON = shlex.quote(sys.executable)

ECHO = """
import os, signal, socket, sys, threading, time

def heard(connection, line):
    {heard}

def left(connection, lines):
    {left}

def serve(connection):
    lines, count = connection.makefile("rwb", buffering=0), 0
    with connection, lines:
        for line in lines:
            count += 1
            heard(connection, line)
        left(connection, count)

def main():
    with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as listener:
        while True:
            connection, _ = listener.accept()
            {serve}

main()
"""
"""An echo server, with gaps for mistakes."""

THREAD = "threading.Thread(target=serve, args=(connection,)).start()"


def echo(
    heard: str = "connection.sendall(line)", left: str = "pass", serve: str = "serve(connection)"
) -> str:
    """A server that does this with a line, this when a client has left, this with each client."""
    parts = {"{heard}": heard, "{left}": left, "{serve}": serve}
    text = ECHO
    for gap, part in parts.items():
        indent = " " * (text.split(gap)[0].rpartition("\n")[2].count(" "))
        text = text.replace(gap, part.replace("\n", "\n" + indent))
    return text


LESSON = Lesson("phase1/README.md", {"": "the usual mistake"}, ())

Check = Callable[[Graded], None]


def says_hello(graded: Graded) -> None:
    """The check that most of them fail."""
    alice = graded.connect("Alice")
    alice.send("hello")
    alice.gets("hello")


@contextlib.contextmanager
def subject(script: Path, source: str, *, patience: float = 5.0) -> Iterator[Subject]:
    """How to start a server of this text."""
    script.write_text(source, encoding="utf-8")
    yield Subject(f"{PYTHON} {shlex.quote(str(script))} {{port}}", ROOT, patience)


def verdict_of(
    directory: Path, source: str, *checks: Check, patience: float = 5.0
) -> tuple[Verdict, str]:
    """Ask a server these checks, until one fails: its verdict, and what a learner reads then."""
    with subject(directory / "server.py", source, patience=patience) as how:
        running = how.start(directory)
    running.visit()  # as the plugin does
    with contextlib.ExitStack() as stack:
        stack.callback(running.end)
        for check in checks or (says_hello,):
            journal = Journal()
            graded = stack.enter_context(
                contextlib.closing(Graded(running, journal, lambda line: False))
            )
            try:
                check(graded)
                graded.finish()
            except Verdict as verdict:
                graded.examine(verdict)
                return verdict, explanation("NOT YET", LESSON, journal, verdict, "again", 0)
            running.checks_served += 1
            running.console.catch_up()
            running.explained = running.console.position()
    raise AssertionError("all checks passed")
