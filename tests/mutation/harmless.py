"""Mutants that break no promise of the pages, and why: the checks may pass them.

An entry is a pattern for what a mutant is told by (`Mutant.key`: its function, and the change), not
for its line. It is a fault where none of those that passed needs an entry; not so if it `is_luck`:
where two threads would have to meet, a check may find the mutant now and then.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.mutation.operators import Mutant

ALL = (1, 2, 3, 4)


@dataclass(frozen=True)
class Harmless:
    """Some mutants that may pass, and why."""

    phases: tuple[int, ...]
    pattern: str
    why: str
    is_luck: bool = False

    def matches(self, mutant: Mutant) -> bool:
        """Whether it speaks of this mutant."""
        return mutant.phase in self.phases and bool(re.fullmatch(self.pattern, mutant.key))


def reason(mutant: Mutant) -> Harmless | None:
    """The entry that says why this mutant may pass."""
    return next((each for each in HARMLESS if each.matches(mutant)), None)


def not_needed(survivors: Iterable[Mutant], phase: int) -> list[Harmless]:
    """The entries of a phase that none of those which passed needs."""
    needed = [reason(each) for each in survivors]
    mine = [each for each in HARMLESS if phase in each.phases and not each.is_luck]
    return [each for each in mine if each not in needed]


HARMLESS = [
    Harmless(ALL, r"module: .* <-> .*", "The order of two constants means nothing."),
    Harmless(
        ALL, r"open_listener: .*'win32'.*", "It tells Windows from others; the checks see one."
    ),
    Harmless(
        ALL,
        r"(serve|\w+\.accept_clients): (try: -> (connection, .*|person = .*|try:)|continue -> .*)",
        "Only other systems tell by accept() that a client has gone while it queued.",
    ),
    Harmless(ALL, r"open_listener: 1 -> 2", "An option is on or off, and 2 is on."),
    Harmless(
        ALL,
        r"open_listener: (listener\.\w+\(.*\)) -> \1 \1",
        "To set an option twice, or to listen twice, is to do it once.",
    ),
    Harmless(
        ALL,
        r"open_listener: '127\.0\.0\.1' -> ''",
        "It listens on all addresses; no page says that it must not.",
    ),
    Harmless(
        (1, 2, 3, 4),
        r".*: ('! .+' -> '! .+'|b'! .+\\n' -> b'! .+\\n')",
        "The words of an error are free.",
    ),
    Harmless(
        (1, 2, 3, 4),
        r"(converse|Server\.lines|lines): 4096 -> (4097|4095|8192|2048)",
        "How much one recv() takes at most is free.",
    ),
    Harmless(
        (1, 2, 3, 4),
        r".*: (for line in lines:|yield from \w+) <-> if len\(unfinished\) >= RUNAWAY_BYTES:",
        "Where a newline came with the last bytes, what is unfinished is far below 64 KiB.",
    ),
    Harmless(
        (1, 2, 3, 4),
        r".*: (\w+\.send(all)?\(b?'! .*\)) -> \1 \1",
        "Before the connection ends, the error may be said twice.",
    ),
    Harmless(
        (1,),
        r"answer: if len\(line\) >= MAX_LINE_BYTES: <-> line = line\.removesuffix.*",
        "Whether the \\r of a line of 4,096 bytes counts among them is free.",
    ),
    Harmless(
        (2,),
        r"answer: if len\(line\) >= MAX_LINE_BYTES: <-> try:",
        "What is too long and not UTF-8 gets one error or the other.",
    ),
    # --- the console
    Harmless((1,), r"serve: (print\(|'A client was cut off:').*", "No page asks for this line."),
    Harmless(
        (1,), r"serve: (flush=True -> nothing|True -> False \(2\))", "No page asks for this line."
    ),
    Harmless(
        (2, 3),
        r"say: (flush=True -> nothing|True -> False)",
        "The checks let Python flush by itself (PYTHONUNBUFFERED).",
    ),
    Harmless(
        (2, 3),
        r"say: with printing: -> .*",
        "Two threads would have to print at the same moment.",
        is_luck=True,
    ),
    Harmless((2, 3), r"say: (print\(.*\)) -> \1 \1", "A line may be shown twice."),
    Harmless(
        (2, 3, 4), r"clean: '\ufffd' -> .*", "What stands in a control character's place is free."
    ),
    Harmless(
        (2,),
        r"Server\.accept_clients: (\{host\}|':') -> .*",
        "The port tells clients apart as well.",
    ),
    Harmless(
        (2, 3),
        r"(Server|Chat)\.accept_clients: (daemon=True -> nothing|True -> False \(2\))",
        "Whether a thread keeps the program alive shows at Ctrl-C; SIGTERM ends it all the same.",
    ),
    Harmless(
        (2,),
        r"Server\.serve: (say\(.*|.* <-> say\(.*|\{(address|error\.strerror)\} -> .*|' .*' -> .*)",
        "No page asks for these lines of the console.",
    ),
    Harmless((2,), r"Server\.converse: ': ' -> .*", "The form of a line of the console is free."),
    Harmless(
        (2,),
        r"Server\.converse: (say\(.*\) <-> .*|(say\(.*\)) -> \2 \2)",
        "It may be printed twice, and before or after the answer.",
    ),
    Harmless(
        (3,),
        r"say: (print\(.*\) -> (nothing|clean\(text\))|clean\(text\) -> text)",
        "The page of this phase asks for nothing on the console.",
    ),
    Harmless(
        (3,),
        r"Chat\.(serve|heard): (say\(.*|' was cut off: ' -> .*|': ' -> .*|\{[a-z.]+\} -> '')",
        "The page of this phase asks for nothing on the console.",
    ),
    # --- the server's own words
    Harmless(
        (3,),
        r"Chat\.join: '\* .+' -> '\* .+'",
        "The words of the welcome are free.",
    ),
    Harmless(
        (3,),
        r"Chat\.(join|leave): (\{client\.address\}|' joined'|' left') -> .*",
        "The words of a notice are free.",
    ),
    Harmless(
        (3,),
        r"Chat\.accept_clients: (\{host\}|\{port\}|':') -> .*",
        "The words of a notice are free, and the address is for notices.",
    ),
    Harmless(
        (3,),
        r"Chat\.join: (client\.send\('\* .*\)) -> \1 \1",
        "The welcome may have several lines.",
    ),
    Harmless(
        (3,),
        r"Chat\.join: client\.send\('\* .*\) <-> self\.broadcast\(.*",
        "Whether the newcomer or the others are told first is free.",
    ),
    Harmless(
        (3,),
        r"by hand: every carriage return is dropped",
        "What stands in the place of a control character is free, and may be nothing.",
    ),
    # --- what makes no difference
    Harmless(
        (3, 4),
        r"\w+\.__init__: .* <-> .*",
        "In which order the fields of an object are set means nothing.",
    ),
    Harmless(
        (3, 4),
        r"text_of: return None -> (return|nothing)",
        "A function gives None at its end as well.",
    ),
    Harmless((3,), r"Chat\.deliver: continue -> nothing", "The loop goes on at its end as well."),
    Harmless(
        (3,),
        r"Chat\.leave: (if client in .*|client in .*|self\.clients\.remove\(client\) -> .*)",
        "Whoever has gone and stays in the list costs memory, and nobody hears of it.",
    ),
    Harmless(
        (3,),
        r"Chat\.leave: with self\.lock: <-> self\.broadcast\(.*",
        "The one who has gone is left out of the broadcast in any case.",
    ),
    Harmless(
        (3,),
        r"Chat\.(join|leave|broadcast): with self\.lock: -> .*",
        "CPython changes and copies a list in one step.",
        is_luck=True,
    ),
    Harmless(
        (3, 4),
        r"(Client|Person)\.send: with self\.sending: -> .*",
        "Two threads would have to send at the same moment to a client that does not read.",
        is_luck=True,
    ),
    # --- phase 4
    Harmless(
        (4,),
        r"module: 500000 -> (500001|499999|1000000|250000)",
        "The outbox holds 256 KiB at least and 4 MB at most, with what the system keeps.",
    ),
    Harmless((4,), r"Person\.__init__: 0 -> (1|-1)", "A character more or less in the outbox."),
    Harmless((4,), r"Chat\.__init__: 1 -> (0|2)", "Which number the first guest has is free."),
    Harmless(
        (4,),
        r"Chat\.\w+: (daemon=True -> nothing|True -> False( \(2\))?|flush=True -> nothing)",
        "Whether a thread keeps the program alive shows at Ctrl-C; SIGTERM ends it all the same.",
    ),
    Harmless(
        (4,),
        r"Chat\.serve: (print\(.*|'Somebody was cut off:' -> .*)",
        "The page asks for nothing on the console.",
    ),
    Harmless(
        (4,), r"Chat\.serve: try: -> try: \(2\)", "Its thread ends with an exception, and no other."
    ),
    Harmless(
        (4,),
        r"Person\.cut_off: (with contextlib.* -> .*|(self\.connection\.shutdown\(.*\)) -> \2 \2)",
        "Only who has gone already is cut off twice, and that ends their own thread.",
    ),
    Harmless(
        (4,),
        r"Chat\.serve: (person\.outbox|writer|1\.0 -> [02]).*",
        "How long what is in an outbox may take at the end is free, and so is whether it is sent.",
    ),
    Harmless(
        (4,),
        r"Chat\.serve: self\.leave\(person\) <-> person\.outbox\.put\(None\)",
        "Whoever leaves hears nothing of it.",
    ),
    Harmless(
        (4,),
        r"Chat\.serve: (person\.connection\.close\(\)) -> \1 \1",
        "To close twice is to close once.",
    ),
    Harmless(
        (4,),
        r"Chat\.\w+: (self\.tell\(person, '\* .*\)) -> \1 \1",
        "More lines before the question are free.",
    ),
    Harmless((4,), r"Chat\.\w+: '\* Enter.*' -> '\* .*'", "The words of the question are free."),
    Harmless((4,), r"Chat\.any_name: 'Guest' -> '\w+'", "Which name a guest gets is free."),
    Harmless(
        (4,),
        r"Chat\.talk_with: text\.strip\(\) -> text \(2\)",
        "Whether blanks may stand around /quit is free.",
    ),
    Harmless(
        (4,),
        r"Chat\.give_name: (\{len\(self\.people\)\}|len\(self\.people\)|'! '|' online\.') -> .*",
        "What follows the name in a welcome is free.",
    ),
    Harmless(
        (4,),
        r"Chat\.give_name: self\.tell\(.*Welcome.*\) <-> self\.say\(.*",
        "Whether the newcomer or the others are told first is free.",
    ),
    Harmless(
        (4,),
        r"Chat\.\w+: with self\.lock: -> .*",
        "Two threads would have to meet.",
        is_luck=True,
    ),
    Harmless(
        (4,),
        r"Chat\.claim: (return False -> return( \(2\))?|self\.people\[.* <-> person\.name = name)",
        "None is as false as False, and both happen under the lock.",
    ),
    Harmless(
        (4,),
        r"Chat\.rename: (self\.tell\(.* is now .*|del .* <-> self\.tell\(.* is now .*)",
        "Whether whoever takes another name is told of it is free.",
    ),
    Harmless(
        (4,),
        r"Chat\.rename: (\{old\}|\{name\}|' is now ') -> '[^']*'",
        "It is told to whoever takes another name, to whom it is a notice in free words.",
    ),
    Harmless(
        (4,),
        r"Chat\.leave: del .* <-> self\.say\(.*",
        "Whoever leaves is left out of what is said about it in any case.",
    ),
    Harmless(
        (4,),
        r"Chat\.tell: person\.waiting .* > MAX.* -> .* >= MAX.*",
        "A character more or less in the outbox.",
    ),
    Harmless(
        (4,),
        r"Chat\.command: text\.strip\(\) -> text",
        "Whether blanks may stand behind ?list is free.",
    ),
    Harmless(
        (4,),
        r"Chat\.command: (self\.tell\(.*/quit'\)) -> \1 \1",
        "Help may say a thing twice: its words are free.",
    ),
    Harmless(
        (4,),
        r"Chat\.log: (encoding='utf-8' -> nothing|'utf-8' -> '(UTF-8|utf-)')",
        "Other names of one encoding; and it is the system's own, where the checks run.",
    ),
    Harmless(
        (4,),
        r"Chat\.tell: (with self\.lock: <-> .*|if person\.waiting .* <-> .*"
        r"|person\.waiting \+ len\(line\) -> (person\.waiting|len\(line\) \+ .*))",
        "A line more or less in the outbox.",
    ),
    Harmless(
        (4,),
        r"Chat\.tell: (person\.cut_off\(\)) -> \1 \1",
        "To cut somebody off twice is to do it once.",
    ),
    Harmless(
        (4,),
        r"Chat\.write: person\.send\(line\) <-> .*",
        "A line more or less in the outbox.",
    ),
    Harmless(
        (4,),
        r"Chat\.write: with contextlib\.suppress\(OSError\): -> .*",
        "The thread that writes to somebody who has gone ends with an exception, and no other.",
    ),
    Harmless(
        (4,),
        r"Chat\.tell: return -> nothing",
        "Whoever was cut off gets nothing more, whatever is put into the outbox.",
    ),
    Harmless(
        (2, 3),
        r"Server\.serve: try: -> .*|Chat\.serve: try: -> try: \(2\)",
        "The exception ends one thread; a check that sees it on the console may look too early.",
        is_luck=True,
    ),
]
