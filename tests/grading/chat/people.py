"""People in a chat with names: how they come in, speak, and hear, in the forms of the protocol.

What the protocol leaves free is passed over: a banner before the question, and notices of any
wording at any time. A check that is about such lines reads them all: see `all_before`.
"""

import functools
import re
import weakref

from shared.readable import readable
from tests.grading.people import MISMATCH, SILENCE, Somebody, Verdict
from tests.grading.running import Running
from tests.grading.subject import Graded

TIME = r"\[\d\d:\d\d:\d\d\]"
PROTOCOL = "phase4/README.md, The protocol"
NAMES = "phase4/server/README.md, Names: look and take in one step"
PRIVATE = "phase4/server/README.md, Private messages: a mistake must not become public"
OUTBOX = "phase4/server/README.md, The outbox: nobody waits for anybody"
LOGS = "phase4/server/README.md, The logs"
LIMITS = "phase4/server/README.md, Limits"

QUESTION = "the question for a name, a line that begins with '* '"
WELCOME = "'[time] * Welcome, NAME! ...', or an error that begins with '! '"
A_NAME = re.compile(r"[^\W\d_][\w-]{0,19}")

_EARLIER = r"\(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d #\d+\) "
_FREE = rf"(?:{TIME} \* |{_EARLIER})"
_NOTICE = re.compile(_FREE)
_COMING_OR_GOING = r"\S* ?(?:joined|left|is now)\b.*"
_CONVERSATION = rf"{TIME} (?:\* {_COMING_OR_GOING}|[^*].*)"
_BEFORE_THE_ANSWER = rf"\* .*|{TIME} \* (?!Welcome, ).*|{_EARLIER}.*|{_CONVERSATION}"
_literally = functools.lru_cache(16)(re.escape)  # a long line, thousands of times
_names: "weakref.WeakKeyDictionary[Running, set[str]]" = weakref.WeakKeyDictionary()


def is_notice(line: str) -> bool:
    """The server says something of itself, or shows what was said before: both are free.

    So it is where a check is about what people say.
    """
    return _NOTICE.match(line) is not None


# --- coming in ---------------------------------------------------------------------------------


def is_asked(somebody: Somebody) -> None:
    """The question for a name comes, or is among what has come."""
    somebody.gets_like(r"\* .*", QUESTION)


def answer_to_a_name(graded: Graded, somebody: Somebody) -> str:
    """What comes of a name that was sent: the name that the server gives, or "" for an error."""
    line = _next_but(_BEFORE_THE_ANSWER, somebody, WELCOME)
    if line.startswith("! "):
        return ""
    found = re.fullmatch(rf"{TIME} \* Welcome, ([^\s!]+)!.*", line, re.DOTALL)
    if not found:
        raise _other(somebody, WELCOME, line)
    remember(graded, found[1])
    return found[1]


def hears_nothing_before_the_welcome(somebody: Somebody) -> None:
    """A name was sent, and is free: before the welcome nothing comes of the conversation."""
    line = _next_but(rf"(?!{_CONVERSATION}\Z)(?!{TIME} \* Welcome, ).*", somebody, WELCOME)
    if re.fullmatch(_CONVERSATION, line, re.DOTALL):
        must_not_get(
            somebody, line, "whoever has no name yet hears nothing of what others say or do"
        )


def remember(graded: Graded, name: str) -> str:
    """Somebody has this name on this server: what is said of them later is no surprise."""
    _names.setdefault(graded.running, set()).add(name)
    return name


def ask_for(graded: Graded, somebody: Somebody, name: str) -> str:
    """Give a name when it is asked for; the name that the server gives, or "" where it refuses."""
    is_asked(somebody)
    somebody.send(name)
    return answer_to_a_name(graded, somebody)


def come_in(graded: Graded, somebody: Somebody, name: str) -> None:
    """Somebody who is connected gets this name, which is free."""
    given = ask_for(graded, somebody, name)
    must_be_given(somebody, given, name)
    somebody.name = name


def must_be_given(somebody: Somebody, given: str, name: str) -> None:
    """Raise Verdict unless they got this name; `given` is "" for an error."""
    gets = f"the name {given}" if given else "an error"
    should = f"get the name {name}, which is free,\n     but gets      {gets}"
    somebody.must(given == name, should)


