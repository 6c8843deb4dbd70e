"""A server of phase 4 with operators, and people who are logged in without a password."""

from contextlib import ExitStack
from pathlib import Path

from tests.kit.chat import PROMPT, TIME, Chat, Person
from tests.kit.logged_in import OPERATORS

NOTHING = "Nothing was sent."
UNTIL = r"until (\d{4}-\d\d-\d\d )?\d\d:\d\d"


class Moderated(Chat):
    """A server where everybody is logged in, and Ann and Boss are operators."""

    how = ("-m", "tests.kit.logged_in")

    def __init__(self, directory: Path, *arguments: str, port: int = 0) -> None:
        operators = [f"--operator={each}" for each in OPERATORS]
        super().__init__(directory, *operators, "--flood-rate", "0", *arguments, port=port)

    def join(self, name: str, client: str = "") -> Person:
        """Somebody who has joined; behind the trusted proxy, from this address."""
        person = self.come(client)
        person.expect(PROMPT)
        person.send(name)
        person.name = person.expect(rf"{TIME} \* Welcome, (\S+)! \d+ online\. .*")[1]
        if name in OPERATORS:
            person.hear(f"* You are logged in as {name}, an operator.")
        return person

    def come(self, client: str = "") -> Person:
        """Somebody who has not said a name yet."""
        person = Person(self.host, self.port)
        if client:
            family = "TCP6" if ":" in client else "TCP4"
            here = "::1" if ":" in client else "127.0.0.1"
            person.send_bytes(f"PROXY {family} {client} {here} 4567 12345\r\n".encode())
        return person


def together(stack: ExitStack, chat: Moderated, *names: str) -> list[Person]:
    """People who are all here, and have read of each other."""
    people = [stack.enter_context(chat.join(name)) for name in names]
    for person in people:
        person.send("/ping all here")
        person.skip_to(rf"{TIME} \* Pong all here")
    return people
