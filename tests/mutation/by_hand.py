"""Mutants of kinds that no operator makes: mistakes that servers were seen to make.

Some are mistakes at the socket, and the same in all phases: there the program gets a socket that
makes them. The others are a text of the program, which stands there once, and another in its place.
"""

import ast
import textwrap
from dataclasses import dataclass

from tests.mutation.operators import Mutant

KIND = "by hand"

# Put before a program: its sockets are of this class, and so are those that accept() gives it.
WRONG_SOCKET = """\
import os, re, socket, struct, sys, time
class Wrong(socket.socket):
    rest = b""
    lines = 0
{methods}
socket.socket = Wrong
"""

# How a mistake at the socket is written: what was received, or what is to be sent, is `data`.
RECEIVE = "def recv(self, size):\n    data = super().recv(size)\n    {}\n    return data"
SEND = "def sendall(self, data):\n    {}\n    super().sendall(data)"
ACCEPT = (
    "def accept(self):\n    connection, address = super().accept()\n    {}\n"
    "    return connection, address"
)

SOCKETS: dict[str, str] = {
    # --- what comes in
    "silence is taken for the end": ACCEPT.format("connection.settimeout(2)"),
    "a piece is taken for a line": RECEIVE.format(
        "data += b'' if not data or data.endswith(b'\\n') else b'\\n'"
    ),
    "the last line needs no newline": RECEIVE.format(
        "self.rest, data = data[-1:], data or (b'\\n' if self.rest not in b'\\n' else b'')"
    ),
    "only the first line of a piece counts": RECEIVE.format(
        "data = b''.join(data.partition(b'\\n')[:2])"
    ),
    "what does not fit is lost": RECEIVE.format("data = data[:1000]"),
    "a NUL ends a line": RECEIVE.format("data = re.sub(rb'\\0[^\\n]*', b'', data)"),
    "a NUL is dropped, and what stands before it": RECEIVE.format(
        "data = re.sub(rb'[^\\n]*\\0', b'', data)"
    ),
    "blanks are made fewer": RECEIVE.format("data = re.sub(rb'  +', b' ', data)"),
    "blanks before a text are cut": RECEIVE.format("data = re.sub(rb'(?m)^ +', b'', data)"),
    "every carriage return is dropped": RECEIVE.format("data = data.replace(b'\\r', b'')"),
    "a carriage return ends a line": RECEIVE.format(
        "data = data.replace(b'\\r\\n', b'\\n').replace(b'\\r', b'\\n')"
    ),
    "a form feed ends a line": RECEIVE.format("data = data.replace(b'\\f', b'\\n')"),
    "U+2028 ends a line": RECEIVE.format("data = data.replace('\\u2028'.encode(), b'\\n')"),
    "U+0085 ends a line": RECEIVE.format("data = data.replace(b'\\xc2\\x85', b'\\n')"),
    "each piece is decoded": RECEIVE.format("data = data.decode(errors='replace').encode()"),
    "what is not UTF-8 is left out": RECEIVE.format("data = data.decode(errors='ignore').encode()"),
    "a surrogate is taken for a question mark": RECEIVE.format(
        "data = data.replace(b'\\xed\\xa0\\x80', b'?')"
    ),
    "characters have seven bits": RECEIVE.format("data = bytes(each & 127 for each in data)"),
    "capitals are lost": RECEIVE.format("data = data.lower()"),
    "a client has said enough after a hundred lines": RECEIVE.format(
        "self.lines += data.count(b'\\n'); data = data if self.lines <= 100 else b''"
    ),
    "the end of one is the end of all": RECEIVE.format("data or os._exit(0)"),
    "a reset is the end of all": (
        "def recv(self, size):\n    try:\n        return super().recv(size)\n"
        "    except ConnectionResetError:\n        os._exit(1)"
    ),
    # --- what goes out
    "lines end as telnet's do": SEND.format("data = data.replace(b'\\n', b'\\r\\n')"),
    "what nobody reads at once is lost": (
        "def sendall(self, data):\n    self.setblocking(False)\n    try:\n        self.send(data)\n"
        "    except BlockingIOError:\n        pass\n    self.setblocking(True)"
    ),
    "only letters of ASCII go out": SEND.format("data = data.decode().encode('ascii', 'replace')"),
    "a byte order mark goes first": SEND.format(
        "data = (b'' if self.lines else b'\\xef\\xbb\\xbf') + data; self.lines += 1"
    ),
    "what goes out waits in a buffer": SEND.format(
        "self.rest += data; data = self.rest if len(self.rest) > 8192 else b''\n"
        "    self.rest = b'' if data else self.rest"
    ),
    "who is gone is the end of all": (
        "def sendall(self, data):\n    try:\n        super().sendall(data)\n"
        "    except (BrokenPipeError, ConnectionResetError):\n        os._exit(141)"
    ),
    # --- the connection and the listener
    "the end is a reset": ACCEPT.format(
        "connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))"
    ),
    "nothing is ever closed": "def close(self):\n    kept.append(self)",
    "what is closed stays open here": (
        "def close(self):\n    try:\n        self.shutdown(socket.SHUT_RDWR)\n"
        "    except OSError:\n        pass\n    kept.append(self)"
    ),
    "twenty clients are enough": ACCEPT.format(
        "Wrong.lines += 1\n    if Wrong.lines > 20: time.sleep(1000)"
    ),
    "two servers share a port": (
        "def bind(self, address):\n"
        "    self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)\n    super().bind(address)"
    ),
    "a second server waits for the port": (
        "def bind(self, address):\n    while True:\n        try:\n"
        "            return super().bind(address)\n"
        "        except OSError:\n            time.sleep(0.1)"
    ),
    "a second server ends as if all were well": (
        "def bind(self, address):\n    try:\n        super().bind(address)\n"
        "    except OSError:\n        sys.exit(0)"
    ),
    "the port is not free for a minute": (
        "def setsockopt(self, level, option, value):\n"
        "    if option != socket.SO_REUSEADDR: super().setsockopt(level, option, value)"
    ),
}


