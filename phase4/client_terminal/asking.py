"""What is asked in the line being typed, and not said: a password, which nobody sees.

No terminal here. A new password is asked for twice. `/login`, `/register`, `/password` and
`/unregister` alone ask for what they need; with it behind them they are lines as ever.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

CANCELLED = "Nothing was sent."
TWO = "These two are not the same. Once more."


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is asked."""

    prompt: str
    is_hidden: bool = True
    repeats: bool = False
    """Whether it has to be the same as the one before."""


Steps = tuple[Step, ...]

_NEW: Steps = (Step("The new password (nothing is shown): "), Step("Once more: ", repeats=True))

_COMMANDS: dict[str, Steps] = {
    "/login": (Step("Log in as: ", is_hidden=False), Step("Password (nothing is shown): ")),
    "/register": _NEW,
    "/password": _NEW,
    "/unregister": (Step("Password (nothing is shown): "),),
}


class Asking:
    """At most one question after the other, until all are answered."""

    def __init__(self, complain: Callable[[str], object], why_not: Callable[[], str] = str) -> None:
        """`complain` is called with a sentence where an answer will not do, or with none.

        `why_not()` says why no password can be sent now.
        """
        self._complain, self._why_not = complain, why_not
        self._steps: Steps = ()
        self._answers: list[str] = []
        self._done: Callable[[Sequence[str]], object] = lambda _: None

    @property
    def is_on(self) -> bool:
        """Whether what is typed is an answer."""
        return len(self._answers) < len(self._steps)

    @property
    def is_hidden(self) -> bool:
        """Whether nothing of what is typed may be seen."""
        return self.is_on and self._step.is_hidden

    @property
    def prompt(self) -> str:
        """What stands before the answer."""
        return self._step.prompt

    @property
    def _step(self) -> Step:
        return self._steps[len(self._answers)]

    def password_of(self, name: str, done: Callable[[str], object]) -> None:
        """Ask for the password of a name; an empty answer stands for another name."""
        step = Step(f"Password of {name} (nothing is shown; empty: another name): ")
        self._begin((step,), lambda answers: done(answers[0]))

    def begins(self, line: str, send: Callable[[str], object]) -> bool:
        """Whether this is a command that asks; `send` is called with all of it at the end."""
        command = line.strip().lower()
        if command not in _COMMANDS:
            return False

        if why_not := self._why_not():
            self._complain(why_not)
            return True
        steps = _COMMANDS[command]

        def done(answers: Sequence[str]) -> None:
            if all(answers):
                pairs = zip(steps, answers, strict=True)
                send(" ".join((command, *(text for step, text in pairs if not step.repeats))))
            else:
                self._complain(CANCELLED)

        self._begin(steps, done)
        return True

    def answer(self, text: str) -> None:
        """Return was pressed. Of several lines the first counts: the others came with a paste."""
        line = text.strip().partition("\n")[0].strip()
        if self._step.repeats and line != self._answers[-1]:
            self._answers.clear()
            self._complain(TWO)
            return
        self._complain("")
        self._answers.append(line)
        if not line:  # nothing to go on with
            self._answers += [""] * (len(self._steps) - len(self._answers))
        if not self.is_on:
            answers, done = self._answers, self._done
            self.stop()
            done(answers)

    def stop(self) -> bool:
        """Ask no more; whether something was asked."""
        was_on = self.is_on
        self._steps, self._answers = (), []
        return was_on

    def _begin(self, steps: Steps, done: Callable[[Sequence[str]], object]) -> None:
        self._steps, self._answers, self._done = steps, [], done