def must_not_be_given(somebody: Somebody, given: str, name: str) -> None:
    """Raise Verdict if they got a name that is taken, in whatever case."""
    should = f"get another name than {name}, which is taken, or an error"
    somebody.must(given.casefold() != name.casefold(), should)


def join(graded: Graded, name: str, *, receive_buffer_bytes: int = 0) -> Somebody:
    """Somebody who is in, under this name, or one that no other check has used."""
    name = graded.name(name)
    somebody = graded.connect(name, receive_buffer_bytes=receive_buffer_bytes)
    come_in(graded, somebody, name)
    return somebody


# --- hearing -----------------------------------------------------------------------------------


def hears(somebody: Somebody, text: str) -> None:
    """The next thing that anybody says must be this line, after its time."""
    somebody.gets_like(rf"{TIME} {_literally(text)}", f"'[time] {text}'")


def gets_notice(somebody: Somebody, pattern: str, what: str) -> re.Match[str]:
    """The server must say this, in this form; other notices may come before."""
    wanted = rf"{TIME} \* {pattern}"
    line = _next_but(rf"(?!{wanted}\Z){_FREE}.*", somebody, what)
    found = re.fullmatch(wanted, line, re.DOTALL)
    if not found:
        raise _other(somebody, what, line)
    return found


def is_told(somebody: Somebody, text: str, more: str = "") -> None:
    """The server must say just this; `more` is a pattern of what may follow."""
    gets_notice(somebody, re.escape(text) + more, f"'[time] * {text}'")


def hears_that_left(somebody: Somebody, name: str) -> None:
    """They must be told that somebody has left."""
    is_told(somebody, f"{name} left", r"\b.*")


def all_before(somebody: Somebody, text: str) -> list[str]:
    """Every line, notices as well, that comes before the one that says `text`."""
    lines: list[str] = []
    while not re.fullmatch(rf"{TIME} {_literally(text)}", line := next_line(somebody, text)):
        lines.append(line)
    return lines


def next_line(somebody: Somebody, text: str) -> str:
    """The next line, whatever it is; `text` is what is waited for."""
    return somebody.waits_for(".*", f"'[time] {text}'")[0]


def hears_no_more(somebody: Somebody, pattern: str) -> None:
    """A line of this form does not come again before the answer to the ping that they send now."""
    somebody.send("/ping no more")
    for line in all_before(somebody, "* Pong no more"):
        if re.fullmatch(rf"{TIME} \* {pattern}", line, re.DOTALL):
            must_not_get(somebody, line, "it has come already, and is wanted once")


def fence(speaker: Somebody, *others: Somebody) -> None:
    """Prove that nothing else was on its way to the others: the next that they hear is this."""
    speaker.send("fence")
    for each in others:
        hears(each, f"{speaker.name}: fence")


def fence_without(secret: str, speaker: Somebody, *others: Somebody) -> None:
    """Prove that the others got nothing but notices before the fence, and none with the secret."""
    speaker.send("fence")
    for each in others:
        for line in all_before(each, f"{speaker.name}: fence"):
            if secret in line or not is_notice(line):
                must_not_get(each, line, "it is private, and for others")


def must_not_get(somebody: Somebody, line: str, otherwise: str) -> None:
    """Raises Verdict: this line came, and should not."""
    shown = readable(line.encode())
    raise Verdict(MISMATCH, f"{somebody.name} should not get '{shown}': {otherwise}")


def strangers_in(graded: Graded, lines: list[str]) -> list[str]:
    """The lines that say of anybody to whom no name was ever given that they came or went."""
    known = _names.get(graded.running, set())
    found = []
    for line in lines:
        said = re.fullmatch(rf"{TIME} \* (\S*) ?(?:joined|left|is now)\b.*", line, re.DOTALL)
        if said and said[1] not in known:
            found.append(line)
    return found


def _next_but(passed_over: str, somebody: Somebody, what: str) -> str:
    """The next line that is not one of those that may come; it is what is looked for, or wrong."""
    try:
        return somebody.waits_for(rf"(?!(?:{passed_over})\Z).*", what)[0]
    except Verdict as verdict:
        # A notice came and nothing else: most likely it is the answer, in another form.
        if verdict.kind == SILENCE and "\n     after " in str(verdict):
            verdict.kind, verdict.has_waited = MISMATCH, True
        raise


def _other(somebody: Somebody, what: str, line: str) -> Verdict:
    shown = readable(line.encode())
    return Verdict(MISMATCH, f"{somebody.name} should get {what},\n     but gets      {shown}")