@dataclass(frozen=True)
class Patch:
    """A mistake in one phase."""

    phase: int
    name: str
    old: str
    new: str


def _chat(name: str, old: str, new: str) -> Patch:
    return Patch(4, name, old, new)


ASKED = '        self.tell(person, "* Enter your nickname:")\n        for line in lines(person):'
REFUSED = '                self.tell(person, "* Enter your nickname:")\n            else:'
LEFT = "            self.leave(person)\n"
CLEANED = 'each if each.isprintable() else "\\ufffd" for each in text'
NO_COMMAND = '"! There is no such command. Nothing was sent."'
NOW = 'return time.strftime("[%H:%M:%S]")'
STARTED = 'globals().setdefault("started", time.localtime())'

PATCHES: list[Patch] = [
    Patch(3, "a dead hearer ends the speaker's line", "continue  # its own", "return  # its own"),
    Patch(
        3,
        "the newest hears nothing",
        "each for each in self.clients if",
        "each for each in self.clients[:-1] if",
    ),
    # --- coming in
    _chat(
        "those without a name hear everything",
        ASKED,
        f'        self.people[f"?{{id(person)}}"] = person\n{ASKED}',
    ),
    _chat(
        "a ghost is said to have left",
        LEFT,
        f'{LEFT}            self.say(person, f"{{now()}} * {{person.name}} left")\n',
    ),
    _chat(
        "deaf after a name that was refused",
        REFUSED,
        REFUSED.replace(
            "\n", "\n                any(map(bool, []))\n                list(lines(person))\n", 1
        ),
    ),
    # --- names
    _chat("only letters of ASCII are letters", 'LETTER = r"[^\\W\\d_]"', 'LETTER = r"[A-Za-z]"'),
    _chat("a digit may be the first letter", 'LETTER = r"[^\\W\\d_]"', 'LETTER = r"[^\\W_]"'),
    _chat("_ may be the first letter", 'LETTER = r"[^\\W\\d_]"', 'LETTER = r"[^\\W\\d]"'),
    _chat(
        "a name has no digits",
        r'NAME = re.compile(rf"{LETTER}[\w-]*")',
        r'NAME = re.compile(rf"{LETTER}({LETTER}|[_-])*")',
    ),
    _chat("a name has no -", r'rf"{LETTER}[\w-]*"', r'rf"{LETTER}\w*"'),
    _chat("a name has no _", r'rf"{LETTER}[\w-]*"', r'rf"{LETTER}({LETTER}|[0-9-])*"'),
    _chat("the rest of a name is not looked at", "NAME.fullmatch(name) is", "NAME.match(name) is"),
    _chat("a name's bytes are counted", "len(name) <= 20", "len(name.encode()) <= 20"),
    _chat(
        "capitals of ASCII only are the same",
        "name.casefold()",
        "name.translate({65 + n: 97 + n for n in range(26)})",
    ),
    _chat(
        "the first letter decides",
        "return name.casefold()",
        "return name[:1].casefold() + name[1:]",
    ),
    # --- what is said
    _chat("the time is that of Greenwich", NOW, NOW.replace(")", ", time.gmtime())")),
    _chat("the time is that of the start", NOW, NOW.replace(")", f", {STARTED})")),
    _chat(
        "the recipient is called what the sender typed",
        "{recipient.name}: {clean",
        "{name}: {clean",
    ),
    _chat(
        "a private message goes to all",
        "for each in (recipient, sender):",
        "for each in [*self.people.values()]:",
    ),
    _chat(
        "a private message goes to the recipient alone",
        "for each in (recipient, sender):",
        "for each in (recipient,):",
    ),
    _chat(
        "a private text is one word",
        'name, _, text = rest.partition(" ")',
        'name, text = [*rest.split(), "", ""][:2]',
    ),
    _chat(
        "exit in front of a text leaves",
        'text.strip() in ("/quit", "/exit", "exit")',
        'text.strip().startswith(("/quit", "/exit", "exit"))',
    ),
    _chat("?list in front of a text lists", 'text.strip() == "?list"', 'text.startswith("?list")'),
    _chat("an error repeats what was sent", NO_COMMAND, 'f"! There is no command {word}."'),
    # --- control characters
    _chat("C1 controls pass", CLEANED, 'each if each >= " " else "\\ufffd" for each in text'),
    _chat(
        "only C0 and C1 are controls",
        CLEANED,
        'each if not (each < " " or "\\x7f" <= each < "\\xa0") else "\\ufffd" for each in text',
    ),
    _chat(
        "the direction of a text may be turned",
        CLEANED,
        CLEANED.replace("()", '() or "\\u202a" <= each <= "\\u202e"', 1),
    ),
    _chat(
        "a part of a text may be turned",
        CLEANED,
        CLEANED.replace("()", '() or "\\u2066" <= each <= "\\u2069"', 1),
    ),
    _chat(
        "U+2028 passes",
        CLEANED,
        'each if each.isprintable() or each == "\\u2028" else "\\ufffd" for each in text',
    ),
    _chat(
        "DEL passes",
        CLEANED,
        'each if each.isprintable() or each == "\\x7f" else "\\ufffd" for each in text',
    ),
    _chat(
        "only ASCII is said",
        CLEANED,
        'each if each.isprintable() and each.isascii() else "\\ufffd" for each in text',
    ),
    # --- logs and bounds
    _chat("everybody may read the private log", "flags, 0o600", "flags, 0o644"),
    _chat(
        "an entry has what was sent",
        'self.log("messages.txt", said)',
        'self.log("messages.txt", f"{sender.name}: {text}")',
    ),
    _chat(
        "a private entry has what was sent",
        'self.log("private_messages.txt", said)',
        'self.log("private_messages.txt", f"{sender.name} -> {recipient.name}: {text}")',
    ),
    _chat(
        "private messages are in both logs",
        'self.log("private_messages.txt", said)',
        'self.log("private_messages.txt", said); self.log("messages.txt", said)',
    ),
    _chat("a log is written anew", 'self.logs / name, "a"', 'self.logs / name, "w"'),
    _chat(
        "a log waits in a buffer",
        '            file.write(f"{time',
        '            self.__dict__.setdefault(name, open(self.logs / name, "a")).write(f"{time',
    ),
    _chat("16 KiB are enough for everybody", "500_000", "16_384"),
    _chat("the outbox has no bound", "500_000", "500_000_000"),
]


def mutants_of(phase: int, text: str) -> list[Mutant]:
    """The mutants of a program that are made by hand. Raises ValueError where one fits nowhere."""
    found = []
    for name, methods in SOCKETS.items():
        wrong = WRONG_SOCKET.format(methods=textwrap.indent(methods, "    "))
        found.append(_mutant(phase, name, 1, f"kept = []\n{wrong}{text}"))
    for patch in (each for each in PATCHES if each.phase == phase and text):
        if text.count(patch.old) != 1:
            raise ValueError(f"phase {phase}, {patch.name}: not once in the program: {patch.old!r}")
        line = text[: text.index(patch.old)].count("\n") + 1
        found.append(_mutant(phase, patch.name, line, text.replace(patch.old, patch.new)))
    return found


def phase_of(mutant: Mutant) -> int:
    """The phase in which CI asks for it: one of several, where the mistake is the same in all."""
    names = [*SOCKETS]
    return names.index(mutant.change) % 4 + 1 if mutant.change in SOCKETS else mutant.phase


def _mutant(phase: int, name: str, line: int, source: str) -> Mutant:
    ast.parse(source)
    return Mutant(phase, KIND, KIND, line, name, lambda: source)
