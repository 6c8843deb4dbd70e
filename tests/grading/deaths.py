"""How a program ended: by a signal, or with a status, and what that means in a few words."""

import signal
from dataclasses import dataclass

_SIGNALS = {
    "SIGABRT": "it ended itself: an assertion that failed, abort(), an exception of C++ that nobody"
    " caught, or memory that free() found damaged",
    "SIGALRM": "its alarm() rang, and nothing handles that",
    "SIGBUS": "it used memory that is not there: a pointer that is not valid, or a file that became"
    " shorter while it was mapped",
    "SIGFPE": "it divided a whole number by zero",
    "SIGHUP": "its terminal was closed, or somebody sent it that signal",
    "SIGILL": "the processor met an instruction that is not valid: often a function without a"
    " return, or a compiler's trap",
    "SIGINT": "somebody interrupted it (Ctrl-C)",
    "SIGKILL": "it was killed from outside; by the system, perhaps, because memory ran out",
    "SIGPIPE": "it wrote to a connection that is gone. Ignore the signal, signal(SIGPIPE, SIG_IGN),"
    " or use send() with MSG_NOSIGNAL: the call returns an error then, and one client is lost",
    "SIGSEGV": "it used memory that is not its own: an index out of range, a pointer to nothing, or"
    " to what was freed already",
    "SIGSYS": "it made a call that the system does not know, or does not allow",
    "SIGTERM": "somebody asked it to end",
    "SIGTRAP": "it ran into a trap: a check of the language that failed, or a breakpoint",
    "SIGUSR1": "somebody sent it that signal, and nothing handles it",
    "SIGUSR2": "somebody sent it that signal, and nothing handles it",
    "SIGXCPU": "it used more processor time than it may",
    "SIGXFSZ": "it wrote a file longer than it may",
}

_WINDOWS = {  # NTSTATUS, [MS-ERREF] 2.3.1
    0x40010004: "it was ended by a debugger",
    0x80000003: "it ran into a breakpoint: a check of the language that failed",
    0xC0000005: "access violation: it used memory that is not its own, as a pointer to nothing",
    0xC000001D: "an instruction that is not valid",
    0xC0000094: "it divided a whole number by zero",
    0xC00000FD: "the stack is full: a function calls itself without end",
    0xC0000135: "a DLL that it needs was not found",
    0xC0000139: "a DLL lacks a function that it needs: it is of another version",
    0xC000013A: "somebody interrupted it (Ctrl-C)",
    0xC0000142: "a DLL could not begin",
    0xC0000374: "memory (the heap) was found damaged",
    0xC0000409: "it ended itself: abort(), or memory (the stack) was found damaged",
    0xE0434352: "an exception of .NET that nobody caught",
    0xE06D7363: "an exception of C++ that nobody caught",
}

_STATUSES = {
    126: "a shell says by it that the program may not be run: is it executable?",
    127: "a shell says by it that it found no such program",
}

_SHELL = 128
"""A shell, and Java, end with this and the signal's number where a signal ended what they ran."""


@dataclass(frozen=True)
class Ending:
    """How a program ended. `meaning` is "" where a status says nothing by itself."""

    how: str  # to be put behind "the server"
    name: str = ""  # the signal, or Windows' code
    meaning: str = ""
    is_orderly: bool = False  # it came to its end, and says that all went well


def ending(status: int) -> Ending:
    """What `Popen.returncode` tells.

    >>> ending(1).how, ending(-13).how
    ('ended with status 1', 'was ended by SIGPIPE')
    >>> ending(139).how
    'ended with status 139, which stands for SIGSEGV'
    >>> ending(0xC0000005).how
    'ended with code 0xC0000005'
    """
    code = status & 0xFFFFFFFF  # some give it with a sign
    if code in _WINDOWS:
        return Ending(f"ended with code 0x{code:08X}", f"0x{code:08X}", _WINDOWS[code])
    if status < 0:
        name = _signal(-status)
        return Ending(f"was ended by {name}", name, _SIGNALS.get(name, ""))
    if status > _SHELL and (name := _signal(status - _SHELL)) in _SIGNALS:
        how = f"ended with status {status}, which stands for {name}"
        return Ending(how, name, _SIGNALS[name])
    meaning = _STATUSES.get(status, "")
    return Ending(f"ended with status {status}", "", meaning, is_orderly=status == 0)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # one that this system does not name
        return f"signal {number}"
